#include <anywire/socketio/arguments.hpp>
#include <anywire/socketio/typed_arguments.hpp>

#include "socketio/json_text.hpp"

namespace anywire::socketio {

arguments::arguments(std::string_view array,
                     std::span<std::string const> attachments,
                     bool skip_first)
    : attachments_(attachments) {
    auto rest = detail::inside(detail::trimmed(array));
    if (skip_first && !rest.empty()) static_cast<void>(detail::take_value(rest));
    while (!rest.empty()) elements_.push_back(detail::take_value(rest));
}

json_view arguments::operator[](std::size_t index) const noexcept {
    if (index >= elements_.size()) return {};
    return json_view(elements_[index], attachments_);
}

arguments arguments::from(std::size_t index) const {
    arguments rest;
    rest.attachments_ = attachments_;
    if (index < size())
        rest.elements_.assign(elements_.begin() + static_cast<std::ptrdiff_t>(index),
                              elements_.end());
    return rest;
}

std::string to_message(argument_error const& error) {
    std::string text = "argument ";
    text.append(std::to_string(error.index)).append(": expected ").append(error.expected);
    return text;
}

}  // namespace anywire::socketio
