#include "hooks_shard.hpp"

#include "context_floor.hpp"
#include "hook_session.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::gateway {
namespace {

text_template parse_hook_url(std::string const& url) {
    std::string wrong;
    auto parsed = text_template::parse(url, wrong);
    if (parsed && !parsed->has_constant_server()) wrong = "its host may not come from the client";
    if (!parsed || !wrong.empty()) throw std::invalid_argument("backend \"" + url + "\": " + wrong);
    return std::move(*parsed);
}

forward_fields make_hook_fields(forward_settings const& s) {
    std::string wrong;
    auto made = forward_fields::make(s, wrong);
    if (!made) throw std::invalid_argument(wrong);
    return std::move(*made);
}

client_options options_of(route_settings const& s) {
    client_options out;
    // The server is the one that the configuration names: the environment's proxies are for others.
    out.network.proxy = "-";
    out.network.cookies = false;
    out.network.tls.verify = s.backend_verify;
    out.network.tls.ca = s.backend_ca;
    return out;
}

}  // namespace

hooks_plan::hooks_plan(route_settings const& s, std::shared_ptr<upstreams> of)
    : settings(s), servers(std::move(of)), fields(make_hook_fields(s.forward)) {
    if (s.hooks.timeout.count() <= 0 || s.hooks.max_in_flight == 0)
        throw std::invalid_argument("hooks: timeout and max_in_flight must be positive");
    for (std::size_t i = 0; i < servers->size(); ++i)
        urls.push_back(parse_hook_url(servers->url(i)));
}

hooks_shard::hooks_shard(shard_place& here, std::shared_ptr<hooks_plan const> plan)
    : place_(here),
      plan_(std::move(plan)),
      network_(client_access::make_network(*here.clients, options_of(plan_->settings), wrong_)) {}

hooks_shard::~hooks_shard() = default;

hook_session& hooks_shard::add(link_opening const& what, link_events& to) {
    auto made = std::make_unique<hook_session>(*this, what, to);
    auto& s = *made;
    sessions_.emplace(&s, std::move(made));
    return s;
}

void hooks_shard::end(hook_session const& s) {
    sessions_.erase(&s);
}

void hooks_shard::note(std::string_view what) const {
    auto const& log = place_.log;
    if (!log.write || log.level < log_level::info) return;
    log.write(log_level::info, plan_->settings.path + ": " + std::string(what));
}

bool hooks_shard::take_turn(hook_session& s) {
    if (under_way_ >= plan_->settings.hooks.max_in_flight) {
        waiting_.push_back(&s);
        return false;
    }
    ++under_way_;
    return true;
}

void hooks_shard::give_turn() {
    if (waiting_.empty()) return (void)--under_way_;
    auto* const next = waiting_.front();
    waiting_.pop_front();
    next->on_turn();
}

}  // namespace anywire::gateway
