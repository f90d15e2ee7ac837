#pragma once

#include <anywire/error.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace anywire {

/// The WebSocket opcode a frame carries on a duplex carrier (RFC 6455, section 11.8). Equal to
/// `websocket::opcode` by value; `core` knows no codec. `raw` has no header: bytes on their way
/// out.
enum class frame_kind : std::uint8_t {
    raw = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

/// A form of one frame on the wire beyond its own bytes; the carriers know which there are.
enum class wire_form : std::uint8_t;

class frame_ptr;

/// One encoded message: immutable, counted, shared by all the sessions that get it.
///
/// The text and its WebSocket frame are the same bytes: the header is built backwards, right in
/// front of the text, in room the allocation has for it.
/// Thread: immutable once made; the count and the list of further forms are atomic, because a
///         broadcast crosses shards.
class frame {
public:
    /// Bytes charged to a session's queue beyond the text: many small frames cost what they cost.
    static constexpr std::size_t overhead = 64;

    /// A frame whose text is `size` bytes, to be filled through `data()` before it is shared.
    /// The caller owns one reference.
    static frame* make(std::size_t size, frame_kind kind);
    static frame* make(std::string_view text, frame_kind kind);
    /// A frame of one receiver's own bytes with those of `rest` after them, which many share: what
    /// is own is copied, what is shared is not. The caller owns one reference.
    static frame* make_headed(std::string_view own, frame_ptr rest, frame_kind kind);

    char* data() noexcept { return reinterpret_cast<char*>(this) + sizeof(frame); }
    std::string_view text() const noexcept {
        return {reinterpret_cast<char const*>(this) + sizeof(frame), size_};
    }
    /// The unmasked WebSocket frame: header and text.
    std::string_view ws() const noexcept {
        return {reinterpret_cast<char const*>(this) + sizeof(frame) - header_size_,
                size_ + header_size_};
    }
    std::size_t size() const noexcept { return size_; }
    std::size_t cost() const noexcept { return size_ + rest_size() + overhead; }
    frame_kind kind() const noexcept { return kind_; }

    /// What stands after the bytes of a headed frame; null where nothing does. `text` and `ws` are
    /// without it, though the header in `ws` counts it.
    frame const* rest() const noexcept { return has(headed) ? rest_of_headed() : nullptr; }
    std::size_t rest_size() const noexcept { return has(headed) ? rest_of_headed()->size() : 0; }
    /// A frame of the same bytes in one piece, for a carrier that needs them so.
    frame_ptr joined() const;

    /// The protocol's own frames (open, heartbeat, close) are never dropped on overflow.
    bool is_protocol() const noexcept { return has(protocol); }
    void mark_protocol() noexcept { mark(protocol); }

    /// Marks a frame that many sessions get, so that further forms are worth keeping.
    bool is_shared() const noexcept { return has(shared); }
    void mark_shared() noexcept { mark(shared); }

    /// An attachment belongs to the frame before it: the two are dropped together or not at all.
    bool is_attachment() const noexcept { return has(attachment); }
    void mark_attachment() noexcept { mark(attachment); }

    /// The application asked for this frame to go uncompressed.
    bool is_uncompressed() const noexcept { return has(uncompressed); }
    void mark_uncompressed() noexcept { mark(uncompressed); }

    /// None of all that may be special about a frame: a message of one session's own, in one piece.
    bool is_plain() const noexcept { return traits_ == 0; }

    /// What the frame is the latest of: one that waits is replaced by the next of the same key. 0,
    /// the default: none.
    std::uint64_t key() const noexcept { return has(keyed) ? find_key() : 0; }
    /// Requires: it has none yet. Cost: an allocation.
    void set_key(std::uint64_t key);

    /// The bytes of a further form, built by `build(std::string&)` at its first use.
    /// Borrow: valid as long as this frame.
    template <class Build>
    std::string_view form(wire_form which, Build build) const {
        if (auto const found = find_form(which); !found.empty()) return found;
        std::string bytes;
        build(bytes);
        return add_form(which, bytes);
    }

    void ref(std::uint32_t n = 1) const noexcept { refs_.fetch_add(n, std::memory_order_relaxed); }
    void unref() const noexcept {
        // Nobody else can add to the only reference, and a plain load is cheaper.
        if (refs_.load(std::memory_order_acquire) == 1 ||
            refs_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            destroy();
    }

private:
    struct form_node;
    enum trait : std::uint8_t {
        protocol = 1,
        shared = 2,
        attachment = 4,
        uncompressed = 8,
        headed = 16,
        keyed = 32,
    };

    bool has(trait t) const noexcept { return (traits_ & t) != 0; }
    void mark(trait t) noexcept { traits_ = static_cast<std::uint8_t>(traits_ | t); }
    frame(std::size_t own, std::size_t all, frame_kind kind) noexcept;
    frame const* rest_of_headed() const noexcept;
    std::uint64_t find_key() const noexcept;
    void destroy() const noexcept;
    std::string_view find_form(wire_form which) const noexcept;
    std::string_view add_form(wire_form which, std::string_view bytes) const;

    mutable std::atomic<std::uint32_t> refs_{1};
    std::uint32_t size_;
    mutable std::atomic<form_node*> forms_{nullptr};
    std::uint8_t header_size_ = 0;
    frame_kind kind_;
    std::uint8_t traits_ = 0;
    char header_[13];  // up to ten of them; the header ends where the text begins
};
static_assert(sizeof(frame) == 32);

/// One owned reference to a frame.
class frame_ptr {
public:
    frame_ptr() noexcept = default;
    explicit frame_ptr(frame* owned) noexcept : frame_(owned) {}
    frame_ptr(frame_ptr&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    frame_ptr(frame_ptr const& other) noexcept : frame_(other.frame_) {
        if (frame_) frame_->ref();
    }
    frame_ptr& operator=(frame_ptr other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~frame_ptr() {
        if (frame_) frame_->unref();
    }

    frame* get() const noexcept { return frame_; }
    frame* operator->() const noexcept { return frame_; }
    frame& operator*() const noexcept { return *frame_; }
    explicit operator bool() const noexcept { return frame_ != nullptr; }
    frame* release() noexcept { return std::exchange(frame_, nullptr); }

private:
    frame* frame_ = nullptr;
};

}  // namespace anywire
