#include "client/settings.hpp"

#include "core/ascii.hpp"
#include "core/base64.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <utility>

namespace anywire {
namespace {

using namespace std::literals;
using carriers = std::vector<client_carrier>;

constexpr auto all_carriers = std::array{client_carrier::websocket,
                                         client_carrier::xhr_streaming,
                                         client_carrier::eventsource,
                                         client_carrier::xhr_polling,
                                         client_carrier::polling};

carriers carriers_of(client_dialect d) {
    switch (d) {
        case client_dialect::websocket: return {client_carrier::websocket};
        case client_dialect::sockjs: return {all_carriers.begin(), all_carriers.end() - 1};
        case client_dialect::engineio: return {client_carrier::polling, client_carrier::websocket};
    }
    return {};
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte == 0x7f || (byte < 0x20 && c != '\t');
    });
}

/// Fields that requests have anyway, or that would change where they end.
bool is_ours(std::string_view name) {
    constexpr std::array names{"host"sv,
                               "upgrade"sv,
                               "connection"sv,
                               "content-length"sv,
                               "content-type"sv,
                               "transfer-encoding"sv,
                               "te"sv,
                               "expect"sv,
                               "proxy-authorization"sv};
    return istarts_with(name, "sec-websocket-") ||
           std::ranges::any_of(names, [&](auto n) { return iequals(name, n); });
}

/// The longest header of the PROXY protocol: 16 bytes, and as many as two more can count.
constexpr std::size_t max_preamble = 16 + 65'535;

bool are_protocols(std::span<std::string const> names) {
    for (auto n = names.begin(); n != names.end(); ++n)
        if (!is_token(*n) || std::find(names.begin(), n, *n) != n) return false;
    return true;
}

/// What is wrong with a field, as the end of a sentence; empty when nothing is.
std::string wrong_of(client_field const& f) {
    if (!is_token(f.name) || !is_field_value(f.value))
        return " has a name or a value that HTTP has not: \"" + f.name.substr(0, 100) + "\"";
    if (is_ours(f.name)) return " has one that requests have anyway: " + f.name;
    return {};
}

/// Each sets the text of what is wrong, in one sentence, and says whether it did.
class checker {
public:
    explicit checker(client_settings& of) : to_(of), o_(of.options) {}

    std::string run() {
        static_cast<void>(check_url() && check_transports() && check_fields() && check_times() &&
                          check_limits() && check_network());
        return std::move(wrong_);
    }

private:
    template <class... Parts>
    bool say(Parts const&... parts) {
        (wrong_.append(parts), ...);
        return false;
    }

