#include "socketio/packet.hpp"

#include "core/json_check.hpp"
#include "core/json_placeholder.hpp"
#include "core/utf8.hpp"
#include "socketio/json_text.hpp"

#include <boost/assert.hpp>
#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <system_error>

namespace anywire::socketio::wire {
namespace {

using std::string_view;

constexpr string_view no_complaint{};

constexpr bool is_binary(packet_type type) noexcept {
    return type == packet_type::binary_event || type == packet_type::binary_ack;
}

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

string_view take_digits(string_view& rest) noexcept {
    auto const end = std::find_if_not(rest.begin(), rest.end(), is_digit);
    auto const digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(digits.size());
    return digits;
}

// Nothing if it does not fit 64 bits, or there are no digits.
std::optional<std::uint64_t> parse_digits(string_view digits) noexcept {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} ? std::optional(value) : std::nullopt;
}

// Names that clients and servers raise themselves.
bool is_reserved(string_view event) noexcept {
    constexpr std::array<string_view, 6> names{
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
    return std::find(names.begin(), names.end(), event) != names.end();
}

// Takes a packet apart from left to right. Each step answers with what is wrong, or nothing.
class decoder {
public:
    decoder(string_view text, protocol revision, decode_limits const& limits) noexcept
        : rest_(text), revision_(revision), limits_(limits) {}

    decoded run() {
        using step = string_view (decoder::*)();
        for (step const next : {&decoder::take_type,
                                &decoder::take_attachments,
                                &decoder::take_namespace,
                                &decoder::take_id,
                                &decoder::take_payload})
            if (auto const wrong = (this->*next)(); !wrong.empty()) return {std::nullopt, wrong};
        return {std::move(out_), {}};
    }

    // Of a packet that another one has decoded.
    string_view check(packet& p) {
        out_ = std::move(p);
        // What the default encoding cannot carry no client means.
        auto wrong = out_.nsp.starts_with('/') && out_.nsp.find(',') == out_.nsp.npos
                         ? check_namespace()
                         : string_view("no name of a namespace");
        if (wrong.empty()) wrong = take_shape();
        p = std::move(out_);
        return wrong;
    }

private:
    string_view take_type() {
        if (rest_.empty()) return "an empty packet";
        if (rest_[0] < '0' || rest_[0] > '6') return "an unknown packet type";
        out_.type = static_cast<packet_type>(rest_[0] - '0');
        rest_.remove_prefix(1);
        return no_complaint;
    }

    string_view take_attachments() {
        if (!is_binary(out_.type)) return no_complaint;
        auto const digits = take_digits(rest_);
        if (digits.empty()) return "a binary packet without its count";
        auto const count = parse_digits(digits);
        if (rest_.empty() || rest_[0] != '-') return "a binary packet without its count";
        rest_.remove_prefix(1);
        if (!count || *count > limits_.max_attachments) return "more attachments than allowed";
        if (*count == 0) return "a binary packet of no attachments";
        out_.attachments = static_cast<unsigned>(*count);
        return no_complaint;
    }

    string_view take_namespace() {
        if (rest_.empty() || rest_[0] != '/') return no_complaint;
        auto const comma = std::min(rest_.find(','), rest_.size());
        out_.nsp = rest_.substr(0, comma);
        rest_.remove_prefix(std::min(comma + 1, rest_.size()));
        if (revision_ == protocol::v4) split_query();
        return check_namespace();
    }

    string_view check_namespace() const noexcept {
        if (out_.nsp.size() > limits_.max_namespace) return "too long a namespace";
        if (!is_utf8(out_.nsp)) return "a namespace that is not UTF-8";
        return no_complaint;
    }

    void split_query() noexcept {
        auto const mark = out_.nsp.find('?');
        if (mark == string_view::npos) return;
        out_.query = out_.nsp.substr(mark + 1);
        out_.nsp = out_.nsp.substr(0, mark);
    }

    string_view take_id() {
        auto const digits = take_digits(rest_);
        if (digits.empty()) return no_complaint;
        out_.id = parse_digits(digits);
        return out_.id ? no_complaint : "an id beyond 64 bits";
    }

    string_view take_payload() {
        if (!rest_.empty()) {
            if (out_.type == packet_type::disconnect) return with_payload;
            if (check_json(rest_, std::min(limits_.max_depth, max_depth)))
                return "a payload that is not JSON, or nested too deep";
            out_.payload = detail::trimmed(rest_);
        }
        return take_shape();
    }

    string_view take_shape() {
        switch (out_.type) {
            case packet_type::connect: return check_connect();
            case packet_type::disconnect: return out_.payload.empty() ? no_complaint : with_payload;
            case packet_type::event:
            case packet_type::binary_event: return take_event();
            case packet_type::ack:
            case packet_type::binary_ack:
                return starts_with('[') || out_.payload.empty() ? no_complaint
                                                                : "an ACK that is no array";
            case packet_type::connect_error: return check_connect_error();
        }
        return no_complaint;
    }

    bool starts_with(char c) const noexcept { return out_.payload.starts_with(c); }

    string_view check_connect() const noexcept {
        if (out_.payload.empty()) return no_complaint;
        if (revision_ == protocol::v4) return "a CONNECT with a payload";
        return starts_with('{') ? no_complaint : "a CONNECT that is no object";
    }

    string_view check_connect_error() const noexcept {
        if (revision_ == protocol::v4) return no_complaint;  // ERROR holds anything
        return starts_with('{') || starts_with('"') ? no_complaint
                                                    : "a CONNECT_ERROR that is no object or string";
    }

    string_view take_event() {
        if (!starts_with('[')) return "an event that is no array";
        auto elements = detail::inside(out_.payload);
        auto const name = detail::take_value(elements);
        if (detail::is_number(name)) {
            out_.event = name;
            return no_complaint;
        }
        if (!name.starts_with('"')) return "an event without a name";
        detail::append_decoded(out_.event, name);
        return is_reserved(out_.event) ? "an event with a reserved name" : no_complaint;
    }

    static constexpr unsigned max_depth = 512;
    static constexpr string_view with_payload = "a DISCONNECT with a payload";

    string_view rest_;
    protocol revision_;
    decode_limits const& limits_;
    packet out_{};
};

// Sees whether each placeholder is right.
struct reference_check {
    std::size_t attachments = 0;
    bool right = true;

    bool mark() const noexcept { return right; }
    void add(anywire::detail::reference const& r, bool before) noexcept {
        right = before && r.number && *r.number < attachments;
    }
};

// What the placeholders name.
struct reference_numbers {
    static constexpr std::uint64_t wrong = std::numeric_limits<std::uint64_t>::max();
    boost::container::small_vector<std::uint64_t, 16> all{};

    std::size_t mark() const noexcept { return all.size(); }
    void add(anywire::detail::reference const& r, std::size_t before) {
        all.resize(before);
        all.push_back(r.number.value_or(wrong));
    }
};

}  // namespace

decoded decode_packet(string_view text, protocol revision, decode_limits const& limits) {
    return decoder(text, revision, limits).run();
}

string_view check_packet(packet& p, decode_limits const& limits) {
    return decoder({}, protocol::v5, limits).check(p);
}

bool has_sound_placeholders(string_view payload, std::size_t attachments) noexcept {
    reference_check check{.attachments = attachments};
    anywire::detail::reference_finder(payload, check);
    return check.right;
}

bool check_placeholders(string_view payload,
                        std::span<std::string const> attachments,
                        std::size_t most_named) {
    reference_numbers numbers;
    anywire::detail::reference_finder(payload, numbers);
    auto& all = numbers.all;
    if (all.size() > std::max(attachments.size(), most_named)) return false;
    std::sort(all.begin(), all.end());
    if (!all.empty() && all.back() >= attachments.size()) return false;
    std::size_t copied = 0;
    for (std::size_t i = 1; i < all.size(); ++i)
        if (all[i] == all[i - 1]) copied += attachments[static_cast<std::size_t>(all[i])].size();
    return copied <= max_copied_bytes;
}

void append_head(std::string& out,
                 packet_type type,
                 string_view nsp,
                 std::optional<std::uint64_t> id,
                 unsigned attachments) {
    BOOST_ASSERT(nsp.starts_with('/') && nsp.find(',') == nsp.npos);
    BOOST_ASSERT(attachments == 0 || is_binary(type));
    out.push_back(static_cast<char>('0' + static_cast<int>(type)));
    if (attachments != 0) out.append(std::to_string(attachments)).push_back('-');
    if (nsp != "/") out.append(nsp).push_back(',');
    if (id) out.append(std::to_string(*id));
}

}  // namespace anywire::socketio::wire
