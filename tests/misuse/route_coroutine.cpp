// a route that has a responder returns nothing, or anywire::task<>
#include <anywire/coro.hpp>
void program(anywire::server& server) {
    server.route("GET",
                 "/",
                 [](anywire::route_request const&, anywire::http_responder)
                     -> anywire::task<anywire::http_answer> { co_return anywire::http_answer{}; });
}
