#include "client_link.hpp"

#include "core/log_text.hpp"
#include "stomp/frame_writer.hpp"
#include "stomp/server/published.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace anywire::stomp {
namespace {

/// Of what the broker says in an ERROR: it is for the client to read, and no more.
constexpr std::size_t longest_message = 200;

template <std::size_t N>
bool is_one_of(std::array<std::string_view, N> const& names, std::string_view name) noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 3> of_send = {"receipt", "transaction", "content-type"};
constexpr std::array<std::string_view, 3> of_subscribe = {"id", "ack", "receipt"};
constexpr std::array<std::string_view, 7> of_others = {
    "id", "message-id", "subscription", "transaction", "receipt", "requeue", "ack"};

}  // namespace

client_link::client_link(io_host& host,
                         std::shared_ptr<relay_settings const> how,
                         relay_request what,
                         std::shared_ptr<log_throttle> logs,
                         relay_link::events& to)
    : host_(host),
      how_(std::move(how)),
      logs_(std::move(logs)),
      to_(to),
      link_(host,
            how_,
            {.login = how_->given.login,
             .passcode = how_->given.passcode,
             .versions = std::move(what.versions),
             .asked = what.asked},
            *this) {}

void client_link::start_in_vain() {
    host_.post([this, alive = alive_] {
        if (*alive) to_.on_relay_down({.text = "Broker not available."});
    });
}

/// Whether a header of a client's goes to the broker as it is.
bool client_link::passes(frame_view const& f, std::string_view name) const noexcept {
    switch (f.what) {
        case command::send: return is_one_of(of_send, name) || !is_reserved_header(name);
        case command::subscribe: {
            auto const& more = how_->given.subscribe_headers;
            return is_one_of(of_subscribe, name) ||
                   std::find(more.begin(), more.end(), name) != more.end();
        }
        default: return is_one_of(of_others, name);
    }
}

bool client_link::forward(frame_view const& f) {
    std::string text;
    frame_writer w(text, f.what, link_.version());
    if (auto const to = f.find("destination")) {
        auto const there = broker_destination(*how_, *to);
        if (!there) return false;
        w.add("destination", *there);
    }
    for (auto const& h : f.headers)
        if (h.name != "destination" && passes(f, h.name)) w.add(h.name, h.value);
    if (f.find("content-length")) {
        w.finish(f.body);
    } else {
        // ActiveMQ takes one without a length for text.
        w.finish();
        text.pop_back();
        text.append(f.body).push_back('\0');
    }
    link_.send(text);
    return true;
}

void client_link::on_link_down(link_loss const& why) {
    auto const is_ours = !why.was_up && why.is_refusal;  // the relay's own login, or virtual host
    if (auto const others = is_ours ? logs_->admit(host_.loop().now()) : std::nullopt)
        host_.log().write(log_level::error,
                          "the broker refuses the connections of clients: ",
                          why.text,
                          more_like_it(*others));
    else
        host_.log().write(log_level::debug, "a client has lost the broker: ", why.text);
    if (!why.was_up) return to_.on_relay_down({.text = "Broker not available."});
    if (!why.is_refusal) return to_.on_relay_down({.text = "Connection to broker closed."});
    to_.on_relay_down({.text = why.message.substr(0, longest_message), .receipt = why.receipt});
}

}  // namespace anywire::stomp
