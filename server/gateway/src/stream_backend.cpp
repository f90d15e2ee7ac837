#include "stream_backend.hpp"

#include "framed_link_end.hpp"
#include "stream_link.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace anywire::gateway {
namespace {

std::nullopt_t wrong(std::string& error, std::string_view url, std::string_view why) {
    error.append("'").append(url).append("' ").append(why);
    error.append("; write tcp://host:port or unix:/path/of/socket");
    return std::nullopt;
}

/// Splits "host:port" or "[v6]:port" at the colon in front of the port.
bool split_port(std::string_view text, stream_address& out) {
    auto const colon = text.rfind(':');
    if (colon == text.npos) return false;
    auto host = text.substr(0, colon);
    auto const port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != host.npos) {
        return false;
    }
    auto const end = port.data() + port.size();
    auto const [stop, ec] = std::from_chars(port.data(), end, out.port);
    if (ec != std::errc{} || stop != end || out.port == 0) return false;
    out.host = host;
    return !host.empty() && host.find_first_of("/?#@ []") == host.npos;
}

}  // namespace

std::optional<stream_address> parse_stream_url(std::string_view url, std::string& error) {
    stream_address out;
    auto rest = url;
    if (rest.starts_with("unix:")) {
        rest.remove_prefix(5);
        while (rest.starts_with("//")) rest.remove_prefix(1);
        constexpr std::size_t longest = 107;  // of the kernel's address
        if (!rest.starts_with('/')) return wrong(error, url, "names no absolute path");
        if (rest.size() > longest)
            return wrong(error, url, "is longer than a socket's path may be");
        out.unix_socket = rest;
        return out;
    }
    if (!rest.starts_with("tcp://")) return wrong(error, url, "is no address of a stream");
    rest.remove_prefix(6);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (!split_port(rest, out)) return wrong(error, url, "has no host and port from 1 to 65535");
    return out;
}

namespace {

class stream_backend final : public backend {
public:
    stream_backend(route_settings const& settings, std::shared_ptr<upstreams> servers)
        : shared_(std::make_shared<stream_route>(settings, std::move(servers))) {
        for (std::size_t i = 0; i < shared_->servers->size(); ++i) {
            std::string error;
            auto const address = parse_stream_url(shared_->servers->url(i), error);
            if (!address) throw std::invalid_argument("backend " + error);
            shared_->targets.push_back({.host = address->host,
                                        .port = address->port,
                                        .unix_socket = address->unix_socket});
        }
    }

    std::unique_ptr<backend_link> open(shard_place& here,
                                       link_opening const& what,
                                       link_events& to) override {
        return std::make_unique<stream_link>(shared_, here, what, to);
    }

private:
    std::shared_ptr<stream_route> shared_;
};

}  // namespace

std::shared_ptr<backend> make_stream_backend(route_settings const& settings,
                                             std::shared_ptr<upstreams> servers) {
    return std::make_shared<stream_backend>(settings, std::move(servers));
}

}  // namespace anywire::gateway
