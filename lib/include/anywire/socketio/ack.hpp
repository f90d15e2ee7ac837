#pragma once

#include <anywire/socketio/typed_arguments.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace anywire::socketio {

/// Where one answer to one event goes.
class ack_channel {
public:
    virtual ~ack_channel() = default;
    /// `json` is the inside of an array. Thread: any; only the first call counts.
    virtual void answer(std::string json, std::vector<std::string> attachments) = 0;
};

/// The arguments of a packet, encoded: a JSON array, and the bytes that it has placeholders for.
struct encoded {
    std::string json{};
    std::vector<std::string> attachments{};
};

namespace detail {

using socketio::ack_channel;
using socketio::encoded;

template <class... T>
encoded encode_arguments(T const&... values) {
    encoded e;
    json_writer out(e.json);
    write_arguments(out, values...);
    e.attachments = out.take_attachments();
    return e;
}

template <class... T>
encoded encode_event(std::string_view name, T const&... values) {
    encoded e;
    json_writer out(e.json);
    out.begin_array();
    out.string(name);
    write_arguments(out, values...);
    out.end_array();
    e.attachments = out.take_attachments();
    return e;
}

}  // namespace detail

/// A handler's last parameter: how it answers a client that asked for an acknowledgement.
///
/// Thread: any; it may be kept and called later. Only the first call counts, and none does when
/// the client did not ask or has gone.
template <class... T>
class ack {
public:
    ack() noexcept = default;
    explicit ack(std::shared_ptr<ack_channel> to) noexcept : to_(std::move(to)) {}

    void operator()(T const&... values) const {
        if (!to_) return;
        auto e = detail::encode_arguments(values...);
        to_->answer(std::move(e.json), std::move(e.attachments));
    }

    /// Whether the client asked.
    explicit operator bool() const noexcept { return to_ != nullptr; }

private:
    std::shared_ptr<ack_channel> to_{};
};

}  // namespace anywire::socketio
