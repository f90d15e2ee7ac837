#include "core/frame.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#ifndef __has_feature  // GCC
#define __has_feature(x) 0
#endif

namespace anywire {

/// A further form: a list node with its bytes after it.
struct frame::form_node {
    form_node* next;
    std::uint32_t size;
    wire_form which;

    char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
};

namespace {

/// Room of short frames that have gone, for those to come: a burst makes more of one size at once
/// than the allocator has at hand, and frees them together.
///
/// Thread: each has its own; what one has made another may free.
class spare_room {
public:
    constexpr spare_room() noexcept = default;
    spare_room(spare_room const&) = delete;
    spare_room& operator=(spare_room const&) = delete;
    ~spare_room() {
        for (auto& l : lists_) {
            while (l.first) ::operator delete(std::exchange(l.first, l.first->next));
            l.count = most;  // what goes later, at the end of the thread, is not kept
        }
    }

    void* take(std::size_t size) {
        if (size > longest) return ::operator new(size);
        auto& l = lists_[(size - 1) / step];
        if (!l.first) return ::operator new((size + step - 1) / step * step);
        --l.count;
        return std::exchange(l.first, l.first->next);
    }
    void give(void* room, std::size_t size) noexcept {
        if (size > longest) return ::operator delete(room);
        auto& l = lists_[(size - 1) / step];
        if (l.count == most) return ::operator delete(room);
        ++l.count;
        l.first = new (room) block{l.first};
    }

private:
    struct block {
        block* next;
    };
    struct list {
        block* first = nullptr;
        std::size_t count = 0;
    };
    static constexpr std::size_t step = 32;
    static constexpr std::size_t longest = 160;
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
    static constexpr std::size_t most = 0;  // who uses what has gone is found out
#else
    static constexpr std::size_t most = 128;  // of each size: 57 KB in all
#endif

    std::array<list, longest / step> lists_{};
};

constinit thread_local spare_room spare{};

/// In front of a headed frame stands the address of its rest.
constexpr std::size_t rest_room = 16;

}  // namespace

frame::frame(std::size_t own, std::size_t size, frame_kind kind) noexcept
    : size_(static_cast<std::uint32_t>(own)), kind_(kind) {
    if (kind == frame_kind::raw) return;
    // An unmasked, final frame's header (RFC 6455, section 5.2), backwards from the text.
    char* const end = header_ + sizeof header_;
    if (size < 126) {
        header_size_ = 2;
        end[-1] = static_cast<char>(size);
    } else {
        std::size_t const width = size <= 0xffff ? 2 : 8;
        header_size_ = static_cast<std::uint8_t>(2 + width);
        for (std::size_t i = 0; i < width; ++i)
            end[-1 - static_cast<int>(i)] = static_cast<char>(size >> (8 * i));
        end[-1 - static_cast<int>(width)] = static_cast<char>(width == 2 ? 126 : 127);
    }
    end[-static_cast<int>(header_size_)] = static_cast<char>(0x80 | static_cast<unsigned>(kind));
}

frame* frame::make(std::size_t size, frame_kind kind) {
    return new (spare.take(sizeof(frame) + size)) frame(size, size, kind);
}

frame* frame::make(std::string_view text, frame_kind kind) {
    auto* const f = make(text.size(), kind);
    if (!text.empty()) std::memcpy(f->data(), text.data(), text.size());
    return f;
}

frame* frame::make_headed(std::string_view own, frame_ptr rest, frame_kind kind) {
    auto* const begin = static_cast<char*>(::operator new(rest_room + sizeof(frame) + own.size()));
    auto* const f = new (begin + rest_room) frame(own.size(), own.size() + rest->size(), kind);
    frame const* const kept = rest.release();
    std::memcpy(begin, &kept, sizeof kept);
    f->mark(headed);
    if (!own.empty()) std::memcpy(f->data(), own.data(), own.size());
    return f;
}

frame const* frame::rest_of_headed() const noexcept {
    frame const* rest = nullptr;
    std::memcpy(&rest, reinterpret_cast<char const*>(this) - rest_room, sizeof rest);
    return rest;
}

frame_ptr frame::joined() const {
    auto const after = rest() ? rest()->text() : std::string_view{};
    auto* const f = make(size_ + after.size(), kind_);
    if (size_ != 0) std::memcpy(f->data(), text().data(), size_);
    if (!after.empty()) std::memcpy(f->data() + size_, after.data(), after.size());
    f->traits_ = traits_ & (protocol | attachment | uncompressed);
    return frame_ptr(f);
}

void frame::destroy() const noexcept {
    for (auto* node = forms_.load(std::memory_order_acquire); node;) {
        auto* const next = node->next;
        ::operator delete(node);
        node = next;
    }
    auto* const begin = const_cast<char*>(reinterpret_cast<char const*>(this));
    if (has(headed)) {
        rest_of_headed()->unref();
        this->~frame();
        return ::operator delete(begin - rest_room);
    }
    auto const size = sizeof(frame) + size_;
    this->~frame();
    spare.give(begin, size);
}

std::string_view frame::find_form(wire_form which) const noexcept {
    for (auto* node = forms_.load(std::memory_order_acquire); node; node = node->next)
        if (node->which == which) return {node->data(), node->size};
    return {};
}

std::string_view frame::add_form(wire_form which, std::string_view bytes) const {
    auto* const node = new (::operator new(sizeof(form_node) + bytes.size()))
        form_node{nullptr, static_cast<std::uint32_t>(bytes.size()), which};
    std::memcpy(node->data(), bytes.data(), bytes.size());
    auto* first = forms_.load(std::memory_order_acquire);
    do {
        node->next = first;
        // Two shards may build the same form at once; both are kept, readers find either.
    } while (!forms_.compare_exchange_weak(first, node, std::memory_order_acq_rel));
    return {node->data(), node->size};
}

void frame::set_key(std::uint64_t key) {
    if (key == 0) return;
    (void)add_form(wire_form::key, {reinterpret_cast<char const*>(&key), sizeof key});
    mark(keyed);
}

std::uint64_t frame::find_key() const noexcept {
    std::uint64_t key = 0;
    std::memcpy(&key, find_form(wire_form::key).data(), sizeof key);
    return key;
}

frame_ptr make_constant_frame(std::string_view text) {
    frame_ptr f(frame::make(text, frame_kind::text));
    f->mark_protocol();
    f->mark_shared();
    return f;
}

}  // namespace anywire
