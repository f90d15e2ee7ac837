#include "nearest_name.hpp"
#include "settings_reader.hpp"
#include "substitution.hpp"
#include "written_settings.hpp"

#include <algorithm>
#include <utility>

namespace anywire::gateway {
namespace {

using kind = toml_value::kind;

std::string_view name_of(kind k) noexcept {
    switch (k) {
        case kind::boolean: return "true or false";
        case kind::integer: return "a whole number";
        case kind::real: return "a number with a point";
        case kind::text: return "a text";
        case kind::time: return "a date or a time of day";
        case kind::array: return "a list";
        case kind::table: break;
    }
    return "a table";
}

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

/// The headers of all tables that have a setting of this name: "[route.health]".
std::string tables_with(std::string_view name) {
    gateway_settings s;
    s.listeners.emplace_back().tls.more.emplace_back();
    s.systemd.emplace_back();
    s.routes.emplace_back().backends.emplace_back();
    std::string out;
    bool is_list = false;
    for (auto const& w : written(s)) {
        if (w.what != written_setting::kind::value) {
            is_list = w.what == written_setting::kind::item;
            continue;
        }
        auto const key = header_name(w.key);
        auto const dot = key.rfind('.');
        if (dot == key.npos || key.substr(dot + 1) != name) continue;
        auto const table = key.substr(0, dot);
        if (!out.empty()) out.append(" or ");
        out.append(is_list ? "[[" : "[").append(table).append(is_list ? "]]" : "]");
    }
    return out;
}

std::string shown_table(std::string_view path) {
    auto const name = header_name(path);
    auto const is_item = path.ends_with(']');
    return (is_item ? "[[" : "[") + name + (is_item ? "]]" : "]");
}

}  // namespace

settings_reader::settings_reader(toml_value const& root,
                                 std::string_view name,
                                 settings_source const& from,
                                 settings_reading& out)
    : name_(name), from_(from), out_(out) {
    frames_.push_back({.table = &root});
}

void settings_reader::finish() {
    complain_unknown(frames_.back());
    std::ranges::stable_sort(
        problems_, {}, [](auto const& p) { return std::pair(std::get<0>(p), std::get<1>(p)); });
    for (auto& p : problems_) out_.problems.push_back(std::move(std::get<2>(p)));
    problems_.clear();
}

// -- values ---------------------------------------------------------------------------------------

std::string settings_reader::below(std::string_view key) const {
    auto const& path = frames_.back().path;
    return std::string(path).append(path.empty() ? "" : ".").append(key);
}

std::string settings_reader::place(std::uint32_t line, std::uint32_t column) const {
    return name_ + ":" + std::to_string(line) + ":" + std::to_string(column);
}

void settings_reader::note(std::string const& path, toml_value const& v) {
    out_.origins.set(path, place(v.line, v.column));
}

void settings_reader::add_problem(
    toml_value const& at, std::string path, std::string text, std::string remedy, bool is_name) {
    auto const line = is_name ? at.name_line : at.line;
    auto const column = is_name ? at.name_column : at.column;
    out_.origins.set(path, place(line, column));
    problems_.emplace_back(
        line,
        column,
        settings_problem{
            .key = std::move(path), .text = std::move(text), .remedy = std::move(remedy)});
}

void settings_reader::add_wrong_type(toml_value const& v,
                                     std::string const& path,
                                     std::string_view what,
                                     std::string_view example) {
    auto const key = path.substr(path.rfind('.') + 1);
    add_problem(v,
                path,
                key + " is " + std::string(name_of(v.what)) + ", not " + std::string(what),
                "write " + key + " = " + std::string(example));
}

toml_value const* settings_reader::take(std::string_view key) {
    auto& f = frames_.back();
    f.known.emplace_back(key);
    auto const* const v = f.table ? f.table->find(key) : nullptr;
    if (!v) return nullptr;
    auto path = below(key);
    note(path, *v);
    out_.keys.push_back(std::move(path));
    return v;
}

toml_value const* settings_reader::take(std::string_view key,
                                        toml_value::kind wanted,
                                        std::string_view what,
                                        std::string_view example) {
    auto const* const v = take(key);
    if (!v || v->what == wanted) return v;
    add_wrong_type(*v, below(key), what, example);
    return nullptr;
}

bool settings_reader::read_text(toml_value const& v, std::string const& path, std::string& to) {
    std::string error;
    std::string remedy;
    std::string text;
    if (!substitute(v.text, from_, text, error, remedy)) {
        add_problem(v, path, std::move(error), std::move(remedy));
        return false;
    }
    if (std::ranges::any_of(text, is_control)) {
        add_problem(v,
                    path,
                    path.substr(path.rfind('.') + 1) + " holds a control character",
                    "write it without line ends and tabs");
        return false;
    }
    to = std::move(text);
    return true;
}

// -- tables ---------------------------------------------------------------------------------------

void settings_reader::begin_table(std::string_view key) {
    auto const* v = take(key);
    auto path = below(key);
    if (v && v->what != kind::table) {
        add_problem(*v,
                    path,
                    std::string(key) + " is " + std::string(name_of(v->what)) + ", not a table",
                    "write " + shown_table(path));
        v = nullptr;
    }
    frames_.push_back({.table = v, .path = std::move(path)});
}

void settings_reader::end_table() {
    complain_unknown(frames_.back());
    frames_.pop_back();
}

std::size_t settings_reader::begin_list(std::string_view key,
                                        std::size_t,
                                        std::string_view short_key,
                                        std::string_view short_item) {
    list to{.path = below(key)};
    auto const* const v = take(key);
    auto const* const texts = short_key.empty() ? nullptr : take(short_key);
    if (v) take_items(*v, key, to);
    if (texts && v)
        add_problem(*texts,
                    below(short_key),
                    "both " + std::string(short_key) + " and " + std::string(key) + " are there",
                    "leave one of them out");
    else if (texts)
        take_short_items(*texts, short_key, short_item, to);
    lists_.push_back(std::move(to));
    return lists_.back().items.size();
}

void settings_reader::take_items(toml_value const& v, std::string_view key, list& to) {
    auto const header = "write [[" + header_name(to.path) + "]]";
    if (v.what == kind::table)
        return add_problem(
            v, to.path, std::string(key) + " is one table, and there may be several", header);
    if (v.what != kind::array)
        return add_problem(
            v,
            to.path,
            std::string(key) + " is " + std::string(name_of(v.what)) + ", not a list of tables",
            header);
    for (auto const& item : v.items) {
        if (item.what == kind::table)
            to.items.push_back(&item);
        else
            add_problem(item,
                        to.path,
                        std::string(key) + " has an item that is " +
                            std::string(name_of(item.what)) + ", not a table",
                        header);
    }
}

void settings_reader::take_short_items(toml_value const& v,
                                       std::string_view key,
                                       std::string_view item_key,
                                       list& to) {
    if (v.what != kind::array)
        return add_wrong_type(v,
                              below(key),
                              "a list of texts",
                              v.what == kind::text ? "[" + toml_text(v.text) + "]" : "[\"...\"]");
    for (auto const& text : v.items) {
        auto& made = made_.emplace_back();
        made.line = text.line;
        made.column = text.column;
        auto& item = made.items.emplace_back(text);
        item.name = item_key;
        to.items.push_back(&made);
    }
}

void settings_reader::begin_item(std::size_t index) {
    auto const& l = lists_.back();
    auto path = l.path + "[" + std::to_string(index) + "]";
    note(path, *l.items[index]);
    frames_.push_back({.table = l.items[index], .path = std::move(path)});
}

// -- what nobody has asked for --------------------------------------------------------------------

void settings_reader::complain_unknown(frame const& f) {
    if (!f.table) return;
    for (auto const& item : f.table->items) {
        if (std::ranges::find(f.known, item.name) != f.known.end()) continue;
        auto const name = toml_text(item.name);
        auto const bare = name.substr(1, name.size() - 2);
        add_problem(item,
                    f.path.empty() ? item.name : f.path + "." + item.name,
                    f.path.empty() ? "there is no setting '" + bare + "'"
                                   : shown_table(f.path) + " has no setting '" + bare + "'",
                    remedy_for(item.name, f),
                    true);
    }
}

std::string settings_reader::remedy_for(std::string_view word, frame const& f) const {
    if (auto const near = nearest_name(word, f.known); !near.empty())
        return "did you mean '" + std::string(near) + "'?";
    if (auto const tables = tables_with(word); !tables.empty()) return "it belongs in " + tables;
    return "leave it out; docs/gateway.md lists all settings";
}

}  // namespace anywire::gateway
