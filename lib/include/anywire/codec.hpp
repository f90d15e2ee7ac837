#pragma once

#include <anywire/frame.hpp>
#include <anywire/session.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace anywire {

/// How a dialect turns a message into a frame. A dialect has one constant object for each way that
/// it knows, and the address of that object is its identity: what is encoded by one codec can be
/// given to every session that has the same one, and to no other.
///
/// Thread: constant, so any.
class codec {
public:
    constexpr codec() noexcept = default;
    codec(codec const&) = delete;
    codec& operator=(codec const&) = delete;

    /// The frame of a message; null for bytes that the dialect cannot carry. `scratch` is memory to
    /// work in, empty at the call.
    /// Requires: a text message is valid UTF-8.
    virtual frame_ptr encode(message_view m, std::string& scratch) const = 0;

    /// Whether messages of that kind can be made in two parts: a head that is one receiver's own,
    /// and a rest that many share. Together they are what `encode` makes of both.
    virtual bool splits(bool binary) const noexcept {
        (void)binary;
        return false;
    }
    /// Appends the head of a message as it goes out. Requires: `splits(binary)`.
    virtual void append_head(std::string& out, std::string_view head, bool binary) const {
        (void)out, (void)head, (void)binary;
    }
    /// The rest as it goes out after a head. Requires: `splits(rest.binary)`.
    virtual frame_ptr encode_rest(message_view rest, std::string& scratch) const {
        return encode(rest, scratch);
    }
    /// What a frame in two parts is on a duplex carrier: `frame_kind::raw` where messages have no
    /// bounds of their own on the wire. Default: text or binary, as the message.
    virtual frame_kind kind(bool binary) const noexcept {
        return binary ? frame_kind::binary : frame_kind::text;
    }

protected:
    ~codec() = default;
};

/// One message for many sessions: encoded at most once per codec, whoever asks first.
///
/// Thread: any; shards that ask at once may both encode, and one result is kept.
/// Cost: no lock, and no allocation beyond the frames for up to `usual` codecs.
class shared_message {
public:
    /// The codecs that have their places in the object itself.
    static constexpr std::size_t usual = 4;

    explicit shared_message(message_view m) : data_(m.data), binary_(m.binary) {}
    ~shared_message();
    shared_message(shared_message const&) = delete;
    shared_message& operator=(shared_message const&) = delete;

    message_view view() const noexcept { return {std::string_view{data_}, binary_}; }

    /// The frame of that codec, made by `make()` at its first use; null when it cannot be made.
    template <class Make>
    frame_ptr frame_for(codec const& which, Make make) {
        return form_of(&which, make);
    }
    /// The same of what `codec::encode_rest` makes.
    template <class Make>
    frame_ptr rest_for(codec const& which, Make make) {
        return form_of(reinterpret_cast<char const*>(&which) + 1, make);
    }

private:
    template <class Make>
    frame_ptr form_of(void const* owner, Make& make) {
        auto& to = place_of(owner);
        auto* found = to.made.load(std::memory_order_acquire);
        if (!found) found = keep(to.made, make());
        if (!found) return {};
        found->ref();
        return frame_ptr(found);
    }

    struct place {
        /// A codec, or the byte after its first for the rest; null: free.
        std::atomic<void const*> owner{nullptr};
        std::atomic<frame*> made{nullptr};
    };
    struct further_place;

    place& place_of(void const* owner) {
        if (first().owner.load(std::memory_order_acquire) == owner) return first();
        return find_place(owner);
    }
    place& first() noexcept { return places_.front(); }
    place& find_place(void const* owner);
    place& find_further_place(void const* owner);
    static frame* keep(std::atomic<frame*>& to, frame_ptr made);

    std::string data_;
    bool binary_;
    std::array<place, usual> places_{};
    std::atomic<further_place*> further_{nullptr};
};

}  // namespace anywire
