// What the application calls on an endpoint.
#include <anywire/endpoint.hpp>

#include "session/endpoint_hub.hpp"

#include <stdexcept>
#include <utility>

namespace anywire {
namespace {

/// The function given to what an endpoint is asked. Throws `std::invalid_argument` for an empty
/// one.
template <class... A>
std::function<void(A...)> required(handler<void(A...)> f, char const* asked) {
    if (!f)
        throw std::invalid_argument(std::string("endpoint::") + asked +
                                    ": the function given to it is empty");
    return std::move(f).take();
}

}  // namespace

// -- some of the sessions -------------------------------------------------------------------------

endpoint::group endpoint::group::to(std::string_view group_name) const {
    auto next = *this;
    next.who_.rooms.emplace_back(group_name);
    return next;
}
endpoint::group endpoint::group::except(std::string_view group_name) const {
    auto next = *this;
    next.who_.except.emplace_back(group_name);
    return next;
}
endpoint::group endpoint::group::except(session const& s) const {
    return except(s.id());
}
endpoint::group endpoint::group::local() const {
    auto next = *this;
    next.flags_.is_local = true;
    return next;
}
endpoint::group endpoint::group::latest(std::string_view key) const {
    auto next = *this;
    next.flags_.key = key;
    return next;
}

result<void> endpoint::group::send(message_view m) const {
    return hub_ ? hub_->send(m, who_, flags_) : result<void>{};
}
void endpoint::group::members(handler<void(error_code, std::vector<std::string>)> then) const {
    auto fn = required(std::move(then), "group::members");
    if (!hub_) return fn(errc::session_closed, {});
    hub_->ask_members(who_, flags_.is_local, std::move(fn));
}
void endpoint::group::count(handler<void(error_code, std::size_t)> then) const {
    auto fn = required(std::move(then), "group::count");
    if (!hub_) return fn(errc::session_closed, 0);
    hub_->ask_count(who_, flags_.is_local, std::move(fn));
}

// -- all of them ----------------------------------------------------------------------------------

result<void> endpoint::broadcast(message_view m) const {
    return hub_ ? hub_->send(m, {}, {}) : result<void>{};
}
void endpoint::join(std::string_view id, std::string_view group_name) const {
    if (hub_) hub_->on_session(id, [name = std::string(group_name)](session& s) { s.join(name); });
}
void endpoint::leave(std::string_view id, std::string_view group_name) const {
    if (hub_) hub_->on_session(id, [name = std::string(group_name)](session& s) { s.leave(name); });
}
void endpoint::groups(handler<void(error_code, std::vector<std::string>)> then) const {
    auto fn = required(std::move(then), "groups");
    if (!hub_) return fn(errc::session_closed, {});
    hub_->ask_rooms(std::move(fn));
}
void endpoint::groups_of(std::string_view session_id,
                         handler<void(error_code, std::vector<std::string>)> then) const {
    auto fn = required(std::move(then), "groups_of");
    if (!hub_) return fn(errc::session_closed, {});
    hub_->ask_rooms_of(session_id, std::move(fn));
}
void endpoint::post(std::string_view id, handler<void(session&)> fn) const {
    auto posted = required(std::move(fn), "post");
    if (hub_) hub_->on_session(id, std::move(posted));
}
void endpoint::use_bus(bus_maker const& make) const {
    if (!hub_) throw std::logic_error("endpoint::use_bus: the endpoint is mounted nowhere");
    hub_->use_bus(make);
}
std::size_t endpoint::session_count() const noexcept {
    return hub_ ? hub_->sessions() : 0;
}
std::uint64_t endpoint::opened_count() const noexcept {
    return hub_ ? hub_->opened() : 0;
}

}  // namespace anywire