    bool check_url() {
        auto url = parse_url(o_.url);
        if (!url)
            return say(
                "client_options::url is not a URL of ws, wss, http or https, without a "
                "fragment: \"",
                std::string_view(o_.url).substr(0, 200),
                "\"");
        to_.url = std::move(*url);
        auto& path = to_.url.path;
        if (o_.dialect == client_dialect::engineio) {
            if (path == "/") path = "/engine.io/";
            if (!path.ends_with('/')) path.push_back('/');
        } else if (o_.dialect == client_dialect::sockjs) {
            while (path.ends_with('/')) path.pop_back();
        }
        auto const is_query = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
        if (!std::ranges::all_of(o_.query, is_query) || o_.query.starts_with('?') ||
            o_.query.size() > 8'192)
            return say(
                "client_options::query is encoded fields, \"a=b&c=d\", of 8 192 bytes at "
                "most");
        to_.query = std::exchange(to_.url.query, {});
        if (!to_.query.empty() && !o_.query.empty()) to_.query.push_back('&');
        to_.query += o_.query;
        return true;
    }

    bool check_transports() {
        auto const known = carriers_of(o_.dialect);
        for (auto const& name : o_.transports) {
            auto const is_it = [&](auto c) { return to_string(c) == name; };
            auto const found = std::ranges::find_if(known, is_it);
            if (found == known.end())
                return say(
                    "client_options::transports names one that the dialect does not have: "
                    "\"",
                    std::string_view(name).substr(0, 100),
                    "\"");
            if (to_.has_carrier(*found))
                return say("client_options::transports names ", name, " twice");
            to_.carriers.push_back(*found);
        }
        if (to_.carriers.empty()) to_.carriers = known;
        if (o_.revision != 3 && o_.revision != 4) return say("client_options::revision is 3 or 4");
        return true;
    }

    bool check_fields() {
        if (!are_protocols(o_.protocols))
            return say("client_options::protocols are tokens of HTTP, none of them twice");
        for (auto const& f : o_.headers) {
            if (auto const wrong = wrong_of(f); !wrong.empty())
                return say("client_options::headers", wrong);
            to_.fields.push_back({f.name, f.value});
        }
        return true;
    }

    bool check_times() {
        struct named {
            std::string_view name;
            std::chrono::milliseconds value;
            bool may_be_zero;
        };
        for (auto const& t : std::initializer_list<named>{
                 {"connect_timeout", o_.connect_timeout, false},
                 {"ping_interval", o_.ping_interval, true},
                 {"ping_timeout", o_.ping_timeout, false},
                 {"close_handshake", o_.close_handshake, false},
                 {"race_after", o_.race_after, true},
                 {"reconnect.delay", o_.reconnect.delay, true},
                 {"reconnect.delay_max", o_.reconnect.delay_max, true},
                 {"network.keep_alive", o_.network.keep_alive, true},
                 {"network.next_address", o_.network.next_address, true}}) {
            if (t.value.count() < 0 || t.value > std::chrono::hours{24 * 365} ||
                (t.value.count() == 0 && !t.may_be_zero))
                return say("client_options::",
                           t.name,
                           t.may_be_zero ? " is from 0 to a year" : " is from 1 ms to a year");
        }
        if (o_.reconnect.delay_max < o_.reconnect.delay)
            return say("client_options::reconnect.delay_max is reconnect.delay or more");
        if (!(o_.reconnect.jitter >= 0 && o_.reconnect.jitter <= 1))
            return say("client_options::reconnect.jitter is from 0 to 1");
        return true;
    }

    bool check_limits() {
        constexpr auto most = std::size_t{1} << 30;
        if (o_.limits.max_message == 0 || o_.limits.max_message > most)
            return say("client_options::limits.max_message is from 1 byte to 1 GiB");
        if (o_.limits.max_body < 4'096 || o_.limits.max_body > most)
            return say("client_options::limits.max_body is from 4 096 bytes to 1 GiB");
        if (o_.limits.max_head < 1'024 || o_.limits.max_head > most)
            return say("client_options::limits.max_head is from 1 024 bytes to 1 GiB");
        return true;
    }

    bool check_network() {
        auto const is_hash = [](std::string const& key) {
            auto const bytes = decode_base64(key);
            return bytes && bytes->size() == 32;
        };
        auto const& n = o_.network;
        if (!std::ranges::all_of(n.tls.pinned_keys, is_hash))
            return say("client_options::network.tls.pinned_keys are SHA-256 in base64");
        if (n.tls.certificate.empty() != n.tls.key.empty())
            return say("client_options::network.tls.certificate and tls.key go together");
        constexpr std::size_t max_socket_path = 107;
        if (n.unix_socket.size() > max_socket_path)
            return say("client_options::network.unix_socket is a path of 107 bytes at most");
        if (n.preamble.size() > max_preamble)
            return say("client_options::network.preamble has 65 551 bytes at most");
        return true;
    }

    client_settings& to_;
    client_options const& o_;
    std::string wrong_{};
};

}  // namespace

std::string_view to_string(client_carrier c) noexcept {
    switch (c) {
        case client_carrier::websocket: return "websocket";
        case client_carrier::xhr_streaming: return "xhr-streaming";
        case client_carrier::eventsource: return "eventsource";
        case client_carrier::xhr_polling: return "xhr-polling";
        case client_carrier::polling: return "polling";
    }
    return "unknown";
}

bool client_settings::has_carrier(client_carrier c) const noexcept {
    return std::ranges::find(carriers, c) != carriers.end();
}

websocket::deflate_options client_settings::deflate() const noexcept {
    websocket::deflate_options out;
    out.enabled = options.compress;
    return out;
}

checked_settings check_settings(client_options options) {
    auto s = std::make_shared<client_settings>();
    s->options = std::move(options);
    auto wrong = checker(*s).run();
    if (!wrong.empty()) return {{}, std::move(wrong)};
    return {std::move(s), {}};
}

std::string check_particulars(client_particulars const& own, client_settings const& settings) {
    if (own.preamble.size() > max_preamble)
        return "client_particulars::preamble has 65 551 bytes at most";
    if (!are_protocols(own.protocols))
        return "client_particulars::protocols are tokens of HTTP, none of them twice";
    for (auto const& f : own.headers)
        if (auto const wrong = wrong_of(f); !wrong.empty())
            return "client_particulars::headers" + wrong;
    if (own.target.empty()) return {};
    if (settings.options.dialect != client_dialect::websocket)
        return "client_particulars::target is for plain WebSockets";
    if (!own.target.starts_with('/') || !parse_url(settings.url.origin() + own.target))
        return "client_particulars::target is not a path, percent-encoded, with its query: \"" +
               own.target.substr(0, 200) + "\"";
    return {};
}

}  // namespace anywire
