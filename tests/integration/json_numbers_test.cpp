// Numbers that no double holds are JSON all the same: over the wire, in every place where JSON
// comes.
#include "integration/echo_test_server.hpp"
#include "integration/socketio_client.hpp"

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

// Beside them zero, which has any exponent, and a modulus of a key.
std::vector<std::string> numbers() {
    return {"0e999", "1e309", "-1E400", std::string(617, '7')};
}

}  // namespace

TEST_CASE("a number of any size is no reason to close a Socket.IO connection") {
    socketio_test_server tested(1, [](sio::server const& io, notes& seen) {
        io.on("value", [](sio::json_value v, sio::ack<sio::json_value> done) { done(v); });
        io.on("rest", [](sio::socket& s, sio::arguments all) { s.emit("rest", all); });
        io.on("number", [](double d, sio::ack<double> done) { done(d); });
        io.on("ask", [&seen](sio::socket& s) {
            s.emit("q", [&seen](sio::json_view v) { seen.add("view " + std::string(v.text())); });
            s.emit("q", [&seen](error_code e, double) {
                seen.add(e == errc::bad_arguments ? "unfit" : "a double");
            });
        });
        io.on_connection([](sio::socket& s) { s.emit("auth", s.auth()); });
    });
    for (auto const& n : numbers()) {
        CAPTURE(n);
        auto const is_zero = n == "0e999";
        sio_client c(tested.port());
        (void)c.join("/", "{\"n\":" + n + "}");
        CHECK(c.until("2") == R"(2["auth",{"n":)" + n + "}]");
        c.packet("21[\"value\"," + n + "]");
        CHECK(c.next() == "31[" + n + "]");
        c.packet("2[\"rest\"," + n + ",[" + n + "]]");
        CHECK(c.next() == "2[\"rest\"," + n + ",[" + n + "]]");
        c.packet("22[\"number\"," + n + "]");
        CHECK(c.next() == (is_zero ? "32[0]" : R"(32[{"error":"argument 1: expected number"}])"));
        c.packet("2[" + n + "]");  // a name
        c.packet(R"(2["ask"])");
        for (int i = 0; i < 2; ++i) {
            auto const q = c.until("2");
            c.packet("3" + q.substr(1, q.find('[') - 1) + "[" + n + "]");
        }
        CHECK(tested.seen.wait_for("view " + n));
        CHECK(tested.seen.wait_for(is_zero ? "a double" : "unfit"));
        CHECK(c.flush().empty());
    }
}

TEST_CASE("a number among SockJS messages is not what is expected, but JSON") {
    echo_test_server h;
    raw_client c(h.server.port());
    CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
    for (auto const& n : numbers()) {
        CAPTURE(n);
        for (auto const& body : {"[" + n + "]", R"(["a",)" + n + "]", n}) {
            auto const refused = c.post("/echo/000/abc/xhr_send", body);
            CHECK(refused.status == 500);
            CHECK(refused.body == "Payload expected.");
        }
    }
    CHECK(c.post("/echo/000/abc/xhr_send", "[1e309x]").body == "Broken JSON encoding.");
    CHECK(c.post("/echo/000/abc/xhr_send", R"(["[1e309]"])").status == 204);
    CHECK(c.post("/echo/000/abc/xhr").body == "a[\"[1e309]\"]\n");
}
