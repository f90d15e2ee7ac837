#include "stomp/frame_reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire::stomp;
using namespace std::string_literals;
using std::string_view;

namespace {

std::string text_of_frame(frame_view const& f) {
    std::string out(name_of(f.what));
    for (auto const& h : f.headers) out.append("|").append(h.name).append("=").append(h.value);
    return out.append("|").append(f.body);
}

/// What is read, in pieces of that size; the last word says what is wrong.
std::vector<std::string> read_all(frame_reader& r, string_view bytes, std::size_t piece = 1 << 20) {
    std::vector<std::string> out;
    while (!bytes.empty()) {
        auto now = bytes.substr(0, piece);
        bytes.remove_prefix(now.size());
        for (auto e = r.read(now); e != frame_reader::event::more; e = r.read(now)) {
            if (e == frame_reader::event::failed) {
                out.emplace_back(text_of(r.fault()));
                return out;
            }
            if (e == frame_reader::event::frame) out.push_back(text_of_frame(r.frame()));
            if (e == frame_reader::event::beat && (out.empty() || out.back() != "beat"))
                out.emplace_back("beat");
        }
        CHECK(now.empty());
    }
    return out;
}

using words = std::vector<std::string>;

words read_as(version v, string_view bytes, frame_limits const& limits = {}) {
    frame_reader r(end::server, limits);
    r.set_version(v);
    return read_all(r, bytes);
}

frame_limits with_frame(std::size_t n) {
    frame_limits l;
    l.max_frame = n;
    return l;
}

}  // namespace

TEST_CASE("frames are the same however the stream of them is cut") {
    auto const stream =
        "\n\0\r\nCONNECT\r\naccept-version:1.2\r\nhost:a:b\\c\r\n\r\n\0"
        "SEND\ndestination:/queue/a\\cb\\\\\\n\nempty:\n\nhello\0\n"
        "SEND\ndestination:x\ncontent-length:7\n\na\0b\n\0\xc3\xa9\0"
        "SEND\ndestination:y\ncontent-length:0\n\n\0DISCONNECT\n\n\0\n\n"s;
    auto const size = GENERATE(1u, 2u, 3u, 5u, 8u, 13u, 1000u);
    frame_reader r(end::server);
    auto const got = read_all(r, stream, size);
    CHECK(got == words{"beat",
                       "CONNECT|accept-version=1.2|host=a:b\\c|",
                       "SEND|destination=/queue/a:b\\\n|empty=|hello",
                       "beat",
                       "SEND|destination=x|content-length=7|a\0b\n\0\xc3\xa9"s,
                       "SEND|destination=y|content-length=0|",
                       "DISCONNECT|",
                       "beat"});
    CHECK(!r.is_within_frame());
}

TEST_CASE("a header that is repeated counts once, as it came first") {
    frame_reader r(end::server);
    auto bytes = string_view("SEND\ndestination:/a\ndestination:/b\n\n\0", 37);
    REQUIRE(r.read(bytes) == frame_reader::event::frame);
    CHECK(r.frame().find("destination") == "/a");
    CHECK(r.frame().headers.size() == 2);
    CHECK(!r.frame().find("Destination"));
}

TEST_CASE("escapes are those of the version") {
    auto const with = [](string_view header) { return "SEND\n"s.append(header).append("\n\n\0"s); };
    CHECK(read_as(version::v1_2, with("a\\cb:\\n\\r\\\\n")) == words{"SEND|a:b=\n\r\\n|"});
    CHECK(read_as(version::v1_1, with("a:\\r\\c")) == words{"SEND|a=\r:|"});
    CHECK(read_as(version::v1_0, with("a\\c:\\n\\t\\")) == words{"SEND|a\\c=\\n\\t\\|"});
    CHECK(read_as(version::v1_2, with("a:b:c")) == words{"SEND|a=b:c|"});
    auto const bad = words{"A header has an escape that this version lacks"};
    for (auto const* const wrong : {"a:\\t", "a:\\", "\\x:1", "a:\\\\\\"}) {
        CHECK(read_as(version::v1_2, with(wrong)) == bad);
        CHECK(read_as(version::v1_1, with(wrong)) == bad);
    }
    CHECK(read_as(version::v1_2, "CONNECT\npasscode:\\t:\\\n\n\0"s) ==
          words{"CONNECT|passcode=\\t:\\|"});
}

TEST_CASE("blanks belong to a value, but for those before one of 1.0") {
    auto const frame = "SEND\na:  b \n\n\0"s;
    CHECK(read_as(version::v1_2, frame) == words{"SEND|a=  b |"});
    CHECK(read_as(version::v1_0, frame) == words{"SEND|a=b |"});
}

