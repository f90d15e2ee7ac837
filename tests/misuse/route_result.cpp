// what a route returns is its answer: an anywire::http_answer
void program(anywire::server& server) {
    server.route("GET", "/", [](anywire::route_request const&) -> std::string { return "hello"; });
}
