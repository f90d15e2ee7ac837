#include "program_backend.hpp"

#include "cgi_environment.hpp"
#include "command_line.hpp"
#include "program_link.hpp"
#include "spawn.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::gateway {
namespace {

class program_backend final : public backend {
public:
    program_backend(std::shared_ptr<program_route> route) : route_(std::move(route)) {
        for (std::size_t i = 0; i < route_->servers->size(); ++i) {
            std::string_view url = route_->servers->url(i);
            if (url.starts_with("stdio:")) url.remove_prefix(6);
            std::string error;
            auto command = split_command(url, error);
            if (!command) throw std::invalid_argument("backend " + error);
            route_->commands.push_back(std::move(*command));
        }
    }

    std::unique_ptr<backend_link> open(shard_place& here,
                                       link_opening const& what,
                                       link_events& to) override {
        return std::make_unique<program_link>(route_, here, what, to);
    }

private:
    std::shared_ptr<program_route> route_;
};

}  // namespace

std::shared_ptr<backend> make_program_backend(route_settings const& settings,
                                              std::shared_ptr<upstreams> servers,
                                              exit_watch watch) {
    std::string error;
    auto environment = cgi_environment::make(settings, error);
    if (!environment) throw std::invalid_argument(error);
    prepare_to_spawn();
    return std::make_shared<program_backend>(std::make_shared<program_route>(
        settings, std::move(servers), std::move(*environment), watch));
}

}  // namespace anywire::gateway
