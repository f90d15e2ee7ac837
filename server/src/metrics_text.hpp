#pragma once

#include <anywire/metrics.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// OpenMetrics 1.0, or the text format of Prometheus.
std::string to_metrics_text(service_numbers const& n, bool is_open);
std::string to_metrics_json(service_numbers const& n);

/// The format that a request asks for: "format" in its query before its Accept field. Nothing for
/// a format in the query that is unknown. Weights in Accept are obeyed.
std::optional<metrics_format> choose_metrics_format(std::string_view query,
                                                    std::string_view accept);
std::string_view content_type_of(metrics_format f) noexcept;

}  // namespace anywire
