// What is chosen was asked for, and adding to the field moves the choice the way it should.
#include "accept_encoding.hpp"
#include "core/ascii.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using enum content_coding;
    std::string const field(reinterpret_cast<char const*>(data), size);
    auto const chosen = choose_coding(field);

    std::string lower;
    std::string upper;
    for (auto const c : field) {
        lower.push_back(to_lower(c));
        upper.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    }
    require(choose_coding(lower) == chosen && choose_coding(upper) == chosen);
    if (chosen == gzip) require(has(lower, "gzip") || has(lower, "*"));
    if (chosen == deflate) require(has(lower, "deflate") || has(lower, "*"));

    require(choose_coding(field + "," + field) == chosen);
    require(choose_coding(",\t" + field + " ,x;y, br;q=1") == chosen);
    require(choose_coding(field + ",gzip;q=0") != gzip);
    require(choose_coding(field + ",deflate;q=0") != deflate);
    require(choose_coding(field + ",gzip;q=0, deflate;q=0") == identity);
    if (!has(lower, "gzip") && !has(lower, "deflate") && !has(lower, "identity")) {
        require(choose_coding(field + ",gzip;q=0.5,deflate;q=0.51,identity;q=0.5") == deflate);
        require(choose_coding(field + ",gzip;q=0.5,deflate;q=0.5,identity;q=0.5") == gzip);
    }
    return 0;
}
