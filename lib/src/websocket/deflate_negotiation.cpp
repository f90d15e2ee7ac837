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
    bool is_deflate = true;
    bool acceptable = true;  // it is, and its parameters are legal in an offer
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
    o.acceptable = o.is_deflate = name == "permessage-deflate";
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

int window_bits(int wanted) noexcept {
    return std::clamp(wanted, 9, 15);
}

/// What an acceptable offer and our own wishes come to.
deflate_params agree(offer const& o, deflate_options const& options) noexcept {
    deflate_params p;
    p.server_no_context_takeover =
        options.server_no_context_takeover || o.parameters[server_forgets].given;
    p.client_no_context_takeover =
        options.client_no_context_takeover || o.parameters[client_forgets].given;
    p.server_max_window_bits = window_bits(options.server_max_window_bits);
    if (auto const& asked = o.parameters[server_bits]; asked.given)
        p.server_max_window_bits = std::min(p.server_max_window_bits, asked.bits);
    if (auto const& able = o.parameters[client_bits]; able.given)
        p.client_max_window_bits =
            std::min(window_bits(options.client_max_window_bits), able.bits == 0 ? 15 : able.bits);
    return p;
}

void append_parameter(std::string& out, parameter_index which, int bits = 0) {
    out.append("; ").append(names[which]);
    if (bits != 0) out.append("=").append(std::to_string(bits));
}

void write_response(std::string& out, deflate_params const& p, bool server_bits_asked) {
    out = "permessage-deflate";
    if (p.server_no_context_takeover) append_parameter(out, server_forgets);
    if (p.client_no_context_takeover) append_parameter(out, client_forgets);
    if (server_bits_asked || p.server_max_window_bits < 15)
        append_parameter(out, server_bits, p.server_max_window_bits);
    if (p.client_max_window_bits < 15) append_parameter(out, client_bits, p.client_max_window_bits);
}

/// What is wrong with the parameters a server chose, each of which is legal in an offer.
std::string_view problem_of_chosen(offer const& chosen, deflate_options const& options) noexcept {
    auto const& p = chosen.parameters;
    if (options.server_no_context_takeover && !p[server_forgets].given)
        return "the server keeps its context, though asked not to";
    auto const server_most = window_bits(options.server_max_window_bits);
    if (server_most < 15 && !p[server_bits].given)
        return "the server's window was asked to be smaller, and is not";
    if (p[server_bits].bits > server_most) return "the server's window is larger than asked for";
    if (p[client_bits].given && p[client_bits].bits == 0)
        return "the server chose no size for the client's window";
    if (p[client_bits].bits > window_bits(options.client_max_window_bits))
        return "the client's window is to be larger than it can be";
    return {};
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

void append_deflate_offer(std::string& out, deflate_options const& options) {
    if (!options.enabled) return;
    out.append("permessage-deflate");
    if (options.server_no_context_takeover) append_parameter(out, server_forgets);
    if (options.client_no_context_takeover) append_parameter(out, client_forgets);
    if (auto const bits = window_bits(options.server_max_window_bits); bits < 15)
        append_parameter(out, server_bits, bits);
    // Without a value: whatever the server likes.
    auto const bits = window_bits(options.client_max_window_bits);
    append_parameter(out, client_bits, bits < 15 ? bits : 0);
}

deflate_answer check_deflate_answer(std::string_view sec_websocket_extensions,
                                    deflate_options const& options) noexcept {
    cursor at{sec_websocket_extensions};
    while (at.take(',')) continue;  // a list may have empty elements
    if (at.at_end()) return {};
    auto const chosen = take_offer(at);
    if (!chosen) return {.wrong = "Sec-WebSocket-Extensions is not a list of extensions"};
    if (!chosen->is_deflate || !options.enabled)
        return {.wrong = "the server chose an extension that was not offered"};
    if (!chosen->acceptable)
        return {.wrong =
                    "the server chose parameters of permessage-deflate that do not exist, "
                    "twice, or with a value that is not valid"};
    while (at.take(',')) continue;
    if (!at.at_end()) return {.wrong = "the server chose more than one extension"};
    auto const wrong = problem_of_chosen(*chosen, options);
    if (!wrong.empty()) return {.wrong = wrong};

    auto const& p = chosen->parameters;
    deflate_params agreed{.server_no_context_takeover = p[server_forgets].given,
                          // A client may always forget, whether or not the server knows.
                          .client_no_context_takeover =
                              p[client_forgets].given || options.client_no_context_takeover};
    if (p[server_bits].given) agreed.server_max_window_bits = p[server_bits].bits;
    agreed.client_max_window_bits =
        p[client_bits].given ? p[client_bits].bits : window_bits(options.client_max_window_bits);
    return {.agreed = agreed};
}

}  // namespace anywire::websocket