TEST_CASE("what is no frame is refused with its reason") {
    struct row {
        std::string bytes;
        char const* wrong;
    };
    auto const r = GENERATE(values<row>({
        {"send\n\n\0"s, "Unknown command"},
        {"MESSAGE\n\n\0"s, "Unknown command"},
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"s, "Unknown command"},
        {"SENDDDDDDDDDDDDDD\n"s, "Unknown command"},
        {"SEND\nnothing\n\n\0"s, "A header has no colon"},
        {"SEND\n:a\n\n\0"s, "A header has no name"},
        {"SEND\na:b\rc\n\n\0"s, "A carriage return has no line feed"},
        {"\rSEND"s, "A carriage return has no line feed"},
        {"\r\r\n"s, "A carriage return has no line feed"},
        {"SEND\na:b\0\n\n\0"s, "A NUL stands before the end of the headers"},
        {"SEND\na:\xff\n\n\0"s, "A header is not UTF-8"},
        {"SEND\ncontent-length:-1\n\n\0"s, "content-length is not a number"},
        {"SEND\ncontent-length:+1\n\n\0"s, "content-length is not a number"},
        {"SEND\ncontent-length:abc\n\n\0"s, "content-length is not a number"},
        {"SEND\ncontent-length:1e3\n\n\0"s, "content-length is not a number"},
        {"SEND\ncontent-length:\n\n\0"s, "content-length is not a number"},
        {"SEND\ncontent-length:18446744073709551616\n\n\0"s, "content-length is not a number"},
        {"SEND\ncontent-length:18446744073709551615\n\n\0"s, "The frame is too long"},
        {"SEND\ncontent-length:3\n\nab\0c"s, "No NUL follows the body"},
        {"SEND\ncontent-length:1\n\nab\0"s, "No NUL follows the body"},
        {"SUBSCRIBE\nid:1\n\nbody\0"s, "This command has no body"},
        {"SUBSCRIBE\ncontent-length:4\n\nbody\0"s, "This command has no body"},
    }));
    CAPTURE(r.bytes);
    for (auto const size : {1u, 2u, 7u, 1000u}) {
        frame_reader reader(end::server);
        reader.set_version(version::v1_2);
        CHECK(read_all(reader, r.bytes, size) == words{r.wrong});
        string_view more("SEND\n\n\0", 7);
        CHECK(reader.read(more) == frame_reader::event::failed);
    }
}

TEST_CASE("a body where there is none is not read in 1.0") {
    CHECK(read_as(version::v1_0, "BEGIN\ntransaction:t\n\nbody\0"s) ==
          words{"BEGIN|transaction=t|"});
    CHECK(read_as(version::v1_0, "BEGIN\ncontent-length:4\n\nbody\0"s) ==
          words{"BEGIN|content-length=4|"});
}

TEST_CASE("of two lengths the first counts") {
    CHECK(read_as(version::v1_2, "SEND\ncontent-length:1\ncontent-length:3\n\na\0"s) ==
          words{"SEND|content-length=1|content-length=3|a"});
}

TEST_CASE("what passes a limit is refused before it is kept") {
    auto const size = GENERATE(1u, 64u, 100'000u);
    auto const refused = [size](std::string const& bytes, frame_limits const& limits) {
        frame_reader r(end::server, limits);
        r.set_version(version::v1_2);
        auto got = read_all(r, bytes, size);
        CHECK(r.kept_bytes() <= limits.max_frame + 64);
        CHECK(is_excess(r.fault()));
        return got;
    };
    frame_limits l;
    l.max_header_line = 10;
    CHECK(refused("SEND\n" + std::string(500, 'a') + "\n\n", l) == words{"A header is too long"});
    CHECK(read_as(version::v1_2, "SEND\nab:4567890\r\n\r\n\0"s, l) == words{"SEND|ab=4567890|"});
    CHECK(refused("SEND\nab:45678901\n\n\0"s, l) == words{"A header is too long"});
    l = {};
    l.max_headers = 2;
    CHECK(refused("SEND\na:1\nb:2\nc:3\n\n\0"s, l) == words{"Too many headers"});
    l = {};
    l.max_head = 20;
    CHECK(refused("SEND\na:1\nb:2\nc:3\nd:4\n\n\0"s, l) == words{"The headers are too long"});
    CHECK(refused("SEND\na:1\n\n" + std::string(200, 'x'), with_frame(100)) ==
          words{"The frame is too long"});
    CHECK(refused("SEND\ncontent-length:90\n\n", with_frame(100)) ==
          words{"The frame is too long"});
}

TEST_CASE("the largest frame passes") {
    auto const head = "SEND\ncontent-length:76\n\n"s;
    REQUIRE(head.size() == 24);
    auto const got = read_as(version::v1_2, head + std::string(76, 'x') + "\0"s, with_frame(100));
    CHECK(got == words{"SEND|content-length=76|" + std::string(76, 'x')});
}

TEST_CASE("a frame that failed says its receipt, as far as it was read") {
    frame_reader r(end::server);
    r.set_version(version::v1_2);
    SECTION("before what is wrong") {
        CHECK(read_all(r, "SEND\nreceipt:a\\c1\ncontent-length:x\n\n") ==
              words{"content-length is not a number"});
        CHECK(r.receipt_of_failed() == "a:1");
    }
    SECTION("not one of a frame before") {
        CHECK(read_all(r, "BEGIN\nreceipt:1\n\n\0\rx"s).back() ==
              "A carriage return has no line feed");
        CHECK(!r.receipt_of_failed());
    }
}

TEST_CASE("a client reads what servers send, and nothing else") {
    frame_reader r(end::client);
    r.set_version(version::v1_2);
    CHECK(read_all(r, "CONNECTED\nversion:1.2\n\n\0MESSAGE\na:b\n\nhi\0ERROR\n\nno\0SEND\n"s) ==
          words{"CONNECTED|version=1.2|", "MESSAGE|a=b|hi", "ERROR|no", "Unknown command"});
}

TEST_CASE("a long frame leaves no memory behind") {
    frame_reader r(end::server);
    auto const body = std::string(50'000, 'x');
    auto const one = read_all(r, "SEND\n\n" + body + "\0"s, 100);
    CHECK(one.size() == 1);
    CHECK(r.kept_bytes() == body.size());
    CHECK(read_all(r, "SEND\n\n\0"s).size() == 1);
    CHECK(r.kept_bytes() == 0);
}
