#include "core/frame.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace std::literals;

namespace {

frame_ptr make(std::string_view text, frame_kind kind = frame_kind::text) {
    return frame_ptr(frame::make(text, kind));
}

}  // namespace

TEST_CASE("a frame is its text with a WebSocket header right in front") {
    auto const f = make("hi");
    CHECK(f->text() == "hi");
    CHECK(f->ws() == "\x81\x02hi"sv);
    CHECK(f->ws().data() + 2 == f->text().data());
    CHECK(make("", frame_kind::ping)->ws() == "\x89\0"sv);
    CHECK(make("x", frame_kind::binary)->ws() == "\x82\x01x"sv);
    CHECK(make("raw", frame_kind::raw)->ws() == "raw");
}

TEST_CASE("a headed frame is bytes of its own and a rest that others have, too") {
    auto const rest = make("shared rest", frame_kind::raw);
    frame_ptr headed(frame::make_headed("own ", rest, frame_kind::binary));
    CHECK(headed->text() == "own ");
    CHECK(headed->ws() == "\x82\x0fown "sv);  // the header counts both
    CHECK(headed->rest() == rest.get());
    CHECK(headed->rest_size() == 11);
    CHECK(headed->cost() == 15 + frame::overhead);
    CHECK_FALSE(make("x")->rest());

    headed->mark_uncompressed();
    auto const whole = headed->joined();
    CHECK(whole->ws() == "\x82\x0fown shared rest"sv);
    CHECK_FALSE(whole->rest());
    CHECK(whole->is_uncompressed());
    CHECK(whole->cost() == headed->cost());
    headed = {};
    CHECK(rest->text() == "shared rest");
}

TEST_CASE("a headed frame outlives the handle of its rest, and may be empty") {
    frame_ptr const headed(
        frame::make_headed("", make(std::string(300, 'r'), frame_kind::raw), frame_kind::text));
    CHECK(headed->ws() == "\x81\x7e\x01\x2c"sv);
    CHECK(headed->rest()->text() == std::string(300, 'r'));
    CHECK(headed->joined()->text() == std::string(300, 'r'));
}

TEST_CASE("a constant frame is text of the protocol's own, shared by sessions") {
    auto const f = make_constant_frame("h");
    CHECK(f->text() == "h");
    CHECK(f->kind() == frame_kind::text);
    CHECK(f->is_protocol());
    CHECK(f->is_shared());
}

TEST_CASE("a frame's header has the shortest length that fits") {
    auto const header = [](std::size_t size) {
        auto const f = make(std::string(size, 'x'));
        CHECK(f->ws().size() - f->size() + f->text().size() == f->ws().size());
        return std::string(f->ws().substr(0, f->ws().size() - size));
    };
    CHECK(header(125) == "\x81\x7d"s);
    CHECK(header(126) == "\x81\x7e\x00\x7e"s);
    CHECK(header(65535) == "\x81\x7e\xff\xff"s);
    CHECK(header(65536) == "\x81\x7f\0\0\0\0\0\x01\0\0"s);
}

TEST_CASE("a frame costs its bytes and 64 more, and an idle one 32 bytes of its own") {
    CHECK(make("")->cost() == 64);
    CHECK(make("12345")->cost() == 69);
    CHECK(sizeof(frame) == 32);
}

TEST_CASE("a further form is built once and lives as long as the frame") {
    auto const f = make("a");
    int built = 0;
    auto const build = [&](std::string& out) {
        ++built;
        out = "data: a";
    };
    auto const first = f->form(wire_form::eventsource, build);
    auto const second = f->form(wire_form::eventsource, build);
    CHECK(first == "data: a");
    CHECK(first.data() == second.data());
    CHECK(built == 1);
    CHECK(f->form(wire_form::xhr_stream, [](std::string& out) { out = "a\n"; }) == "a\n");
    CHECK(f->form(wire_form::eventsource, build) == "data: a");
    CHECK(built == 1);
}

TEST_CASE("pointers to a frame share it, and the last one frees it") {
    auto f = make("shared");
    auto g = f;
    CHECK(g.get() == f.get());
    f = frame_ptr();
    CHECK_FALSE(f);
    CHECK(g->text() == "shared");
    auto h = std::move(g);
    g = h;
    CHECK(g->text() == "shared");
    h = make("other");
    frame_ptr const taken(h.release());
    CHECK_FALSE(h);
    CHECK(taken->text() == "other");
}

TEST_CASE("frames of every size come and go, in any number and on any thread") {
    std::vector<frame_ptr> all;
    auto const make_all = [&] {
        for (std::size_t size = 0; size < 200; ++size)
            for (int i = 0; i < 3; ++i) all.push_back(make(std::string(size, 'x')));
    };
    auto const are_right = [&] {
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i]->text() != std::string(i / 3, 'x')) return false;
        return true;
    };
    for (int round = 0; round < 2; ++round) {
        make_all();
        CHECK(are_right());
        all.clear();
    }
    // More of one size than are kept, freed by another thread than made them.
    for (int i = 0; i < 1000; ++i) all.push_back(make("0123456789"));
    std::thread([&] { all.clear(); }).join();
    make_all();
    CHECK(are_right());
}
