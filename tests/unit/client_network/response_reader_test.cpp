#include "response_reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::http;

namespace {

/// What a reader says of an answer that comes in pieces of `most` bytes.
struct reading {
    std::string told{};
    std::string rest{};

    reading(std::string_view bytes,
            response_limits const& limits,
            response_to what,
            std::size_t most,
            bool ends) {
        using event = response_reader::event;
        response_reader r(limits, what);
        while (!bytes.empty()) {
            auto piece = bytes.substr(0, most);
            bytes.remove_prefix(piece.size());
            for (;;) {
                auto const e = r.next(piece);
                if (e == event::more) break;
                if (tell(e, r)) {
                    // Of one that fails, how far it got depends on the cuts.
                    if (e == event::done) rest = std::string(piece).append(bytes);
                    return;
                }
            }
        }
        if (ends) tell(r.on_end(true), r);
    }
    bool tell(response_reader::event e, response_reader const& r) {
        using event = response_reader::event;
        if (e == event::head) told += "<" + std::to_string(r.head().status) + ">";
        if (e == event::piece) told += r.piece();
        if (e == event::done) told += r.keeps_alive() ? "." : "|";
        if (e == event::failed) told += "!" + r.failure();
        return e == event::done || e == event::failed;
    }
};

std::string read(std::string_view bytes,
                 response_to what = response_to::get,
                 response_limits const& limits = {},
                 bool ends = false) {
    reading const whole(bytes, limits, what, bytes.size(), ends);
    for (auto const cut : {1u, 2u, 3u, 7u}) {
        reading const pieces(bytes, limits, what, cut, ends);
        CHECK(pieces.told == whole.told);
        CHECK(pieces.rest == whole.rest);
    }
    return whole.told + (whole.rest.empty() ? "" : "+" + whole.rest);
}

}  // namespace

TEST_CASE("an answer ends where its framing says, whatever comes after") {
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP") == "<200>abc.+HTTP");
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == "<200>.");
    CHECK(read("HTTP/1.1 204 No Content\r\n\r\nx") == "<204>.+x");
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nx", response_to::head) == "<200>.+x");
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nx") ==
          "<200>a.+x");
    CHECK(read("HTTP/1.1 200 OK\r\n\r\nabc", response_to::get, {}, true) == "<200>abc|");
    CHECK(read("HTTP/1.1 200 Connected\r\n\r\nTLS", response_to::connect) == "<200>.+TLS");
    CHECK(read("HTTP/1.1 101 Go\r\n\r\nframes", response_to::upgrade) == "<101>.+frames");
}

TEST_CASE("interim answers are skipped, but not without end") {
    CHECK(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
               "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na") == "<200>a.");
    std::string many;
    for (int i = 0; i < 17; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(read(many) == "!the answer has too many interim answers before it");
    CHECK(read("HTTP/1.1 101 Go\r\n\r\n") ==
          "!the answer changes to a protocol that was not asked for");
}

TEST_CASE("a connection is used again only where both sides know the answer's end") {
    CHECK(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") == "<200>|");
    CHECK(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") == "<200>|");
    CHECK(read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n") ==
          "<200>.");
}

TEST_CASE("limits hold for heads, fields and bodies") {
    response_limits const small{.head = 60, .fields = 2, .body = 4, .chunk_overhead = 4};
    auto const get = response_to::get;
    CHECK(read("HTTP/1.1 200 OK\r\nX: " + std::string(60, 'x'), get, small) ==
          "!the answer has a head that is too long");
    CHECK(read("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", get, small) ==
          "!the answer has too many header fields");
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", get, small) ==
          "!the answer has a body of more than 4 bytes");
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", get, small) == "<200>abcd.");
    CHECK(reading("HTTP/1.1 200 OK\r\n\r\nabcde", small, get, 1, true).told ==
          "<200>abcd!the answer has a body of more than 4 bytes");
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", get, small) ==
          "<200>!the answer has a body of more than 4 bytes");
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;abcdef", get, small) ==
          "<200>!the answer has too many bytes of chunk extensions or trailers");
}

TEST_CASE("what contradicts itself, or was not asked for, is refused") {
    for (auto const* const fields : {"Content-Length: 1\r\nContent-Length: 2\r\n",
                                     "Content-Length: +1\r\n",
                                     "Content-Length: 1,1\r\n",
                                     "Content-Length: 18446744073709551616\r\n",
                                     "Transfer-Encoding: gzip, chunked\r\n",
                                     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                     "Content-Encoding: gzip\r\n",
                                     "Bad Name: x\r\n",
                                     " folded: x\r\n"})
        CHECK(read(std::string("HTTP/1.1 200 OK\r\n") + fields + "\r\n").starts_with("!"));
    CHECK(read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").starts_with("!"));
    CHECK(read("HTTP/3 200 OK\r\n\r\n").starts_with("!"));
    CHECK(read("HTTP/1.1 600 Much\r\n\r\n") == "!the answer has no valid status");
}

TEST_CASE("an end that cuts an answer says where") {
    auto const told = [](std::string_view bytes, bool orderly) {
        response_reader r({}, response_to::get);
        auto rest = bytes;
        while (!rest.empty() && r.next(rest) != response_reader::event::more) {
        }
        auto const had_head = r.has_head();
        auto const e = r.on_end(orderly);
        CHECK(r.has_head() == had_head);
        return e == response_reader::event::done ? std::string("done") : r.failure();
    };
    CHECK(told("", true) == "the answer did not come: the connection ended");
    CHECK(told("HTTP/1.1 2", true) == "the answer broke off within its head");
    CHECK(told("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", true) ==
          "the answer broke off within its body");
    CHECK(told("HTTP/1.1 200 OK\r\n\r\na", true) == "done");
    CHECK(told("HTTP/1.1 200 OK\r\n\r\na", false) == "the answer broke off within its body");
}

TEST_CASE("fields are found in any case, and joined where there are several") {
    anywire::http_field const fields[] = {{"A", "1"}, {"a", "2"}, {"B", "3"}};
    response_head const head{.fields = fields};
    CHECK(head.field("a") == "1");
    CHECK(head.joined("A") == "1, 2");
    CHECK(head.field("c").empty());
    CHECK(head.joined("c").empty());
}
