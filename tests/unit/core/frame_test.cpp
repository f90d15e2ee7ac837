#include "core/frame.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

using namespace anywire;
using namespace std::literals;

namespace {

frame_ptr make(std::string_view text, frame_kind kind = frame_kind::text) {
    return frame_ptr(frame::make(text, kind));
}

frame_ptr attachment(std::string_view text) {
    auto f = make(text, frame_kind::binary);
    f->mark_attachment();
    return f;
}

frame_ptr protocol(std::string_view text) {
    auto f = make(text);
    f->mark_protocol();
    return f;
}

std::vector<std::string> texts(frame_queue const& q) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < q.size(); ++i) out.emplace_back(q.at(i)->text());
    return out;
}

using strings = std::vector<std::string>;

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
    CHECK(sizeof(frame_queue) == 32);
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

TEST_CASE("a queue keeps its order over its inline slots, the heap and back") {
    frame_queue q;
    CHECK(q.empty());
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 20; ++i) q.push(make(std::to_string(i)));
        CHECK(q.size() == 20);
        q.pop(3);
        for (int i = 20; i < 40; ++i) q.push(make(std::to_string(i)));
        for (std::size_t i = 0; i < q.size(); ++i) CHECK(q.at(i)->text() == std::to_string(i + 3));
        q.pop(q.size());
        CHECK(q.empty());
        CHECK(q.bytes() == 0);
    }
}

TEST_CASE("dropping the oldest passes over the protocol's own frames") {
    frame_queue q;
    q.push(protocol("o"));
    q.push(make("1"));
    q.push(protocol("h"));
    q.push(make("2"));
    q.push(make("3"));
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"o", "h", "2", "3"});
    CHECK(q.drop_oldest());
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"o", "h"});
    CHECK_FALSE(q.drop_oldest());
    CHECK(q.bytes() == 130);
    q.clear();
    CHECK_FALSE(q.drop_oldest());
}

TEST_CASE("dropping the oldest takes its attachments along, and no others") {
    frame_queue q;
    q.push(attachment("of one that has left"));
    q.push(protocol("ping"));
    q.push(make("a"));
    q.push(attachment("a1"));
    q.push(attachment("a2"));
    q.push(protocol("pong"));
    q.push(make("b"));
    q.push(make("c"));
    q.push(attachment("c1"));
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"of one that has left", "ping", "pong", "b", "c", "c1"});
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"of one that has left", "ping", "pong", "c", "c1"});
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"of one that has left", "ping", "pong"});
    CHECK_FALSE(q.drop_oldest());
    CHECK(q.bytes() == 20 + 4 + 4 + 3 * frame::overhead);
}

TEST_CASE("a queue does as a list does, whatever is done to it") {
    std::mt19937 random(20);
    frame_queue q;
    enum class kind { message, protocol, attachment };
    std::deque<std::pair<std::string, kind>> model;
    for (int step = 0; step < 20'000; ++step) {
        switch (random() % 5) {
            case 0:
            case 1: {
                auto const dice = random() % 6;
                auto const what = dice == 0   ? kind::protocol
                                  : dice == 1 ? kind::attachment
                                              : kind::message;
                auto const text = std::to_string(step);
                q.push(what == kind::protocol     ? protocol(text)
                       : what == kind::attachment ? attachment(text)
                                                  : make(text));
                model.emplace_back(text, what);
                break;
            }
            case 2: {
                auto const n = random() % 4 % (model.size() + 1);
                q.pop(n);
                model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(n));
                break;
            }
            case 3: {
                auto const victim = std::find_if(model.begin(), model.end(), [](auto const& f) {
                    return f.second == kind::message;
                });
                REQUIRE(q.drop_oldest() == (victim != model.end()));
                if (victim == model.end()) break;
                auto const behind = std::find_if(victim + 1, model.end(), [](auto const& f) {
                    return f.second != kind::attachment;
                });
                model.erase(victim, behind);
                break;
            }
            default:
                if (random() % 50 != 0) break;
                q.clear();
                model.clear();
        }
        REQUIRE(q.size() == model.size());
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < model.size(); ++i) {
            REQUIRE(q.at(i)->text() == model[i].first);
            bytes += model[i].first.size() + frame::overhead;
        }
        REQUIRE(q.bytes() == bytes);
    }
}
