#include "front_query.hpp"

#include "unit/gateway/opening.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::gateway;
using anywire::test::kept_request;

namespace {

std::string passed(std::string_view dialect, std::string_view query) {
    auto const r = kept_request("/live?" + std::string(query));
    return query_for_backend({.request = r, .dialect = dialect});
}

}  // namespace

TEST_CASE("a backend is not told what the front's own protocol has put into a query") {
    CHECK(passed("engineio", "EIO=4&transport=polling&t=P1-x") == "");
    CHECK(passed("engineio", "token=a%20b&EIO=4&transport=websocket&sid=s3cret&room=7") ==
          "token=a%20b&room=7");
    CHECK(passed("engineio", "EIO=3&transport=polling&b64=1&j=0&t=x&q=1") == "q=1");
    CHECK(passed("engineio", "%45IO=4&s%69d=x&eio=mine&sid2=y&q") == "eio=mine&sid2=y&q");
    CHECK(passed("sockjs", "token=x&t=1733000000000") == "token=x");
    CHECK(passed("sockjs", "c=_jp.abc&callback=_jp.abc&sid=mine&EIO=mine") == "sid=mine&EIO=mine");
    CHECK(passed("sockjs", "t=1") == "");
}

TEST_CASE("a query over a plain WebSocket goes through whole") {
    CHECK(passed("websocket", "EIO=4&t=1&c=2&&x") == "EIO=4&t=1&c=2&&x");
    CHECK(passed("websocket", "") == "");
}
