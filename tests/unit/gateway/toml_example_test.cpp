#include "settings_in_test.hpp"
#include "settings_visitor.hpp"
#include "toml_settings.hpp"
#include "written_settings.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace anywire::gateway;

namespace {

std::string file(std::string const& path) {
    std::string text;
    std::string error;
    REQUIRE(process_source().file(path, text, error));
    return text;
}

std::string example() {
    return file(ANYWIRE_GATEWAY_EXAMPLE);
}

/// The example with all settings that it has as comments: "#drain = ...", and not "# Text".
std::string with_all_settings(std::string const& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const is_first = i == 0 || text[i - 1] == '\n';
        auto const next = i + 1 < text.size() ? text[i + 1] : ' ';
        if (is_first && text[i] == '#' && (next == '[' || (next >= 'a' && next <= 'z'))) continue;
        out.push_back(text[i]);
    }
    return out;
}

/// What of an item of each list there is to write.
gateway_settings one_of_each() {
    gateway_settings s;
    s.listeners.emplace_back().tls.more.emplace_back();
    s.systemd.emplace_back();
    s.routes.push_back(default_route());
    s.routes[0].backends.emplace_back();
    return s;
}

settings_source const nothing = source_with({});

}  // namespace

TEST_CASE("the example is a file that can be used as it is") {
    auto r = read_toml(example(), "gateway.toml", nothing);
    CHECK(to_text(r.problems, r.origins, "") == "");
    complete(r.settings);
    CHECK(to_text(check_settings(r.settings), r.origins, "") == "");
}

TEST_CASE("the example has every setting, with its default") {
    auto const r = read_toml(with_all_settings(example()), "gateway.toml", nothing);
    CHECK(to_text(r.problems, r.origins, "") == "");
    std::set<std::string> const keys(r.keys.begin(), r.keys.end());
    std::map<std::string, std::string> read;
    for (auto const& w : written(r.settings)) read[w.key] = w.value;
    std::set<std::string> const chosen{"route[0].path", "route[0].backend[0].url"};
    for (auto const& w : written(one_of_each())) {
        if (w.what != written_setting::kind::value) continue;
        if (w.key.starts_with("systemd[0].tls")) continue;  // as those of listen
        INFO(w.key);
        CHECK(keys.contains(w.key));
        if (!chosen.contains(w.key)) CHECK(read[w.key] == w.value);
    }
}

TEST_CASE("the documentation names every setting, with its default") {
    auto const page = file(ANYWIRE_GATEWAY_PAGE);
    for (auto const& w : written(one_of_each())) {
        auto const key = header_name(w.key);
        INFO(key);
        if (w.what != written_setting::kind::value) continue;
        if (key.starts_with("systemd.tls")) continue;
        auto const name = key.substr(key.rfind('.') + 1);
        auto const row = page.find("| `" + key + "` |");
        REQUIRE(row != std::string::npos);
        auto const line = page.substr(row, page.find('\n', row) - row);
        if (key != "route.path" && key != "route.backend.url")
            CHECK(line.find("`" + w.value + "`") != std::string::npos);
    }
}

TEST_CASE("no beginning of the example makes the reader fail") {
    auto const text = with_all_settings(example());
    for (std::size_t n = 0; n < text.size(); n += 7) {
        auto r = read_toml(std::string_view(text).substr(0, n), "g", nothing);
        complete(r.settings);
        (void)check_settings(r.settings);
    }
    SUCCEED();
}

TEST_CASE("no change of the example makes the reader fail") {
    auto const text = with_all_settings(example());
    std::mt19937 random(4711);
    std::string_view const bytes("[]{}=\"'#.,\n\\ _-+:0123456789azAZ$\x01\x7f\xc3\xff");
    auto const below = [&random](std::size_t n) { return random() % n; };
    std::size_t wrong = 0;
    for (int round = 0; round < 1'500; ++round) {
        auto changed = text;
        for (auto left = 1 + below(4); left > 0; --left) {
            auto const at = below(changed.size());
            switch (below(4)) {
                case 0: changed[at] = bytes[below(bytes.size())]; break;
                case 1: changed.insert(at, 1, bytes[below(bytes.size())]); break;
                case 2: changed.erase(at, 1 + below(20)); break;
                default: {
                    auto const part = changed.substr(below(changed.size()), 1 + below(60));
                    changed.insert(at, part);
                }
            }
        }
        auto r = read_toml(changed, "g", nothing);
        wrong += r.problems.empty() ? 0 : 1;
        complete(r.settings);
        (void)check_settings(r.settings);
        auto const said = to_text(r.problems, r.origins, "g");
        if (static_cast<std::size_t>(std::ranges::count(said, '\n')) != r.problems.size())
            FAIL("a problem is not one line: " << said);
    }
    CHECK(wrong > 500);
}
