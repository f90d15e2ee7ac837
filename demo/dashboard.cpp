// A live dashboard: who has logged in watches figures, over SockJS or WebSocket, and sets limits.
#include <anywire/json.hpp>

#include "example.hpp"

#include <fstream>
#include <map>
#include <mutex>
#include <random>

namespace {

struct figure {
    std::string title{}, unit{};
    double value = 0;
    std::optional<double> most{};  // the limit, and who has set it
    std::string by{};
};
ANYWIRE_JSON(figure, title, unit, value, most, by)

struct wish {  // of a page
    std::string name{};
    std::optional<bool> watch{};
    std::optional<double> most{};
};
ANYWIRE_JSON(wish, name, watch, most)

struct dashboard {
    anywire::endpoint pages{};
    std::mutex lock{};                           // of the rest: with --threads many come here
    std::map<std::string, std::string> users{};  // by the token in their cookie
    std::map<std::string, figure> figures{{"load", {"Load of the machine"}},
                                          {"memory", {"Memory of this server", "MB"}},
                                          {"sessions", {"Sessions"}},
                                          {"copper", {"Copper", "$/t", 9300}},
                                          {"tin", {"Tin", "$/t", 31000}}};
    std::mt19937 random{};
    std::normal_distribution<double> change{1, 0.0005};

    anywire::http_answer log_in(anywire::route_request const& r) {
        auto const name = r.form("name").value_or("");
        if (name.empty() || name.size() > 40) return {.status = 400, .body = "a name, please"};
        std::random_device secret;
        auto const token = std::to_string(secret()) + "-" + std::to_string(secret());
        std::lock_guard const hold(lock);
        users[token] = name;
        return anywire::http_answer{.status = 204}.set_cookie({.name = "user"}, token);
    }
    std::string user_of(auto const& request) {  // empty for strangers
        std::lock_guard const hold(lock);
        auto const found = users.find(request.cookie("user").value_or(""));
        return found == users.end() ? "" : found->second;
    }
    void take(anywire::session& s, anywire::message_view m) {
        auto const want = anywire::from_json<wish>(m.data);
        std::lock_guard const hold(lock);
        auto const known = figures.find(want ? want->name : "");
        if (known == figures.end()) return s.close(anywire::close_code(4000), "no such figure");
        auto& [name, f] = *known;
        if (want->watch) *want->watch ? void(s.join(name)) : s.leave(name);
        if (!want->most) return (void)s.send_latest(name, anywire::to_json_text({{name, f}}));
        f.most = want->most;
        f.by = std::any_cast<std::string>(s.data());
        pages.broadcast(anywire::to_json_text({{name, f}}));
    }
    void measure() {
        std::lock_guard const hold(lock);
        std::ifstream("/proc/loadavg") >> figures["load"].value;
        std::ifstream("/proc/self/statm").ignore(32, ' ') >> figures["memory"].value;
        figures["memory"].value *= 4096 / 1e6;  // it is counted in pages
        figures["sessions"].value = static_cast<double>(pages.session_count());
        for (auto const* metal : {"copper", "tin"}) figures[metal].value *= change(random);
        for (auto const& [name, f] : figures)  // slow readers get the newest only
            pages.to(name).latest(name).send(anywire::to_json_text({{name, f}}));
    }
};

void serve(example::arguments const& args) {
    dashboard board;
    anywire::handlers const all{
        .on_open =
            [&](anywire::session& s) {
                std::lock_guard const hold(board.lock);
                s.send(anywire::to_json_text(board.figures));
            },
        .on_message = [&](anywire::session& s, anywire::message_view m) { board.take(s, m); },
        .authorize =
            [&](anywire::request const& r, anywire::decision decide) {
                auto const user = board.user_of(r);
                user.empty() ? decide.refuse(401, "log in first") : decide.accept(user);
            }};
    anywire::server server(args.server);
    board.pages = server.mount("/sockjs", anywire::sockjs_options{}, all);
    server.mount("/ws", anywire::websocket_options{}, board.pages);  // the same audience
    server.every(std::chrono::milliseconds(250), [&] { board.measure(); });
    server.route("POST", "/login", [&](auto const& r) { return board.log_in(r); });
    server.route("GET", "/user", [&](auto const& r) {
        return anywire::http_answer{.body = board.user_of(r)};
    });
    server.mount_health("/health");
    server.mount_metrics("/metrics", {.allow = [&](auto& r) { return board.user_of(r) != ""; }});
    server.serve_files("/sockjs-client", args.folder + "/node_modules/sockjs-client/dist");
    server.serve_files("/style", args.folder + "/style");
    server.serve_files("/", args.folder + "/dashboard");
    example::serve(server);
}

}  // namespace

int main(int argc, char** argv) {
    return example::main(argc, argv, serve);
}
