#include "core/frame.hpp"

#include <cstdlib>
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

void frame_queue::push(frame_ptr f) {
    if (count_ == capacity_) grow();
    bytes_ += static_cast<std::uint32_t>(f->cost());
    slots()[(head_ + count_) & mask()] = f.release();
    ++count_;
}

void frame_queue::pop(std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        auto* const f = at(i);
        bytes_ -= static_cast<std::uint32_t>(f->cost());
        f->unref();
    }
    drop_front(n);
}

bool frame_queue::drop_oldest() noexcept {
    std::uint32_t first = 0;
    while (first < count_ && (at(first)->is_protocol() || at(first)->is_attachment())) ++first;
    if (first == count_) return false;
    auto end = first + 1;
    while (end < count_ && at(end)->is_attachment()) ++end;
    for (auto i = first; i < end; ++i) {
        bytes_ -= static_cast<std::uint32_t>(at(i)->cost());
        at(i)->unref();
    }
    // What is older moves up; there are few protocol frames, so few moves.
    for (auto k = first; k > 0; --k) slots()[(head_ + k - 1 + (end - first)) & mask()] = at(k - 1);
    drop_front(end - first);
    return true;
}

void frame_queue::clear() noexcept {
    for (std::size_t i = 0; i < count_; ++i) at(i)->unref();
    bytes_ = 0;
    drop_front(count_);
}

void frame_queue::drop_front(std::size_t n) noexcept {
    head_ = (head_ + static_cast<std::uint32_t>(n)) & mask();
    count_ -= static_cast<std::uint32_t>(n);
    if (count_ != 0) return;
    head_ = 0;
    if (capacity_ == 2) return;
    std::free(heap_);
    capacity_ = 2;
}

void frame_queue::grow() {
    auto const wider = capacity_ == 2 ? 8 : capacity_ * 2;
    auto** const next = static_cast<frame**>(std::malloc(wider * sizeof(frame*)));
    if (!next) throw std::bad_alloc();
    for (std::uint32_t i = 0; i < count_; ++i) next[i] = at(i);
    if (capacity_ != 2) std::free(heap_);
    heap_ = next;
    head_ = 0;
    capacity_ = wider;
}

}  // namespace anywire
