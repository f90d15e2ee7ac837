#include "core/frame.hpp"

#include <cstring>
#include <new>

namespace anywire {

/// A further form: a list node with its bytes after it.
struct frame::form_node {
    form_node* next;
    std::uint32_t size;
    wire_form which;

    char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
};

namespace {

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
    return new (::operator new(sizeof(frame) + size)) frame(size, size, kind);
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
    auto* begin = const_cast<char*>(reinterpret_cast<char const*>(this));
    if (has(headed)) {
        rest_of_headed()->unref();
        begin -= rest_room;
    }
    this->~frame();
    ::operator delete(begin);
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
