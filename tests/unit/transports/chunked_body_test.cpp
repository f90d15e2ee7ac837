#include "chunked_body.hpp"

#include "support/feed.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using anywire::http::chunked_body;
using status = chunked_body::status;

namespace {

struct outcome {
    status end = status::need_more;
    std::string data{};
    std::size_t used = 0;
};

/// Decodes in every way of cutting `bytes`, and checks that all come to the same.
outcome decode(std::string_view bytes, std::uint64_t max_body = 1000, std::size_t overhead = 100) {
    outcome first;
    bool have_first = false;
    anywire::test::feed_every_way(bytes, [&](auto next) {
        chunked_body body(max_body, overhead);
        outcome o;
        std::string_view rest = next();
        while (!rest.empty()) {
            std::size_t used = 0;
            std::string_view piece;
            o.end = body.next(rest, used, piece);
            o.data.append(piece);
            o.used += used;
            rest.remove_prefix(used);
            if (o.end != status::data && o.end != status::need_more) break;
            if (rest.empty()) rest = next();
        }
        if (o.end == status::data) o.end = status::need_more;
        if (!have_first) first = o;
        have_first = true;
        CHECK(o.end == first.end);
        CHECK(o.data == first.data);
        CHECK(o.used == first.used);
    });
    return first;
}

}  // namespace

TEST_CASE("chunks are joined, and what follows them is left alone") {
    auto const o =
        decode("4\r\nWiki\r\n6;n=\"v\"\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\nGET");
    CHECK(o.end == status::done);
    CHECK(o.data == "Wikipedia in \r\n\r\nchunks.");
    CHECK(o.used == 50);
}

TEST_CASE("the last chunk may be the only one, and may be followed by trailers") {
    CHECK(decode("0\r\n\r\n").end == status::done);
    CHECK(decode("0;x\r\nA:\r\nB: \xc3\xa4\tc\r\n\r\n").end == status::done);
    CHECK(decode("0000000000000000\r\n\r\n").end == status::done);
    CHECK(decode("00000000000000000\r\n\r\n").end == status::malformed);
}

TEST_CASE("a size beyond the limit is refused before its data") {
    CHECK(decode("a\r\n0123456789\r\n0\r\n\r\n", 10).end == status::done);
    CHECK(decode("b\r\n", 10).end == status::body_too_long);
    CHECK(decode("5\r\n01234\r\n6\r\n", 10).end == status::body_too_long);
    CHECK(decode("FFFFFFFFFFFFFFFF\r\n", 10).end == status::body_too_long);
    CHECK(decode("100000001\r\n", 10).end == status::body_too_long);
}

TEST_CASE("an outcome is final") {
    chunked_body body(10, 10);
    std::size_t used = 0;
    std::string_view piece;
    CHECK(body.next("x", used, piece) == status::malformed);
    CHECK(body.next("0\r\n\r\n", used, piece) == status::malformed);
    CHECK(used == 0);
    chunked_body ended(10, 10);
    CHECK(ended.next("0\r\n\r\n", used, piece) == status::done);
    CHECK(ended.next("1\r\na", used, piece) == status::done);
    CHECK(used == 0);
    CHECK(piece.empty());
}

TEST_CASE("extensions and trailers are counted together") {
    CHECK(decode("1;234\r\na\r\n0\r\nA:b\r\n\r\n", 10, 7).end == status::done);
    CHECK(decode("1;234\r\na\r\n0\r\nA:b\r\n\r\n", 10, 6).end == status::overhead_too_long);
}
