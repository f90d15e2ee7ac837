#include "core/frame.hpp"

#include <cstring>
#include <new>

namespace anywire {

/// A further form: a list node with its bytes behind it.
struct frame::form_node {
    form_node* next;
    std::uint32_t size;
    wire_form which;

    char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
};

frame::frame(std::size_t size, frame_kind kind) noexcept
    : size_(static_cast<std::uint32_t>(size)), kind_(kind) {
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
    return new (::operator new(sizeof(frame) + size)) frame(size, kind);
}

frame* frame::make(std::string_view text, frame_kind kind) {
    auto* const f = make(text.size(), kind);
    if (!text.empty()) std::memcpy(f->data(), text.data(), text.size());
    return f;
}

void frame::destroy() const noexcept {
    for (auto* node = forms_.load(std::memory_order_acquire); node;) {
        auto* const next = node->next;
        ::operator delete(node);
        node = next;
    }
    this->~frame();
    ::operator delete(const_cast<frame*>(this));
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

frame_ptr make_constant_frame(std::string_view text) {
    frame_ptr f(frame::make(text, frame_kind::text));
    f->mark_protocol();
    f->mark_shared();
    return f;
}

}  // namespace anywire
