#include <anywire/socketio/json.hpp>

#include "core/json_check.hpp"
#include "socketio/packet.hpp"
#include "support/json_oracle.hpp"
#include "support/json_walk.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

using namespace anywire;
using namespace anywire::socketio;

namespace {

struct point {
    double x = 0;
    std::optional<int> y{};
    std::vector<point> more{};
};

struct anything {
    std::variant<std::monostate,
                 bool,
                 std::int64_t,
                 std::uint64_t,
                 double,
                 std::string,
                 std::vector<std::byte>,
                 std::vector<anything>,
                 std::map<std::string, anything>>
        value{};
};

void require(bool claim) {
    if (!claim) std::abort();
}

}  // namespace

namespace anywire {

template <>
struct convert<point>
    : object<point, field{"x", &point::x}, field{"y", &point::y}, field{"more", &point::more}> {};

template <>
struct convert<anything> {
    static bool read(json_view in, anything& out) { return read_value(in, out.value); }
    static void write(json_writer& out, anything const& v) { write_value(out, v.value); }
    static std::string_view expected() { return "anything"; }
};

}  // namespace anywire

namespace {

// Numbers say the same in every form they are asked for, and as the C library reads them.
void check_number(json_view v) {
    auto const text = std::string(v.text());
    auto const exact = std::strtold(text.c_str(), nullptr);
    if (auto const i = v.as_int64()) require(static_cast<long double>(*i) == exact);
    if (auto const u = v.as_uint64()) require(static_cast<long double>(*u) == exact);
    auto const d = v.as_double();
    auto const nearest = std::strtod(text.c_str(), nullptr);
    auto const infinite = nearest - nearest != 0;
    require(d ? *d == nearest : infinite);
    auto const digits =
        std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    // Few enough that the long double is exact, if it did not become zero for being too small.
    if (digits > 18 || (exact == 0 && text.find_first_of("eE") != text.npos) ||
        !(nearest > -1e15 && nearest < 1e15))
        return;
    auto const integral = exact == static_cast<long double>(static_cast<std::int64_t>(exact));
    require(v.as_int64().has_value() == integral);
}

void check_parts(json_view v) {
    if (v.kind() == json_kind::number) return check_number(v);
    if (auto const text = v.as_string()) {
        require(test::is_valid_utf8(*text) && v.equals(*text) && !v.equals(*text + "x"));
    }
    for (auto const e : v.elements()) {
        require(!check_json(e.text()));
        check_parts(e);
    }
    for (auto const m : v.members()) {
        require(!check_json(m.value.text()) && m.key.as_string().has_value());
        require(v.find(*m.key.as_string()).has_value());
        check_parts(m.value);
    }
}

// Written again by its parts, copied, and kept: it always means the same.
void check_copies(json_view v) {
    auto const meant = test::meaning(v);
    std::string text;
    json_writer out(text);
    test::rewrite(out, v);
    require(!check_json(text));
    require(test::meaning(json_view(text, out.attachments())) == meant);
    json_value const kept = v;
    require(!check_json(kept.view().text()) && test::meaning(kept.view()) == meant);
}

template <class T>
void check_type(json_view v) {
    T value{};
    if (!read_value(v, value)) return;
    std::string text;
    json_writer out(text);
    write_value(out, value);
    require(!check_json(text));
    T again{};
    require(read_value(json_view(text, out.attachments()), again));
    std::string second;
    json_writer out2(second);
    write_value(out2, again);
    require(text == second && out.attachments() == out2.attachments());
}

void check_arguments(json_view v) {
    arguments const in(v.kind() == json_kind::array ? v.text() : "[]", v.attachments());
    std::tuple<std::optional<int>, std::string, arguments> out;
    auto const wrong = decode_arguments(in, out);
    if (!wrong) return require(std::get<2>(out).size() + 2 == in.size());
    require(wrong->index == 1 || wrong->index == 2);
    require(to_message(*wrong).starts_with("argument "));
}

// Text that was never checked is walked without harm.
void walk(std::string_view text, std::vector<std::string> const& attachments) {
    json_view const v(text, attachments);
    for (auto const e : v.elements()) static_cast<void>(e.as_string());
    for (auto const m : v.members()) static_cast<void>(m.key.as_string());
    static_cast<void>(v.as_int64());
    static_cast<void>(v.as_double());
    arguments const all(text, attachments, true);
    require(all.size() <= text.size());
    std::string out;
    json_writer(out).raw(v);
    static_cast<void>(wire::check_placeholders(text, attachments));
}

void check(json_view v) {
    check_parts(v);
    check_copies(v);
    check_type<anything>(v);
    check_type<point>(v);
    check_arguments(v);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    static std::vector<std::string> const attachments{"zero", std::string("\0one", 4)};
    walk(text, attachments);
    // The check of parts reads them once for each level above and more: so fewer levels than usual.
    if (size > 2000 || check_json(text, 20)) return 0;

    check(json_view(text));
    if (wire::has_sound_placeholders(text, attachments.size())) check(json_view(text, attachments));
    return 0;
}
