// What is read of a stream's answers.

#include "resp.hpp"
#include "stream_line.hpp"

#include <catch2/catch.hpp>

using namespace anywire;
using namespace anywire::redis;

namespace {

reply read(std::string_view bytes) {
    reply_reader reader({});
    reader.feed(bytes);
    if (reader.next() != reply_reader::event::reply) throw std::runtime_error("no answer");
    return reader.take();
}

}  // namespace

TEST_CASE("the entries of XREAD are taken apart") {
    auto const all =
        entries_in(read("*1\r\n*2\r\n$1\r\ns\r\n*2\r\n"
                        "*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"
                        "*2\r\n$3\r\n1-1\r\n*-1\r\n"));
    REQUIRE(all);
    REQUIRE(all->size() == 2);
    CHECK(all->front().id == "1-0");
    CHECK(all->front().fields == std::vector<std::pair<std::string, std::string>>{{"a", "b"}});
    CHECK(all->back().fields.empty());
    CHECK(entries_in(read("*-1\r\n"))->empty());
}

TEST_CASE("what is no answer to XREAD is refused") {
    auto const* const bad = GENERATE("+OK\r\n",
                                     "*0\r\n",
                                     "*1\r\n:1\r\n",
                                     "*1\r\n*2\r\n$1\r\ns\r\n:1\r\n",
                                     "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n:1\r\n",
                                     "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n:1\r\n*0\r\n",
                                     "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$1\r\n1\r\n*1\r\n:1\r\n");
    CHECK_FALSE(entries_in(read(bad)));
}

TEST_CASE("the last id of a stream is the newest entry's, or 0-0") {
    CHECK(last_id_in(read("*0\r\n")) == "0-0");
    CHECK(last_id_in(read("*1\r\n*2\r\n$3\r\n7-1\r\n*0\r\n")) == "7-1");
    CHECK_FALSE(last_id_in(read("+OK\r\n")));
    CHECK_FALSE(last_id_in(read("*1\r\n:1\r\n")));
}
