#pragma once

#include <anywire/json/view.hpp>

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace anywire::socketio {

/// The arguments of one event or acknowledgement, borrowed, as they came. Emitted again, they
/// become as many arguments.
///
/// Borrow: the text and the attachments of the packet.
class arguments {
public:
    /// None.
    arguments() = default;

    /// The elements of an array; those of an event after its name.
    ///
    /// Requires: `array` has been checked to be a JSON array, or is empty, which is no arguments.
    /// Cost:     linear, once; allocates for more than eight.
    explicit arguments(std::string_view array,
                       std::span<std::string const> attachments = {},
                       bool skip_first = false);

    [[nodiscard]] std::size_t size() const noexcept { return elements_.size(); }
    [[nodiscard]] bool empty() const noexcept { return elements_.empty(); }

    /// The argument at `index`, counted from 0; null beyond the end.
    [[nodiscard]] json_view operator[](std::size_t index) const noexcept;

    /// Those from `index` on.
    [[nodiscard]] arguments from(std::size_t index) const;

    [[nodiscard]] std::span<std::string const> attachments() const noexcept { return attachments_; }

    class iterator {
    public:
        using value_type = json_view;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag;

        iterator() noexcept = default;
        iterator(arguments const* all, std::size_t at) noexcept : all_(all), at_(at) {}

        [[nodiscard]] json_view operator*() const noexcept { return (*all_)[at_]; }
        iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        iterator operator++(int) noexcept { return {all_, at_++}; }
        [[nodiscard]] bool operator==(iterator const&) const noexcept = default;

    private:
        arguments const* all_ = nullptr;
        std::size_t at_ = 0;
    };

    [[nodiscard]] iterator begin() const noexcept { return {this, 0}; }
    [[nodiscard]] iterator end() const noexcept { return {this, size()}; }

private:
    boost::container::small_vector<std::string_view, 8> elements_{};
    std::span<std::string const> attachments_{};
};

}  // namespace anywire::socketio
