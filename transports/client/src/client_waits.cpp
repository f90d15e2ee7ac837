#include "client_waits.hpp"

#include "client/reconnector.hpp"

#include <string>
#include <utility>

namespace anywire {
namespace {

std::size_t charge_of(result<message> const& m) noexcept {
    return m ? m->data.size() + frame::overhead : 0;
}

client_failure closed_here() {
    return {.error = make_error_code(errc::session_closed), .text = "The client was closed."};
}

}  // namespace

void client_waits::connect(reconnector& machine, opened to) {
    takes_messages_ = !handles_messages_;
    // Who connects knows that the session before has ended.
    if (!unread_.empty() && !unread_.front()) unread_.pop_front();
    if (machine.is_open()) return to({});
    opened_.push_back(std::move(to));
    machine.connect();
}

void client_waits::receive(reconnector& machine, received to) {
    takes_messages_ = !handles_messages_;
    if (received_ || handles_messages_)
        return to(error_code(boost::system::errc::operation_not_supported,
                             boost::system::generic_category()));
    if (unread_.empty()) {
        if (!machine.is_open()) return to(make_error_code(errc::session_closed));
        received_ = std::move(to);
        return;
    }
    auto next = std::move(unread_.front());
    unread_.pop_front();
    unread_bytes_ -= charge_of(next);
    if (is_paused_ && unread_bytes_ == 0) {
        is_paused_ = false;
        machine.pause(false);
    }
    to(std::move(next));
}

void client_waits::close(reconnector& machine, close_code code, std::string_view text, ended to) {
    before_close();
    machine.close(code, text);
    if (machine.is_idle()) return to();
    ended_.push_back(std::move(to));
}

void client_waits::give_up_receiving() {
    if (auto const to = std::exchange(received_, nullptr))
        to(error_code(boost::system::errc::operation_canceled, boost::system::generic_category()));
}

void client_waits::before_close() {
    tell_opened(closed_here());
}

void client_waits::on_open() {
    tell_opened({});
}

void client_waits::on_message(reconnector& machine, message_view m) {
    result<message> taken(message{std::string(m.data), m.binary});
    if (auto const to = std::exchange(received_, nullptr)) return to(std::move(taken));
    unread_bytes_ += charge_of(taken);
    unread_.push_back(std::move(taken));
    if (is_paused_ || unread_bytes_ <= most_unread) return;
    is_paused_ = true;
    machine.pause(true);
}

void client_waits::on_failure(client_failure const& why) {
    tell_opened(why);
}

void client_waits::on_close() {
    if (auto const to = std::exchange(received_, nullptr))
        to(make_error_code(errc::session_closed));
    else if (takes_messages_ && (unread_.empty() || unread_.back()))
        unread_.emplace_back(make_error_code(errc::session_closed));
}

void client_waits::on_end(reconnector& machine) {
    for (auto const& to : std::exchange(ended_, {})) to();
    // Somebody has begun to await it after the last attempt had failed.
    if (!opened_.empty()) machine.connect();
}

void client_waits::on_gone() {
    tell_opened(closed_here());
    if (auto const to = std::exchange(received_, nullptr))
        to(make_error_code(errc::session_closed));
    for (auto const& to : std::exchange(ended_, {})) to();
}

void client_waits::tell_opened(client_result const& how) {
    for (auto const& to : std::exchange(opened_, {})) to(how);
}

}  // namespace anywire
