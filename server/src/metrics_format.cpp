#include "accept_encoding.hpp"
#include "ascii.hpp"
#include "core/form.hpp"
#include "metrics_text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace anywire {
namespace {

/// How much a client likes a format: by its name, or by a range that it is in.
struct liking {
    metrics_format format;
    std::string_view type;
    std::string_view range;
    int named = -1;  // -1: not mentioned
    int ranged = -1;

    int quality() const noexcept { return named >= 0 ? named : std::max(ranged, 0); }
};

/// The weight of an element such as "text/plain; version=0.0.4; q=0.5".
std::optional<int> read_weight(std::string_view parameters) noexcept {
    while (!parameters.empty()) {
        auto const end = std::min(parameters.find(';'), parameters.size());
        auto const one = http::trim(parameters.substr(0, end));
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
        if (istarts_with(one, "q=")) return read_quality(one.substr(2));
    }
    return 1000;
}

std::optional<metrics_format> format_called(std::string_view name) noexcept {
    if (name == "openmetrics") return metrics_format::openmetrics;
    if (name == "prometheus") return metrics_format::prometheus;
    if (name == "json") return metrics_format::json;
    return std::nullopt;
}

/// Adds one element of an Accept to what the client likes.
void weigh(std::string_view element, std::span<liking> all) noexcept {
    auto const end = std::min(element.find(';'), element.size());
    auto const type = http::trim(element.substr(0, end));
    auto const weight = read_weight(element.substr(std::min(end + 1, element.size())));
    if (!weight) return;
    for (auto& one : all) {
        if (iequals(type, one.type)) one.named = std::max(one.named, *weight);
        if (iequals(type, one.range) || type == "*/*") one.ranged = std::max(one.ranged, *weight);
    }
}

}  // namespace

std::optional<metrics_format> choose_metrics_format(std::string_view query,
                                                    std::string_view accept) {
    using enum metrics_format;
    if (auto const named = form_field(query, "format")) return format_called(*named);
    // The one that everybody reads first: what is liked alike keeps this order.
    std::array<liking, 3> all{{{openmetrics, "application/openmetrics-text", "application/*"},
                               {prometheus, "text/plain", "text/*"},
                               {json, "application/json", "application/*"}}};
    while (!accept.empty()) weigh(http::take_element(accept), all);
    auto const is_less = [](liking const& a, liking const& b) {
        // A name before a range: who takes anything gets what needs no name.
        return a.quality() != b.quality() ? a.quality() < b.quality() : a.named < b.named;
    };
    auto const best = std::max_element(all.begin(), all.end(), is_less);
    return best->named > 0 ? best->format : prometheus;
}

std::string_view content_type_of(metrics_format f) noexcept {
    switch (f) {
        case metrics_format::openmetrics:
            return "application/openmetrics-text; version=1.0.0; charset=utf-8";
        case metrics_format::prometheus: return "text/plain; version=0.0.4; charset=utf-8";
        case metrics_format::json: return "application/json";
    }
    return {};
}

}  // namespace anywire
