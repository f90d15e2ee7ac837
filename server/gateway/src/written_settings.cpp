#include "written_settings.hpp"

#include "quantity.hpp"
#include "settings_visitor.hpp"
#include "toml_settings.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

namespace anywire::gateway {
namespace {

template <class Range, class Write>
std::string in_brackets(Range const& all, Write write) {
    std::string out("[");
    for (auto const& one : all) out.append(out.size() > 1 ? ", " : "").append(write(one));
    return out.append("]");
}

class settings_writer final : public settings_visitor {
public:
    std::vector<written_setting> take() noexcept { return std::move(out_); }

private:
    void add(std::string_view key, std::string value, bool is_secret = false) {
        out_.push_back({.key = below(key), .value = std::move(value), .is_secret = is_secret});
    }
    std::string below(std::string_view key) const {
        return std::string(path_).append(path_.empty() ? "" : ".").append(key);
    }
    void enter(std::string path) { outer_.push_back(std::exchange(path_, std::move(path))); }
    void leave() {
        path_ = std::move(outer_.back());
        outer_.pop_back();
    }

    void flag(std::string_view key, bool& to) override { add(key, to ? "true" : "false"); }
    void number(std::string_view key, std::uint64_t& to, std::uint64_t) override {
        add(key, std::to_string(to));
    }
    void size(std::string_view key, std::uint64_t& to, std::uint64_t) override {
        auto const text = size_text(to);
        add(key, text == std::to_string(to) ? text : toml_text(text));
    }
    void duration(std::string_view key, std::chrono::milliseconds& to) override {
        add(key, toml_text(duration_text(to)));
    }
    void mode(std::string_view key, std::uint32_t& to) override {
        char text[24];
        std::snprintf(text, sizeof text, "0o%o", to);
        add(key, text);
    }
    void text(std::string_view key, std::string& to) override { add(key, toml_text(to)); }
    void secret(std::string_view key, std::string& to) override { add(key, toml_text(to), true); }
    void texts(std::string_view key, std::vector<std::string>& to) override {
        add(key, in_brackets(to, toml_text));
    }
    void pairs(std::string_view key,
               std::vector<std::pair<std::string, std::string>>& to) override {
        std::string out("{");
        for (auto const& [name, value] : to)
            out.append(out.size() > 1 ? ", " : " ")
                .append(toml_text(name))
                .append(" = ")
                .append(toml_text(value));
        add(key, out.append(to.empty() ? "}" : " }"));
    }
    void choice(std::string_view key,
                std::size_t& to,
                std::span<std::string_view const> names) override {
        add(key, toml_text(names[std::min(to, names.size() - 1)]));
    }
    void flags(std::string_view key, std::span<named_flag const> all) override {
        std::vector<std::string_view> on;
        for (auto const& f : all)
            if (*f.to) on.push_back(f.name);
        add(key, in_brackets(on, toml_text));
    }
    void begin_table(std::string_view key) override {
        enter(below(key));
        out_.push_back({.what = written_setting::kind::table, .key = path_});
    }
    void end_table() override { leave(); }
    std::size_t begin_list(std::string_view key,
                           std::size_t size,
                           std::string_view,
                           std::string_view) override {
        lists_.push_back(below(key));
        return size;
    }
    void begin_item(std::size_t index) override {
        enter(lists_.back() + "[" + std::to_string(index) + "]");
        out_.push_back({.what = written_setting::kind::item, .key = path_});
    }
    void end_item() override { leave(); }
    void end_list() override { lists_.pop_back(); }

    std::vector<written_setting> out_{};
    std::string path_{};
    std::vector<std::string> outer_{};
    std::vector<std::string> lists_{};
};

/// Settings with as many items in each list, all with their defaults.
gateway_settings defaults_like(gateway_settings const& s) {
    gateway_settings d;
    auto const tls_like = [](tls_options const& t) {
        tls_options out;
        out.more.resize(t.more.size());
        return out;
    };
    for (auto const& l : s.listeners) d.listeners.emplace_back().tls = tls_like(l.tls);
    for (auto const& l : s.systemd) d.systemd.emplace_back().tls = tls_like(l.tls);
    for (auto const& r : s.routes) {
        d.routes.push_back(default_route());
        d.routes.back().backends.resize(r.backends.size());
    }
    return d;
}

/// Appends a value, and before it the header of its table where it is the first there.
void append_value(std::string& out, std::string_view path, std::string_view value, bool is_first) {
    auto const dot = path.rfind('.');
    if (is_first) out.append(out.empty() ? "[" : "\n[").append(path.substr(0, dot)).append("]\n");
    out.append(path.substr(dot + 1)).append(" = ").append(value).append("\n");
}

}  // namespace

std::string header_name(std::string_view key) {
    std::string out;
    bool is_index = false;
    for (auto const c : key) {
        is_index = is_index ? c != ']' : c == '[';
        if (!is_index && c != ']') out.push_back(c);
    }
    return out;
}

std::string toml_text(std::string_view text) {
    std::string out("\"");
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const c = text[i];
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.append({'\\', c});
        } else if (byte < ' ' || byte == 0x7f) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04X", byte);
            out.append(escaped);
        } else {
            if (text.substr(i).starts_with("${")) out.push_back('$');
            out.push_back(c);
        }
    }
    return out.append("\"");
}

std::vector<written_setting> written(gateway_settings s) {
    settings_writer w;
    visit(s, w);
    return w.take();
}

std::string to_toml(gateway_settings const& s, bool all) {
    std::map<std::string, std::string> usual;
    if (!all)
        for (auto& d : written(defaults_like(s))) usual.emplace(d.key, d.value);
    std::string out;
    std::string table;
    for (auto const& w : written(s)) {
        auto const header = header_name(w.key);
        switch (w.what) {
            case written_setting::kind::item:
                out.append(out.empty() ? "[[" : "\n[[").append(header).append("]]\n");
                table.clear();
                break;
            case written_setting::kind::table: table = header; break;
            case written_setting::kind::value:
                if (auto const d = usual.find(w.key); d != usual.end() && d->second == w.value)
                    break;
                append_value(out, header, w.value, !std::exchange(table, {}).empty());
        }
    }
    return out;
}

}  // namespace anywire::gateway
