#include "http_response.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace anywire::http;

namespace {

std::string date(std::time_t t) {
    auto const d = http_date(t);
    return {d.data(), d.size()};
}

}  // namespace

TEST_CASE("every status this library sends has its words") {
    for (unsigned status : {100U, 101U, 200U, 204U, 304U, 400U, 403U, 404U, 405U, 408U,
                            413U, 414U, 417U, 426U, 429U, 431U, 500U, 501U, 503U, 505U})
        CHECK(reason_phrase(status) != "Unknown");
}

TEST_CASE("dates are in the fixed form of HTTP, whatever the time") {
    CHECK(date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(date(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK(date(std::numeric_limits<std::time_t>::max()) == "Fri, 31 Dec 9999 23:59:59 GMT");
    CHECK(date(std::numeric_limits<std::time_t>::min()) == "Sat, 01 Jan 0000 00:00:00 GMT");
}
