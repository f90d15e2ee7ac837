#include "stomp/queue_store.hpp"

#include "support/queue_message.hpp"

#include <catch2/catch.hpp>

using namespace anywire::stomp;
using namespace anywire::test;

TEST_CASE("a message goes to a consumer, who settles it") {
    queue_store s({}, {1, 2});
    CHECK(s.send("/queue/a", message_of("1"), 10, 0) == queue_answer::ok);
    CHECK(s.subscribe(1, "/queue/a", 1, 0) == queue_answer::ok);
    auto const d = s.take_deliveries();
    REQUIRE(d.size() == 1);
    CHECK(text_of(d[0].what) == "1");
    CHECK(s.ack(1, d[0].id, true, 0));
    CHECK(s.look_at("/queue/a")->bytes == 0);
}
