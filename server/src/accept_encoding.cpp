#include "accept_encoding.hpp"

#include "ascii.hpp"

#include <algorithm>
#include <optional>

namespace anywire {
namespace {

using quality = std::optional<int>;  // in thousandths

/// What follows a coding: nothing, or `;q=` and a quality.
quality read_weight(std::string_view element) noexcept {
    auto const semicolon = element.find(';');
    if (semicolon == element.npos) return 1000;
    auto const weight = http::trim(element.substr(semicolon + 1));
    if (!istarts_with(weight, "q=")) return {};
    return read_quality(weight.substr(2));
}

}  // namespace

std::optional<int> read_quality(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return {};
    if (text.size() > 1 && text[1] != '.') return {};
    int value = 1000 * (text[0] - '0');
    int scale = 100;
    for (auto const c : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (!http::is_digit(c)) return {};
        value += scale * (c - '0');
        scale /= 10;
    }
    if (value > 1000) return {};
    return value;
}

content_coding choose_coding(std::string_view accept_encoding) noexcept {
    quality gzip, deflate, identity, any;
    while (!accept_encoding.empty()) {
        auto const element = http::take_element(accept_encoding);
        auto const weight = read_weight(element);
        if (!weight) continue;
        auto const coding = http::trim(element.substr(0, element.find(';')));
        auto const note = [&](std::string_view name, quality& q) {
            if (iequals(coding, name)) q = std::min(q.value_or(1000), *weight);
        };
        note("gzip", gzip);
        note("deflate", deflate);
        note("identity", identity);
        note("*", any);
    }
    auto const of = [any](quality q) { return q.value_or(any.value_or(0)); };
    auto const best = std::max(of(gzip), of(deflate));
    if (best == 0 || best < of(identity)) return content_coding::identity;
    return of(gzip) == best ? content_coding::gzip : content_coding::deflate;
}

int quality_of(std::string_view accept_encoding, std::string_view coding) noexcept {
    quality named, any;
    while (!accept_encoding.empty()) {
        auto const element = http::take_element(accept_encoding);
        auto const weight = read_weight(element);
        if (!weight) continue;
        auto const name = http::trim(element.substr(0, element.find(';')));
        if (iequals(name, coding)) named = std::min(named.value_or(1000), *weight);
        if (name == "*") any = std::min(any.value_or(1000), *weight);
    }
    return named.value_or(any.value_or(0));
}

}  // namespace anywire
