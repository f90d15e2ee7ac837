#include "hooks_backend.hpp"

#include "hook_session.hpp"
#include "hooks_shard.hpp"
#include "per_shard.hpp"

#include <utility>

namespace anywire::gateway {
namespace {

/// What the gateway has of a session behind hooks.
class hooks_link final : public backend_link {
public:
    explicit hooks_link(hook_session& s) : session_(&s) { s.set_link(&session_); }
    ~hooks_link() override {
        if (session_) session_->leave();
    }

    bool send(message_view m) override { return !session_ || session_->send(m); }
    void close(close_code code, std::string_view text) override {
        if (session_) session_->close(code, text);
    }
    void pause(bool is) override {
        if (session_) session_->pause(is);
    }
    std::size_t queued_bytes() const noexcept override {
        return session_ ? session_->queued_bytes() : 0;
    }
    std::string_view server() const noexcept override {
        return session_ ? session_->server() : std::string_view{};
    }
    void attach(session* s) override {
        if (session_) session_->attach(s);
    }

private:
    hook_session* session_;
};

class hooks_backend final : public backend {
public:
    hooks_backend(route_settings const& s, std::shared_ptr<upstreams> servers)
        : plan_(std::make_shared<hooks_plan const>(s, std::move(servers))) {}

    std::unique_ptr<backend_link> open(shard_place& here,
                                       link_opening const& what,
                                       link_events& to) override {
        auto& shard = shards_.at(
            here, [this](shard_place& p) { return std::make_shared<hooks_shard>(p, plan_); });
        auto& s = shard.add(what, to);
        auto link = std::make_unique<hooks_link>(s);
        s.begin(what);
        return link;
    }

private:
    std::shared_ptr<hooks_plan const> plan_;
    per_shard<hooks_shard> shards_{};
};

}  // namespace

std::shared_ptr<backend> make_hooks_backend(route_settings const& settings,
                                            std::shared_ptr<upstreams> servers) {
    return std::make_shared<hooks_backend>(settings, std::move(servers));
}

std::string group_of_session(std::string_view id) {
    return std::string("session ").append(id);
}
std::string group_of_channel(std::string_view name) {
    return std::string("channel ").append(name);
}

}  // namespace anywire::gateway
