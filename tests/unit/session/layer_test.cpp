// A protocol over sessions: what it keeps of one, how it sends, how it ends one.
#include <anywire/layer.hpp>

#include "support/engineio_fixture.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

/// What a protocol of tests keeps of a session: it writes down what it hears.
class part final : public layer_session {
public:
    part(session_below b, strings& to, int& count) : below(b), heard(to), alive(count) { ++alive; }
    ~part() override { --alive; }

    void on_open() override { heard.emplace_back("open"); }
    void on_message(message_view m) override {
        heard.emplace_back(m.data);
        if (m.data == "throw") throw std::runtime_error("thrown");
    }
    void on_drain() override { heard.emplace_back("drain"); }
    void on_close(close_event const& how) override {
        heard.emplace_back(std::string("close ").append(to_string(how.reason)));
    }

    session_below below;

private:
    strings& heard;
    int& alive;
};

class protocol final : public layer_of<part> {
public:
    strings heard{};
    int alive = 0;
    bool fails = false;

protected:
    std::unique_ptr<part> make(session_below below) override {
        if (fails) throw std::runtime_error("no part");
        return std::make_unique<part>(below, heard, alive);
    }
};

std::shared_ptr<protocol> put_over(world& w) {
    auto over = std::make_shared<protocol>();
    w.app = layer::as_handlers(over);
    return over;
}

std::string_view body_of_600() {
    static std::string const text(600, 'b');
    return text;
}

}  // namespace

TEST_CASE("a layer hears what a session's application would") {
    world w(
        {.max_queued_bytes = 1024, .overflow = overflow_policy::refuse, .max_burst_bytes = 1024});
    auto const over = put_over(w);
    auto& transport = w.transport();
    auto& s = w.plain(transport, "the application's");
    w.receive(s, transport, "hi");
    transport.block(2000);
    CHECK(s.send(std::string(900, 'x')));
    CHECK(s.send("more").error() == errc::send_queue_full);
    w.loop.flush();
    CHECK(std::any_cast<std::string>(s.data()) == "the application's");
    w.unblock(s, transport);
    CHECK(over->alive == 1);
    w.close(s);
    CHECK(over->heard == strings{"open", "hi", "drain", "close server_closed"});
    CHECK(over->alive == 0);
}

TEST_CASE("a layer finds its part of a session, and no other layer does") {
    world w;
    auto const over = put_over(w);
    protocol const another;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    auto* const found = over->find(s);
    REQUIRE(found);
    CHECK(&*found->below == &s);
    CHECK(another.find(s) == nullptr);
    world without;
    CHECK(over->find(without.plain(without.transport())) == nullptr);
}

TEST_CASE("a layer that throws ends the session") {
    world w;
    auto const over = put_over(w);
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    w.receive(s, transport, "throw");
    CHECK(over->heard == strings{"open", "throw", "close handler_failed"});
    CHECK(transport.goodbye == "1011 handler failed");
    CHECK(over->alive == 0);

    over->fails = true;
    auto& second = w.transport();
    (void)w.plain(second);
    CHECK(second.goodbye == "1011 handler failed");
    CHECK(w.sessions() == 0);
}

TEST_CASE("a layer's part goes with a session that ends untold") {
    auto const over = std::make_shared<protocol>();
    {
        handlers const app = layer::as_handlers(over);
        world w;
        endpoint_core other{w.loop, app, w.limits, w.counters, siphash_key{1, 2}};
        auto* const s = new plain_session(other, {}, w.no_ping);
        other.add(s);
        w.loop.flush();
        CHECK(over->alive == 1);
    }
    CHECK(over->alive == 0);
    CHECK(over->heard == strings{"open"});
}

// -- sending --------------------------------------------------------------------------------------

TEST_CASE("a head of one's own stands before a rest that is encoded once") {
    world w;
    auto const over = put_over(w);
    shared_message rest(body_of_600());
    std::vector<fake_transport*> transports;
    std::vector<session_base*> all;
    for (int i = 0; i < 2; ++i) {
        transports.push_back(&w.transport());
        transports.back()->takes_pieces = true;
        all.push_back(&w.plain(*transports.back()));
    }
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(over->find(*all[i])->below.send_headed(i == 0 ? "one:" : "two:", rest));
    CHECK(all[0]->queued_bytes() == 604 + frame::overhead);
    w.loop.flush();
    CHECK(transports[0]->take() == strings{std::string("one:").append(body_of_600())});
    CHECK(transports[1]->take() == strings{std::string("two:").append(body_of_600())});
}

TEST_CASE("a carrier that gathers gets the rest from where it is, another one all in one piece") {
    for (auto const gathers : {true, false}) {
        world w;
        auto const over = put_over(w);
        auto& transport = w.transport();
        transport.takes_pieces = gathers;
        auto& s = w.plain(transport);
        shared_message rest(body_of_600());
        CHECK(over->find(s)->below.send_headed("head ", rest));
        CHECK(s.send("after"));
        w.loop.flush();
        CHECK(transport.take() == strings{std::string("head ").append(body_of_600()), "after"});
    }
}

