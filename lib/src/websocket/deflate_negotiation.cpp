#include "core/ascii.hpp"
#include "websocket/deflate.hpp"

#include <algorithm>
#include <array>

namespace anywire::websocket {
namespace {

/// A place in a field; every step takes what it looks at, so a field is read once.
class cursor {
public:
    explicit cursor(std::string_view field) noexcept : rest_{field} {}

    bool at_end() const noexcept { return rest_.empty(); }

    bool take(char c) noexcept {
        skip_blanks();
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        skip_blanks();
        return true;
    }

    std::string_view take_token() noexcept {
        std::size_t n = 0;
        while (n < rest_.size() && is_token_char(rest_[n])) ++n;
        return take_front(n);
    }

    /// The inside of a quoted string, escapes left as they are; nothing when it does not close.
    std::optional<std::string_view> take_quoted() noexcept {
        for (std::size_t n = 1; n < rest_.size(); ++n) {
            if (rest_[n] == '"') return take_front(n + 1).substr(1, n - 1);
            if (rest_[n] == '\\') ++n;
        }
        return std::nullopt;
    }

    bool at_quote() const noexcept { return rest_.starts_with('"'); }

private:
    std::string_view take_front(std::size_t n) noexcept {
        auto const front = rest_.substr(0, n);
        rest_.remove_prefix(n);
        skip_blanks();
        return front;
    }

    void skip_blanks() noexcept {
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    }

    std::string_view rest_;
};

/// One parameter of an offer, in the order of the names below.
struct parameter {
    bool given = false;
    int bits = 0;  // 0 without a value
};

enum parameter_index : std::size_t { server_forgets, client_forgets, server_bits, client_bits };
constexpr std::array<std::string_view, 4> names{"server_no_context_takeover",
                                                "client_no_context_takeover",
                                                "server_max_window_bits",
                                                "client_max_window_bits"};

struct offer {
    bool acceptable = true;
    std::array<parameter, names.size()> parameters{};

    void add(std::string_view name, std::optional<std::string_view> value) noexcept;
};

/// A window's bits, 8 to 15 without leading zeros; 0 for anything else.
int parse_bits(std::string_view value) noexcept {
    if (value == "8" || value == "9") return value[0] - '0';
    if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
        return 10 + value[1] - '0';
    return 0;
}

void offer::add(std::string_view name, std::optional<std::string_view> value) noexcept {
    auto const i =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (i == names.size() || parameters[i].given) {
        acceptable = false;
        return;
    }
    auto& p = parameters[i];
    p.given = true;
    if (value) p.bits = parse_bits(*value);
    bool const may_have_value = i == server_bits || i == client_bits;
    bool const must_have_value = i == server_bits;
    if (value ? !may_have_value || p.bits == 0 : must_have_value) acceptable = false;
}

/// The next offer of any extension; nothing when the field is malformed here.
std::optional<offer> take_offer(cursor& at) noexcept {
    offer o;
    auto const name = at.take_token();
    if (name.empty()) return std::nullopt;
    o.acceptable = name == "permessage-deflate";
    while (at.take(';')) {
        auto const key = at.take_token();
        if (key.empty()) return std::nullopt;
        std::optional<std::string_view> value;
        if (at.take('=')) {
            value = at.at_quote() ? at.take_quoted() : at.take_token();
            if (!value) return std::nullopt;
        }
        o.add(key, value);
    }
    if (!at.at_end() && !at.take(',')) return std::nullopt;
    return o;
}

/// What an acceptable offer and our own wishes come to.
deflate_params agree(offer const& o, deflate_options const& options) noexcept {
    deflate_params p;
    p.server_no_context_takeover =
        options.server_no_context_takeover || o.parameters[server_forgets].given;
    p.client_no_context_takeover =
        options.client_no_context_takeover || o.parameters[client_forgets].given;
    p.server_max_window_bits = std::clamp(options.server_max_window_bits, 9, 15);
    if (auto const& asked = o.parameters[server_bits]; asked.given)
        p.server_max_window_bits = std::min(p.server_max_window_bits, asked.bits);
    if (auto const& able = o.parameters[client_bits]; able.given)
        p.client_max_window_bits = std::min(std::clamp(options.client_max_window_bits, 9, 15),
                                            able.bits == 0 ? 15 : able.bits);
    return p;
}

void write_response(std::string& out, deflate_params const& p, bool server_bits_asked) {
    out = "permessage-deflate";
    auto const add = [&out](std::string_view name) { out.append("; ").append(name); };
    auto const add_bits = [&](std::string_view name, int bits) {
        add(name);
        out.append("=").append(std::to_string(bits));
    };
    if (p.server_no_context_takeover) add(names[server_forgets]);
    if (p.client_no_context_takeover) add(names[client_forgets]);
    if (server_bits_asked || p.server_max_window_bits < 15)
        add_bits(names[server_bits], p.server_max_window_bits);
    if (p.client_max_window_bits < 15) add_bits(names[client_bits], p.client_max_window_bits);
}

}  // namespace

std::optional<deflate_params> negotiate_deflate(std::string_view sec_websocket_extensions,
                                                deflate_options const& options,
                                                std::string& response) {
    response.clear();
    if (!options.enabled) return std::nullopt;
    cursor at{sec_websocket_extensions};
    for (;;) {
        while (at.take(',')) continue;  // a list may have empty elements
        if (at.at_end()) return std::nullopt;
        auto const o = take_offer(at);
        if (!o) return std::nullopt;
        if (!o->acceptable || o->parameters[server_bits].bits == 8) continue;
        auto const agreed = agree(*o, options);
        write_response(response, agreed, o->parameters[server_bits].given);
        return agreed;
    }
}

}  // namespace anywire::websocket
