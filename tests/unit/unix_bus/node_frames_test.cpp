// What nodes say to each other, as bytes.
#include "node_frames.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::mesh;
using strings = std::vector<std::string>;

namespace {

using event = frame_reader::event;

std::string hello() {
    std::string out;
    append_hello(out, "1-a");
    return out;
}

std::string message(std::string_view channel, std::string_view payload) {
    return std::string(make_message(channel, payload)->ws());
}

/// All that is read, fed so many bytes at a time; what was wrong comes last.
strings read(std::string_view bytes, std::size_t at_once = 100'000, std::size_t most = 100) {
    strings out;
    frame_reader reader(most);
    while (!bytes.empty()) {
        auto const now = bytes.substr(0, at_once);
        bytes.remove_prefix(now.size());
        reader.feed(now);
        for (auto e = reader.next(); e != event::more; e = reader.next()) {
            if (e == event::failed) {
                out.emplace_back(reader.wrong());
                CHECK(reader.next() == event::failed);
                return out;
            }
            auto const& f = reader.frame();
            out.push_back(std::to_string(static_cast<int>(f.kind)) + " " + std::string(f.name) +
                          " " + std::string(f.payload));
        }
    }
    return out;
}

std::string framed(std::string const& body) {
    return std::string(3, '\0') + static_cast<char>(body.size()) + body;
}

}  // namespace

TEST_CASE("what a node says is read however it comes") {
    auto bytes = hello();
    append_subscribe(bytes, "c#/#");
    append_subscribe(bytes, "c#/#", true);
    append_told(bytes);
    bytes += message("room", std::string_view("\0\xff", 2)) + message("", "");
    strings const all{
        "1 1-a ", "2 c#/# ", "3 c#/# ", "4  ", "5 room " + std::string("\0\xff", 2), "5  "};
    for (std::size_t at_once = 1; at_once <= bytes.size(); ++at_once)
        CHECK(read(bytes, at_once) == all);
}

TEST_CASE("what makes no sense is refused, and nothing is read after it") {
    auto const after_hello = [](std::string const& body) {
        return read(hello() + framed(body) + message("c", "never read")).back();
    };
    CHECK(read(framed("")) == strings{"a frame without a kind"});
    CHECK(read(message("c", "x")) == strings{"something before its greeting"});
    CHECK(read(framed(std::string("\1\2", 2) + "1-a")) ==
          strings{"the greeting of another version"});
    CHECK(read(framed("\1")) == strings{"the greeting of another version"});
    CHECK(read(framed("\1\1../x")) == strings{"a name that is not valid"});
    CHECK(read(framed("\1\1")) == strings{"a name that is not valid"});
    CHECK(read(framed("\1\1" + std::string(65, 'a'))) == strings{"a name that is not valid"});
    CHECK(after_hello("\1\1"
                      "1-b") == "a second greeting");
    CHECK(after_hello("\2") == "a channel that is empty or too long");
    CHECK(after_hello("\4x") == "a frame with too many bytes");
    CHECK(after_hello("\5") == "a message that ends too early");
    CHECK(after_hello(std::string("\5\0\2c", 4)) == "a message that ends too early");
    CHECK(after_hello("\6") == "a frame of an unknown kind");
    CHECK(after_hello("GET / HTTP/1.1") == "a frame of an unknown kind");
}

TEST_CASE("a frame over the limit is refused by its length alone") {
    CHECK(read(hello() + message("c", std::string(99, 'x')), 7).size() == 2);
    CHECK(read(hello() + message("c", std::string(100, 'x')), 7).back() ==
          "a frame that is too long");
    CHECK(read(hello() + std::string("\xff\xff\xff\xff", 4)).back() == "a frame that is too long");
    CHECK(read("GET / HTTP/1.1\r\n\r\n") == strings{"a frame that is too long"});
}
