#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace anywire {

/// A metric with its samples, of something beside the service: another module of the library, or
/// the application.
struct number_family {
    enum class kind : std::uint8_t {
        gauge,    ///< What is so now.
        counter,  ///< What never goes down; its samples' name ends in "_total".
    };
    struct sample {
        std::uint64_t value = 0;
        std::vector<std::pair<std::string, std::string>> labels{};
    };

    /// As Prometheus takes it: letters, digits and '_', as in the names of labels. That of a
    /// counter is without "_total"; that of bytes ends in "_bytes". "anywire_..." is the library's.
    std::string name{};
    std::string help{};  ///< One sentence.
    kind is = kind::gauge;
    std::vector<sample> samples{};
};

using number_families = std::vector<number_family>;

/// Appends the numbers of now, for `service::add_numbers`. Families of several sources that have
/// one name are one.
///
/// Thread: any, also several at a time.
using number_source = std::function<void(number_families&)>;

}  // namespace anywire
