#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

class json_elements;
class json_members;

/// What a JSON value is. Some dialects, as Socket.IO, carry bytes beside the JSON; where they
/// belong in it, the value is `binary`.
enum class json_kind : std::uint8_t { null, boolean, number, string, array, object, binary };

/// One JSON value, borrowed.
///
/// There is no tree behind it: each question reads the text. So walking costs, at every level, the
/// length of what is below, and nothing is allocated but results.
///
/// Spec:   RFC 8259, strings as browsers read them: what is not UTF-8, and escapes of lone
///         surrogates, become U+FFFD. Of members with the same key the last one counts.
/// Borrow: the text and the attachments it was made of; views of parts borrow from the same.
class json_view {
public:
    /// Null.
    json_view() noexcept = default;

    /// A value, and the bytes that a packet has beside it. Without attachments a placeholder is an
    /// object like any other.
    ///
    /// Requires: `text` has been checked to be one JSON value, as by `parse_json`, or is empty,
    /// which
    ///           is null.
    explicit json_view(std::string_view text,
                       std::span<std::string const> attachments = {}) noexcept;

    /// Cost: constant time; an object of a packet with attachments is read to its end.
    [[nodiscard]] json_kind kind() const noexcept;

    [[nodiscard]] bool is_null() const noexcept { return text_.empty() || text_[0] == 'n'; }

    /// The value as JSON text, no space around it.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

    /// All attachments of the packet.
    [[nodiscard]] std::span<std::string const> attachments() const noexcept { return attachments_; }

    // Nothing where the value is of another kind, or does not fit.
    [[nodiscard]] std::optional<bool> as_bool() const noexcept;
    /// Of integral numbers however they are written: `1.0` and `1e3` are, `1.5` is not.
    [[nodiscard]] std::optional<std::int64_t> as_int64() const noexcept;
    [[nodiscard]] std::optional<std::uint64_t> as_uint64() const noexcept;
    /// The nearest that there is; zero for what is too small, nothing beyond the range.
    [[nodiscard]] std::optional<double> as_double() const noexcept;
    [[nodiscard]] std::optional<float> as_float() const noexcept;
    /// Always UTF-8.
    [[nodiscard]] std::optional<std::string> as_string() const;
    [[nodiscard]] std::optional<std::span<std::byte const>> as_bytes() const noexcept;

    /// Whether the value is this string.
    ///
    /// Cost: no allocation.
    [[nodiscard]] bool equals(std::string_view string) const noexcept;

    /// What an array holds; nothing where the value is none.
    [[nodiscard]] json_elements elements() const noexcept;
    /// What an object holds; nothing where the value is none.
    [[nodiscard]] json_members members() const noexcept;
    /// The value of an object's member; nothing where there is none, or the value is no object.
    ///
    /// Cost: linear in the object's text.
    [[nodiscard]] std::optional<json_view> find(std::string_view key) const noexcept;

private:
    std::string_view text_ = "null";
    std::span<std::string const> attachments_{};
};

/// One member of an object. `key` is a string.
struct json_member {
    json_view key{};
    json_view value{};
};

/// The elements of an array, for a range-based `for`.
class json_elements {
public:
    class iterator {
    public:
        using value_type = json_view;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        iterator() noexcept = default;
        iterator(std::string_view rest, std::span<std::string const> attachments) noexcept;

        [[nodiscard]] json_view operator*() const noexcept { return value_; }
        iterator& operator++() noexcept;
        void operator++(int) noexcept { ++*this; }
        [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return at_end_; }

    private:
        std::string_view rest_{};
        json_view value_{};
        bool at_end_ = true;
    };

    json_elements() noexcept = default;
    json_elements(std::string_view inside, std::span<std::string const> attachments) noexcept
        : inside_(inside), attachments_(attachments) {}

    [[nodiscard]] iterator begin() const noexcept { return {inside_, attachments_}; }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

private:
    std::string_view inside_{};
    std::span<std::string const> attachments_{};
};

/// The members of an object, for a range-based `for`, in the order of the text.
class json_members {
public:
    class iterator {
    public:
        using value_type = json_member;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        iterator() noexcept = default;
        iterator(std::string_view rest, std::span<std::string const> attachments) noexcept;

        [[nodiscard]] json_member operator*() const noexcept { return member_; }
        iterator& operator++() noexcept;
        void operator++(int) noexcept { ++*this; }
        [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return at_end_; }

    private:
        std::string_view rest_{};
        std::span<std::string const> attachments_{};
        json_member member_{};
        bool at_end_ = true;
    };

    json_members() noexcept = default;
    json_members(std::string_view inside, std::span<std::string const> attachments) noexcept
        : inside_(inside), attachments_(attachments) {}

    [[nodiscard]] iterator begin() const noexcept { return {inside_, attachments_}; }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

private:
    std::string_view inside_{};
    std::span<std::string const> attachments_{};
};

}  // namespace anywire
