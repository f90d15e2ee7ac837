#include <anywire/packet_trace.hpp>
#include <anywire/service.hpp>

#include "service_core.hpp"
#include "session/packet_listener.hpp"
#include "session/session_base.hpp"
#include "shard.hpp"
#include "trace_line.hpp"

#include <atomic>
#include <stdexcept>
#include <utility>

namespace anywire {

class packet_trace::state final : public packet_listener {
public:
    state(trace_options options, trace_sink sink)
        : options_(std::move(options)), sink_(std::move(sink)), left_(options_.max_packets) {}

    trace_options const& options() const noexcept { return options_; }
    void stop() noexcept { left_.store(0, std::memory_order_relaxed); }

    bool is_over() const noexcept override { return left_.load(std::memory_order_relaxed) == 0; }
    bool wants(session_base const& s) const noexcept override {
        if (is_over()) return false;
        return options_.session.empty() ? s.request().remote_address() == options_.address
                                        : s.id() == options_.session;
    }
    void on_packet(session_base const& s, traced_packet const& p, logger& log) override {
        if (!take_one()) return;
        auto const line = trace_line(
            s.name_of_mount(), s.request().remote_address(), s.id(), p, options_.max_bytes);
        if (sink_)
            sink_(line);
        else
            log.write(log_level::info, "trace: ", line);
    }

private:
    bool take_one() noexcept {
        auto left = left_.load(std::memory_order_relaxed);
        while (left != 0)
            if (left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) return true;
        return false;
    }

    trace_options options_;
    trace_sink sink_;
    std::atomic<std::size_t> left_;
};

void packet_trace::stop() const noexcept {
    if (state_) state_->stop();
}

bool packet_trace::is_over() const noexcept {
    return !state_ || state_->is_over();
}

packet_trace service::trace(trace_options options, trace_sink sink) {
    if (options.session.empty() == options.address.empty())
        throw std::invalid_argument("service::trace: name either a session or an address");
    auto const t = std::make_shared<packet_trace::state>(std::move(options), std::move(sink));
    auto const owner = session_loop::shard_of(t->options().session);
    for (std::size_t i = 0; i < core_->shards.size(); ++i) {
        if (!t->options().session.empty() && i != owner) continue;
        auto& s = *core_->shards[i];
        s.post([&s, t] { s.loop().listen(t); });
    }
    return packet_trace(t);
}

}  // namespace anywire
