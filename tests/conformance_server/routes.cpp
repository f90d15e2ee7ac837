// Routes of an application's own, for the tests that ask by curl.
#include "conformance.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace conformance {

void mount_routes(anywire::server& server) {
    using anywire::http_answer;
    using anywire::http_responder;
    using anywire::route_request;
    server.route("POST", "/rest/login/:name", [](route_request const& r) {
        if (r.form("secret") != "open sesame") return http_answer{.status = 401, .body = "no\n"};
        http_answer a{.status = 204};
        a.set_cookie({.name = "user"}, r.param("name"));
        return a;
    });
    server.route("GET", "/rest/me", [](route_request const& r) {
        auto const user = r.cookie("user");
        return user ? http_answer{.body = *user + "\n"} : http_answer{.status = 401};
    });
    server.route("GET", "/rest/later", [](route_request const&, http_responder to) {
        std::thread([to = std::move(to)] { to.answer(200, "from a thread\n"); }).detach();
    });
}

}  // namespace conformance
