// For tests of what `check_settings` finds.
#pragma once

#include "settings.hpp"
#include "settings_in_test.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

namespace anywire::gateway {

/// A change to good settings, and the key that is to be blamed for it, alone; empty: no key is.
struct settings_rule {
    std::string key{};
    std::function<void(gateway_settings&)> change{};
    std::string text{};    ///< Part of the sentence.
    std::string remedy{};  ///< Part of what to write.
};

inline void check_rules(std::vector<settings_rule> const& rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        auto const& rule = rules[i];
        INFO("rule " << i << ", " << rule.key << ", " << rule.text);
        auto s = good_settings();
        rule.change(s);
        auto const found = check_settings(s);
        for (auto const& p : found) INFO(p.key << ": " << p.text << "; " << p.remedy);
        if (rule.key.empty()) {
            CHECK((found.empty() ? std::string() : found[0].key + ": " + found[0].text) == "");
            continue;
        }
        REQUIRE(found.size() == 1);
        CHECK(found[0].key == rule.key);
        CHECK(found[0].text.find(rule.text) != std::string::npos);
        CHECK(found[0].remedy.find(rule.remedy) != std::string::npos);
        CHECK_FALSE(found[0].text.empty());
        CHECK_FALSE(found[0].remedy.empty());
    }
}

}  // namespace anywire::gateway
