#include <anywire/asio.hpp>

#include "answering.hpp"
#include "io_host.hpp"
#include "random_pool.hpp"
#include "serve_request.hpp"
#include "service_core.hpp"
#include "shard.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>

namespace anywire {
namespace {

/// What a program has lent, as a connection's lender.
class borrowed final : public connection_lender {
public:
    using return_fn = std::function<void(std::optional<detail::lent_connection>)>;

    borrowed(service_core& core, return_fn back) : core_(core), back_(std::move(back)) {}
    ~borrowed() override {
        if (!back_) return;
        try {
            back_({});
        } catch (...) {
            // The program has no memory to hear of it.
        }
    }
    borrowed(borrowed const&) = delete;
    borrowed& operator=(borrowed const&) = delete;

    bool owns(std::string_view target) const override { return is_served(core_, target); }
    void give_back(byte_stream stream, std::string bytes) override {
        auto const is_secure = stream.is_tls();
        auto* const lent = stream.lent();
        auto const kept = std::make_shared<detail::lent_connection>();
        kept->is_secure = is_secure;
        kept->bytes = std::move(bytes);
        auto back = std::exchange(back_, {});
        if (!lent) {
            kept->descriptor = stream.release();
            return back(std::move(*kept));
        }
        kept->stream = stream.release_lent();
        lent->when_idle([kept, back = std::move(back)] { back(std::move(*kept)); });
    }

private:
    service_core& core_;
    return_fn back_;
};

byte_stream stream_of(detail::lent_connection& what) {
    if (what.stream) return {std::move(what.stream), what.is_secure};
    int const on = 1;  // refused where it is not TCP
    (void)::setsockopt(what.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return {what.descriptor, nullptr};
}

}  // namespace

service::service(executors const& on, service_options options) : service(std::move(options)) {
    auto const all = on.all();
    if (all.empty() || all.size() > 4096)
        throw std::invalid_argument("service: it takes 1 to 4096 executors");
    for (auto const& e : all) {
        auto const index = static_cast<unsigned>(core_->shards.size());
        core_
            ->add(std::make_unique<shard>(index,
                                          *core_,
                                          std::make_unique<io_host>(index,
                                                                    core_->options.log,
                                                                    random_pool{},
                                                                    core_->connections,
                                                                    e.executor,
                                                                    e.is_here)))
            .start();
    }
}

void detail::lend(service_core& to,
                  std::string_view target,
                  lent_connection what,
                  std::function<void(std::optional<lent_connection>)> back) {
    to.begin();
    auto lender = std::make_unique<borrowed>(to, std::move(back));
    auto& there = *to.shards[to.shard_for(target)];
    auto stream = stream_of(what);
    there.site()->adopt({std::move(stream),
                         std::move(what.address),
                         nullptr,
                         std::move(lender),
                         std::move(what.bytes)});
}

boost::asio::any_io_executor detail::executor_of(service_core& of, std::size_t index) {
    auto& there = *of.shards.at(index);
    if (!there.site()) throw std::logic_error("executor_of: a host in memory runs on no executor");
    return there.io().executor();
}

}  // namespace anywire