TEST_CASE("what is sent in two parts is what each dialect makes of the whole") {
    std::string const head = "h\"\n\xc3\xa4:";
    std::string const rest_text = std::string("\"rest\"\x01 ").append(body_of_600());
    for (auto const* text : {"", rest_text.c_str()}) {
        for (auto const binary : {false, true}) {
            for (auto const r : {revision::v4, revision::v3})
                for (auto const base64 : {false, true}) {
                    engineio_world w;
                    auto const over = put_over(w);
                    auto& transport = w.transport();
                    auto setup = w.setup_of(r, true);
                    setup.base64 = base64;
                    auto& s = w.open(std::move(setup), &transport);
                    (void)transport.take();
                    shared_message rest(message_view{text, binary});
                    CHECK(over->find(s)->below.send_headed(head, rest));
                    auto const joined = head + text;
                    CHECK(s.send(message_view{std::string_view(joined), binary}));
                    w.loop.flush();
                    auto const both = transport.take();
                    REQUIRE(both.size() == 2);
                    CHECK(both[0] == both[1]);
                }
            for (int dialect = 0; dialect < 3; ++dialect) {
                world w;
                auto const over = put_over(w);
                auto& transport = w.transport(dialect == 2 ? carrier::stream : carrier::duplex);
                session_base& s = dialect == 0 ? static_cast<session_base&>(w.plain(transport))
                                  : dialect == 1
                                      ? static_cast<session_base&>(w.sockjs_websocket(transport))
                                      : w.sockjs(&transport, "id");
                (void)transport.take();
                shared_message rest(message_view{text, binary});
                CHECK(over->find(s)->below.send_headed(head, rest));
                auto const joined = head + text;
                CHECK(s.send(message_view{std::string_view(joined), binary}));
                w.loop.flush();
                auto const both = transport.take();
                REQUIRE(both.size() == 2);
                CHECK(both[0] == both[1]);
            }
        }
    }
}

TEST_CASE("neither part of a text may be anything but UTF-8") {
    engineio_world w;
    auto const over = put_over(w);
    auto& transport = w.transport();
    auto const below = over->find(w.plain(transport))->below;
    auto setup = w.setup_of(revision::v4, true);
    setup.base64 = true;
    auto const other = over->find(w.open(std::move(setup), &w.transport()))->below;
    for (auto const b : {below, other}) {
        shared_message good("text");
        shared_message bad("\xff");
        CHECK(b.send_headed("\xc3", good).error() == errc::bad_utf8);
        CHECK(b.send_headed("head", bad).error() == errc::bad_utf8);
        CHECK(b->queued_bytes() <= 3 + frame::overhead);
    }
    w.loop.flush();
    CHECK(transport.take().empty());
}

TEST_CASE("a packet of a layer's goes as a whole or not at all, and its own words always go") {
    world w(
        {.max_queued_bytes = 1024, .overflow = overflow_policy::refuse, .max_burst_bytes = 1024});
    auto const over = put_over(w);
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    auto const below = over->find(s)->below;
    transport.block(1);
    auto const make = [](std::size_t size, bool is_attachment) {
        frame_ptr f(frame::make(std::string(size, 'x'), frame_kind::text));
        if (is_attachment) f->mark_attachment();
        return f;
    };
    std::vector first{make(500, false), make(100, true)};
    CHECK(below.send_frames(first));
    w.loop.flush();
    std::vector second{make(1, false), make(500, true)};
    CHECK(below.send_frames(second));  // the transport has taken the first
    auto refused = std::vector{make(1, false), make(900, true)};
    CHECK(below.send_frames(refused).error() == errc::send_queue_full);
    CHECK(refused[1]);
    CHECK(below.admit(900).error() == errc::send_queue_full);
    CHECK(below.admit(1, sending::volatile_).error() == errc::message_dropped);
    auto own = make(900, false);
    own->mark_protocol();
    below.send_own(std::move(own));
    transport.answer = then::ready;
    w.writable(s, transport);
    CHECK(transport.take().size() == 5);
}

// -- the end --------------------------------------------------------------------------------------

TEST_CASE("a layer ends a session after its queue, at once, or silently") {
    for (auto const when : {ending::after_queue, ending::now, ending::silently}) {
        world w;
        auto const over = put_over(w);
        auto& transport = w.transport();
        auto& s = w.plain(transport);
        CHECK(s.send("queued"));
        over->find(s)->below.end(close_reason::protocol_error, when, "wrong");
        w.loop.flush();
        CHECK(transport.take() == (when == ending::after_queue ? strings{"queued"} : strings{}));
        CHECK(transport.goodbye == (when == ending::silently ? "" : "1002 wrong"));
        CHECK(over->heard == strings{"open", "close protocol_error"});
        CHECK(over->alive == 0);
    }
}
