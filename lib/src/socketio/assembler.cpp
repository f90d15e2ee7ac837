#include "socketio/assembler.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

namespace anywire::socketio::wire {
namespace {

// The part of `copy` that `view` is of `text`; views from elsewhere stay what they are.
std::string_view moved(std::string_view view, std::string_view text, std::string_view copy) {
    auto const begin = std::less_equal<>{}(text.data(), view.data());
    auto const end = std::less_equal<>{}(view.data() + view.size(), text.data() + text.size());
    if (!begin || !end) return view;
    return copy.substr(static_cast<std::size_t>(view.data() - text.data()), view.size());
}

}  // namespace

void assembler::begin(std::string_view text, unsigned attachments) {
    packet head;
    head.attachments = attachments;
    begin(text, head);
}

void assembler::begin(std::string_view text, packet const& decoded) {
    BOOST_ASSERT(!awaiting() && decoded.attachments != 0);
    pending_ = std::make_unique<pending>();
    pending_->text = text;
    pending_->head = decoded;
    for (auto* view : {&pending_->head.nsp, &pending_->head.query, &pending_->head.payload})
        *view = moved(*view, text, pending_->text);
    pending_->owed = decoded.attachments;
    pending_->bytes = text.size();
}

bool assembler::awaiting() const noexcept {
    return pending_ && pending_->owed != 0;
}

assembler::step assembler::add(std::string_view binary) {
    BOOST_ASSERT(awaiting());
    auto const left = max_bytes_ - std::min(pending_->bytes, max_bytes_);
    if (pending_->bytes > max_bytes_ || binary.size() > left) {
        reset();
        return step::too_big;
    }
    pending_->bytes += binary.size();
    pending_->attachments.emplace_back(binary);
    return --pending_->owed == 0 ? step::complete : step::more;
}

std::string_view assembler::text() const noexcept {
    return pending_ ? std::string_view(pending_->text) : std::string_view{};
}

packet const& assembler::head() const noexcept {
    static packet const none{};
    return pending_ ? pending_->head : none;
}

std::vector<std::string> const& assembler::attachments() const noexcept {
    static std::vector<std::string> const none{};
    return pending_ ? pending_->attachments : none;
}

std::vector<std::string> assembler::take_attachments() noexcept {
    return pending_ ? std::exchange(pending_->attachments, {}) : std::vector<std::string>{};
}

void assembler::reset() noexcept {
    pending_.reset();
}

}  // namespace anywire::socketio::wire
