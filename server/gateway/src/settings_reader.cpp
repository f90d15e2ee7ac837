#include "settings_reader.hpp"

#include "nearest_name.hpp"
#include "quantity.hpp"
#include "substitution.hpp"
#include "written_settings.hpp"

#include <algorithm>
#include <utility>

namespace anywire::gateway {
namespace {

using kind = toml_value::kind;

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

/// As an error shows it: not all of a long one.
std::string shown(std::string_view text) {
    constexpr std::size_t most = 60;
    return text.size() <= most ? toml_text(text) : toml_text(text.substr(0, most)) + "...";
}

std::string assignment(std::string_view key, std::string_view value) {
    return "write " + std::string(key) + " = " + std::string(value);
}

/// A list of all of them, as a file has it.
std::string list_of(std::span<named_flag const> all) {
    std::string out;
    for (auto const& f : all) out.append(out.empty() ? "[" : ", ").append(toml_text(f.name));
    return out.append("]");
}

}  // namespace

// -- what can be written in one way ---------------------------------------------------------------

void settings_reader::flag(std::string_view key, bool& to) {
    if (auto const* const v = take(key, kind::boolean, "true or false", to ? "true" : "false"))
        to = v->boolean;
}

void settings_reader::number(std::string_view key, std::uint64_t& to, std::uint64_t most) {
    auto const* const v = take(key, kind::integer, "a whole number", std::to_string(to));
    if (!v) return;
    most = std::min<std::uint64_t>(most, INT64_MAX);
    if (v->integer < 0 || static_cast<std::uint64_t>(v->integer) > most)
        return add_problem(*v,
                           below(key),
                           std::string(key) + " is " + std::to_string(v->integer),
                           "write a number from 0 to " + std::to_string(most));
    to = static_cast<std::uint64_t>(v->integer);
}

void settings_reader::size(std::string_view key, std::uint64_t& to, std::uint64_t most) {
    auto const* const v = take(key);
    if (!v) return;
    std::optional<std::uint64_t> n;
    if (v->what == kind::integer && v->integer >= 0) n = static_cast<std::uint64_t>(v->integer);
    std::string text;
    if (v->what == kind::text) {
        if (!read_text(*v, below(key), text)) return;
        n = parse_size(text);
    }
    if (n && *n <= most) {
        to = *n;
        return;
    }
    if (v->what != kind::text && v->what != kind::integer)
        return add_wrong_type(*v, below(key), "a number of bytes", toml_text(size_text(to)));
    add_problem(*v,
                below(key),
                std::string(key) + " is no number of bytes: " +
                    (v->what == kind::text ? shown(text) : std::to_string(v->integer)),
                "write it as 65536, \"64k\" or \"1M\"");
}

void settings_reader::duration(std::string_view key, std::chrono::milliseconds& to) {
    auto const* const v = take(key);
    if (!v) return;
    std::string text;
    if (v->what == kind::text) {
        if (!read_text(*v, below(key), text)) return;
        if (auto const d = parse_duration(text)) {
            to = *d;
            return;
        }
        return add_problem(*v,
                           below(key),
                           std::string(key) + " is no time: " + shown(text),
                           "write it as \"250ms\", \"10s\", \"5m\" or \"1h\"");
    }
    if (v->what != kind::integer)
        return add_wrong_type(*v, below(key), "a time", toml_text(duration_text(to)));
    if (v->integer == 0) {
        to = std::chrono::milliseconds(0);
        return;
    }
    auto const n = std::to_string(v->integer);
    add_problem(*v,
                below(key),
                std::string(key) + " is a time without a unit",
                v->integer > 0 ? "write \"" + n + "s\" or \"" + n + "ms\""
                               : "write it as \"250ms\" or \"10s\"");
}

void settings_reader::mode(std::string_view key, std::uint32_t& to) {
    auto const* const v = take(key, kind::integer, "a number in octal", "0o660");
    if (!v) return;
    if (!v->is_octal || v->integer < 0 || v->integer > 0777)
        return add_problem(*v,
                           below(key),
                           std::string(key) + " is not a file's permissions",
                           "write them in octal, as 0o660");
    to = static_cast<std::uint32_t>(v->integer);
}

void settings_reader::text(std::string_view key, std::string& to) {
    auto const* const v = take(key, kind::text, "a text", toml_text(to));
    if (v) read_text(*v, below(key), to);
}

void settings_reader::secret(std::string_view key, std::string& to) {
    auto const file_key = std::string(key) + "_file";
    auto const* const v = take(key, kind::text, "a text", "\"${NAME}\"");
    auto const* const file = take(file_key, kind::text, "a text", "\"/run/secrets/NAME\"");
    if (v && file)
        return add_problem(*file,
                           below(file_key),
                           "both " + std::string(key) + " and " + file_key + " are there",
                           "leave one of them out");
    if (v) read_text(*v, below(key), to);
    if (!file) return;
    note(below(key), *file);
    read_secret_file(*file, below(file_key), to);
}

void settings_reader::read_secret_file(toml_value const& v,
                                       std::string const& path,
                                       std::string& to) {
    std::string name;
    std::string error;
    if (!read_text(v, path, name)) return;
    if (!from_.file || !from_.file(name, to, error)) {
        to.clear();
        return add_problem(
            v, path, error, "name a file that the gateway's user may read, with the secret alone");
    }
    if (to.ends_with('\n')) to.pop_back();
    if (to.ends_with('\r')) to.pop_back();
    if (to.empty() || std::ranges::any_of(to, is_control))
        add_problem(v,
                    path,
                    "'" + name + "' is empty, or has more than one line",
                    "put the secret into it, alone");
}

void settings_reader::choice(std::string_view key,
                             std::size_t& to,
                             std::span<std::string_view const> names) {
    auto const* const v = take(key, kind::text, "a text", toml_text(names[to]));
    std::string text;
    if (!v || !read_text(*v, below(key), text)) return;
    auto const found = std::ranges::find(names, std::string_view(text));
    if (found != names.end()) {
        to = static_cast<std::size_t>(found - names.begin());
        return;
    }
    std::string all;
    for (auto const n : names) all.append(all.empty() ? "" : " or ").append(toml_text(n));
    add_problem(*v, below(key), std::string(key) + " cannot be " + shown(text), "write " + all);
}

// -- lists and pairs of texts ---------------------------------------------------------------------

void settings_reader::texts(std::string_view key, std::vector<std::string>& to) {
    auto const* const v = take(key);
    if (!v) return;
    if (v->what != kind::array) {
        auto const example = v->what == kind::text ? "[" + toml_text(v->text) + "]" : "[\"...\"]";
        return add_wrong_type(*v, below(key), "a list of texts", example);
    }
    to.clear();
    for (std::size_t i = 0; i < v->items.size(); ++i) {
        auto const& item = v->items[i];
        auto const path = below(key) + "[" + std::to_string(i) + "]";
        note(path, item);
        std::string text;
        if (item.what != kind::text)
            add_problem(item,
                        path,
                        std::string(key) + " has an item that is not a text",
                        "put each item in quotes");
        else if (read_text(item, path, text))
            to.push_back(std::move(text));
        else
            to.emplace_back();  // so that those after it keep their indices
    }
}

void settings_reader::pairs(std::string_view key,
                            std::vector<std::pair<std::string, std::string>>& to) {
    auto const* const v = take(key);
    if (!v) return;
    if (v->what != kind::table)
        return add_wrong_type(*v, below(key), "a table of texts", "{ NAME = \"VALUE\" }");
    to.clear();
    for (auto const& item : v->items) {
        auto const path = below(key) + "." + item.name;
        note(path, item);
        std::string text;
        if (item.what != kind::text)
            add_problem(item, path, item.name + " is not a text", "put the value in quotes");
        else if (read_text(item, path, text))
            to.emplace_back(item.name, std::move(text));
    }
}

void settings_reader::flags(std::string_view key, std::span<named_flag const> all) {
    std::vector<std::string> names;
    for (auto const& f : all) names.emplace_back(f.name);
    auto const* const v = take(key);
    if (!v) return;
    if (v->what != kind::array)
        return add_wrong_type(*v, below(key), "a list of texts", list_of(all));
    for (auto const& f : all) *f.to = false;
    for (std::size_t i = 0; i < v->items.size(); ++i) {
        auto const& item = v->items[i];
        auto const path = below(key) + "[" + std::to_string(i) + "]";
        note(path, item);
        std::string text;
        if (item.what == kind::text && !read_text(item, path, text)) continue;
        auto const found = std::ranges::find(all, text, &named_flag::name);
        if (found != all.end()) {
            *found->to = true;
            continue;
        }
        auto const near = nearest_name(text, names);
        add_problem(
            item,
            path,
            std::string(key) + " cannot have " +
                (item.what == kind::text ? shown(text) : "what is not a text"),
            near.empty() ? assignment(key, list_of(all)) : "did you mean " + toml_text(near) + "?");
    }
}

}  // namespace anywire::gateway
