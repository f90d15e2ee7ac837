#include "toml_settings.hpp"

#include "settings_in_test.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::gateway;
using namespace std::chrono_literals;

namespace {

settings_reading read(std::string_view text) {
    return read_toml(
        text,
        "g.toml",
        source_with({{"HOME_PORT", "9000"}, {"SECRET", "0123456789abcdef"}},
                    {{"/secret", "from-a-file\n"}, {"/empty", "\n"}, {"/two", "a\nb"}}));
}

/// What is wrong with a file, as it is printed.
std::string said(std::string_view text) {
    auto const r = read(text);
    return to_text(r.problems, r.origins, "g.toml");
}

route_settings first_route(std::string_view text) {
    auto r = read(text);
    CHECK(to_text(r.problems, r.origins, "g.toml") == "");
    REQUIRE(r.settings.routes.size() == 1);
    return r.settings.routes[0];
}

}  // namespace

TEST_CASE("an empty file says nothing") {
    auto const r = read("");
    CHECK(r.problems.empty());
    CHECK(r.keys.empty());
    CHECK(r.settings.routes.empty());
    CHECK(to_toml(r.settings, true) == to_toml({}, true));
}

TEST_CASE("the process and its listeners are read") {
    auto const r = read(R"(
threads = 4
drain = "30s"
trusted_proxies = ["10.0.0.0/8", "unix:"]
proxy_style = "forwarded"
hosts = ["example.com"]
[[listen]]
address = "0.0.0.0"
port = 443
proxy_protocol = true
tls.certificate = "a.pem"
tls.key = "a.key"
tls.oldest = "1.3"
tls.more = [{ certificate = "b.pem", key = "b.key", names = ["b.example"] }]
[[listen]]
path = "/run/gateway.sock"
mode = 0o600
[[systemd]]
name = "web"
)");
    CHECK(to_text(r.problems, r.origins, "") == "");
    auto const& s = r.settings;
    CHECK(s.threads == 4);
    CHECK(s.drain == 30s);
    CHECK(s.trusted_proxies == std::vector<std::string>{"10.0.0.0/8", "unix:"});
    CHECK(s.proxy_style == anywire::proxy_fields::forwarded);
    CHECK(s.hosts == std::vector<std::string>{"example.com"});
    REQUIRE(s.listeners.size() == 2);
    CHECK(s.listeners[0].address == "0.0.0.0");
    CHECK(s.listeners[0].port == 443);
    CHECK(s.listeners[0].proxy_protocol == anywire::proxy_protocol::required);
    CHECK(s.listeners[0].tls.certificate == "a.pem");
    CHECK(s.listeners[0].tls.oldest == anywire::tls_version::tls1_3);
    REQUIRE(s.listeners[0].tls.more.size() == 1);
    CHECK(s.listeners[0].tls.more[0].names == std::vector<std::string>{"b.example"});
    CHECK(s.listeners[1].path == "/run/gateway.sock");
    CHECK(s.listeners[1].mode == 0600);
    REQUIRE(s.systemd.size() == 1);
    CHECK(s.systemd[0].name == "web");
}

TEST_CASE("operation, bounds and the site are read") {
    auto const r = read(R"(
[admin]
port = 9090
[log]
format = "json"
level = "debug"
access_file = "off"
[limits]
max_connections = 1000
header = "32k"
keep_alive = "90s"
[site]
pass_to = "http://127.0.0.1:3000"
shim = false
)");
    CHECK(to_text(r.problems, r.origins, "") == "");
    auto const& s = r.settings;
    CHECK(s.admin.port == 9090);
    CHECK(s.log.format == log_format::json);
    CHECK(s.log.level == anywire::log_level::debug);
    CHECK(s.log.access_file == "-");
    CHECK(s.limits.max_connections == 1'000);
    CHECK(s.limits.header == 32'768);
    CHECK(s.limits.keep_alive == 90s);
    CHECK(s.site.pass_to == "http://127.0.0.1:3000");
    CHECK_FALSE(s.site.shim);
}

TEST_CASE("a route is read with all its tables") {
    auto const r = first_route(R"(
[[route]]
path = "/live"
fronts = ["websocket", "sockjs"]
heartbeat = "10s"
[[route.backend]]
url = "ws://a"
weight = 3
[[route.backend]]
url = "ws://b:${HOME_PORT}"
[route.health]
check_path = "/up"
[route.forward]
headers = []
set = { "X-User" = "{cookie.user}", "X-Two" = "2" }
proxy = "v2"
[route.loss]
hold = "1m"
code = 4000
[route.stream]
framing = "length32"
[route.program]
environment.APP = "{query.app}"
[route.hooks]
publish_path = "/publish"
publish_secret = "${SECRET}"
secret_file = "/secret"
[route.limits]
max_message = 65536
overflow = "close"
)");
    CHECK(r.path == "/live");
    CHECK(r.sockjs);
    CHECK_FALSE(r.engineio);
    CHECK(r.websocket);
    CHECK(r.heartbeat == 10s);
    REQUIRE(r.backends.size() == 2);
    CHECK(r.backends[0].weight == 3);
    CHECK(r.backends[1].url == "ws://b:9000");
    CHECK(r.backends[1].weight == 1);
    CHECK(r.health.check_path == "/up");
    CHECK(r.forward.headers.empty());
    REQUIRE(r.forward.set.size() == 2);
    CHECK(r.forward.set[1] == std::pair<std::string, std::string>("X-User", "{cookie.user}"));
    CHECK(r.forward.proxy == proxy_header::v2);
    CHECK(r.loss.hold == 1min);
    CHECK(r.loss.code == static_cast<anywire::close_code>(4'000));
    CHECK(r.stream.framing == framing_kind::length32);
    REQUIRE(r.program.environment.size() == 1);
    CHECK(r.program.environment[0].second == "{query.app}");
    CHECK(r.hooks.publish_secret == "0123456789abcdef");
    CHECK(r.hooks.secret == "from-a-file");
    CHECK(r.limits.max_message == 65'536);
    CHECK(r.limits.overflow == anywire::overflow_policy::close);
}

TEST_CASE("backends of one weight are a list of texts, and a route has all fronts by itself") {
    auto const r = first_route("[[route]]\npath = '/'\nbackends = ['ws://a', 'ws://b']\n");
    REQUIRE(r.backends.size() == 2);
    CHECK(r.backends[1].url == "ws://b");
    CHECK((r.sockjs && r.engineio && r.websocket));
    CHECK(said("[[route]]\nbackends = ['a']\nbackend = [{ url = 'b' }]\n") ==
          "g.toml:2:12: both backends and backend are there; leave one of them out\n");
}

TEST_CASE("what is not known is an error with the nearest name") {
    CHECK(said("thread = 1") ==
          "g.toml:1:1: there is no setting 'thread'; did you mean 'threads'?\n");
    CHECK(said("\n[[routes]]\n") ==
          "g.toml:2:3: there is no setting 'routes'; did you mean 'route'?\n");
    CHECK(said("[[route]]\nhold = '1s'") ==
          "g.toml:2:1: [[route]] has no setting 'hold'; it belongs in [route.loss]\n");
    CHECK(said("certificate = 'a'").find("it belongs in [listen.tls] or [[listen.tls.more]]") !=
          std::string::npos);
    CHECK(said("[loss]").find("write [route.loss]") != std::string::npos);
    CHECK(said("colour = 1") ==
          "g.toml:1:1: there is no setting 'colour'; leave it out; docs/gateway.md lists all "
          "settings\n");
    CHECK(said("[log]\nformatt = 'text'").find("[log] has no setting 'formatt'") !=
          std::string::npos);
    CHECK(said("[[listen]]\n[[listen]]\ntls.more = [{ nam = [] }]")
              .find("g.toml:3:15: [[listen.tls.more]] has no setting 'nam'") != std::string::npos);
    CHECK(said("\"a\\nb\" = 1").find("'a\\u000Ab'") != std::string::npos);
}

TEST_CASE("values of another type are errors that say what to write") {
    CHECK(said("threads = '1'") ==
          "g.toml:1:11: threads is a text, not a whole number; write threads = 1\n");
    CHECK(said("threads = 1.5").find("threads is a number with a point") != std::string::npos);
    CHECK(said("threads = 1979-05-27").find("a date") != std::string::npos);
    CHECK(said("drain = true") ==
          "g.toml:1:9: drain is true or false, not a time; write drain = \"10s\"\n");
    CHECK(said("hosts = 'a'") ==
          "g.toml:1:9: hosts is a text, not a list of texts; write hosts = [\"a\"]\n");
    CHECK(said("hosts = [1]") ==
          "g.toml:1:10: hosts has an item that is not a text; put each item in quotes\n");
    CHECK(said("[limits]\nheader = []").find("not a number of bytes; write header = \"16k\"") !=
          std::string::npos);
    CHECK(said("[site]\nshim = 1").find("not true or false; write shim = true") !=
          std::string::npos);
    CHECK(said("[site]\nfiles = 1").find("not a text; write files = \"\"") != std::string::npos);
    CHECK(said("site = 1") == "g.toml:1:8: site is a whole number, not a table; write [site]\n");
    CHECK(said("[[site]]").find("site is a list, not a table") != std::string::npos);
    CHECK(said("[route]") ==
          "g.toml:1:1: route is one table, and there may be several; write [[route]]\n");
    CHECK(said("route = 1").find("not a list of tables; write [[route]]") != std::string::npos);
    CHECK(said("route = [1]").find("an item that is a whole number") != std::string::npos);
    CHECK(said("[[route]]\nbackends = 'ws://a'").find("write backends = [\"ws://a\"]") !=
          std::string::npos);
    CHECK(said("[[route]]\nbackends = [1]").find("url is a whole number") != std::string::npos);
    CHECK(said("[[route]]\nforward.set = []").find("not a table of texts") != std::string::npos);
    CHECK(said("[[route]]\nforward.set = { A = 1 }").find("A is not a text") != std::string::npos);
    CHECK(said("[[route]]\nfronts = 'sockjs'").find("not a list of texts") != std::string::npos);
    CHECK(said("[[route]]\nfronts = [1]").find("what is not a text") != std::string::npos);
    CHECK(said("[[listen]]\nmode = 'rw'").find("a number in octal") != std::string::npos);
}

TEST_CASE("values out of range are errors") {
    CHECK(said("threads = -1") ==
          "g.toml:1:11: threads is -1; write a number from 0 to 4294967295\n");
    CHECK(said("[admin]\nport = 65536") ==
          "g.toml:2:8: port is 65536; write a number from 0 to 65535\n");
    CHECK(said("drain = 10").find("a time without a unit; write \"10s\" or \"10ms\"") !=
          std::string::npos);
    CHECK(said("drain = -10").find("a time without a unit") != std::string::npos);
    CHECK(said("drain = 0").empty());
    CHECK(said("drain = '10 s'").find("drain is no time: \"10 s\"") != std::string::npos);
    CHECK(said("[limits]\nheader = '1x'").find("no number of bytes: \"1x\"") != std::string::npos);
    CHECK(said("[limits]\nheader = -1").find("no number of bytes: -1") != std::string::npos);
    CHECK(said("[log]\nformat = 'xml'") ==
          "g.toml:2:10: format cannot be \"xml\"; write \"text\" or \"json\"\n");
    CHECK(said("[[route]]\nfronts = ['sockj']").find("did you mean \"sockjs\"?") !=
          std::string::npos);
    CHECK(said("[[route]]\nfronts = ['telnet']")
              .find("write fronts = [\"sockjs\", \"engineio\", \"websocket\"]") !=
          std::string::npos);
    for (auto const* const mode : {"660", "0o1000", "0x1ff", "-1"})
        CHECK(said(std::string("[[listen]]\nmode = ") + mode).find("in octal, as 0o660") !=
              std::string::npos);
    CHECK(said("drain = '" + std::string(1'000, '9') + "'").size() < 300);
}

TEST_CASE("texts hold variables of the environment, and no control characters") {
    CHECK(said("hosts = ['${NOPE}']") ==
          "g.toml:1:10: the environment has no variable NOPE; set it, or write $${ for the "
          "characters themselves\n");
    CHECK(said("drain = '${NOPE}'").find("NOPE") != std::string::npos);
    CHECK(said("[limits]\nheader = '${NOPE}'").find("NOPE") != std::string::npos);
    CHECK(said("[log]\nformat = '${NOPE}'").find("NOPE") != std::string::npos);
    CHECK(said("[[route]]\nbackends = ['${NOPE}']").find("g.toml:2:13") != std::string::npos);
    CHECK(said("[[route]]\nfronts = ['${NOPE}']").find("NOPE") != std::string::npos);
    CHECK(said("[[route]]\nforward.set = { A = '${NOPE}' }").find("NOPE") != std::string::npos);
    CHECK(said("[site]\nfiles = \"a\\u0000b\"") ==
          "g.toml:2:9: files holds a control character; write it without line ends and tabs\n");
    CHECK(read("[site]\nfiles = '$${x}'").settings.site.files == "${x}");
}

TEST_CASE("a secret stands in the file, in the environment or in a file of its own") {
    auto const hooks = [](std::string const& lines) {
        return "[[route]]\n[route.hooks]\n" + lines;
    };
    CHECK(said(hooks("secret = 'a'\nsecret_file = '/secret'")) ==
          "g.toml:4:15: both secret and secret_file are there; leave one of them out\n");
    CHECK(said(hooks("secret_file = '/nowhere'")).find("g.toml:3:15: '/nowhere' cannot be read") !=
          std::string::npos);
    CHECK(said(hooks("secret_file = '/empty'")).find("'/empty' is empty") != std::string::npos);
    CHECK(said(hooks("secret_file = '/two'")).find("more than one line") != std::string::npos);
    CHECK(said(hooks("secret_file = 1")).find("not a text") != std::string::npos);
    CHECK(said(hooks("secret_file = '${NOPE}'")).find("NOPE") != std::string::npos);
    CHECK(said(hooks("secret = 1")).find("write secret = \"${NAME}\"") != std::string::npos);
}

TEST_CASE("what is wrong with settings is said at the line of the setting") {
    auto r = read(
        "threads = 1000\n[[route]]\npath = 'live'\nbackends = [\n  'ws://a',\n  'x',\n]\n"
        "[route.loss]\nhold = '5d'\n");
    complete(r.settings);
    CHECK(to_text(check_settings(r.settings), r.origins, "g.toml") ==
          "g.toml:1:11: threads is 1000; write 0 to 256\n"
          "g.toml:3:8: the path live is not one that a request can have; begin it with '/', as "
          "/live\n"
          "g.toml:6:3: the URL of a backend is not valid: it begins with no known scheme: x; begin "
          "with ws://, wss://, ws+unix:, engineio://, engineios://, stdio:, http://, https://, "
          "tcp:// or unix:\n"
          "g.toml:9:8: hold is 5d; write 0s to 1d\n");
    // A key that was not written is said at the table that it is in, or of the file.
    CHECK(r.origins.find("route[0].loss.code") == "g.toml:8:1");
    CHECK(r.origins.find("route[0].health.fall") == "g.toml:2:1");
    CHECK(r.origins.find("listen") == "");
    CHECK(r.origins.has("route[0].loss.hold"));
    CHECK_FALSE(r.origins.has("route[0].loss.code"));
}

TEST_CASE("all problems of a file are said, in its order") {
    CHECK(said("threads = 'x'\nnonsense = 1\n[[route]]\npath = 1\n[log]\nlevel = 'x'\nx = 1\n") ==
          "g.toml:1:11: threads is a text, not a whole number; write threads = 1\n"
          "g.toml:2:1: there is no setting 'nonsense'; leave it out; docs/gateway.md lists all "
          "settings\n"
          "g.toml:4:8: path is a whole number, not a text; write path = \"/\"\n"
          "g.toml:6:9: level cannot be \"x\"; write \"error\" or \"info\" or \"debug\"\n"
          "g.toml:7:1: [log] has no setting 'x'; leave it out; docs/gateway.md lists all "
          "settings\n");
}

TEST_CASE("what is no TOML is said with its place") {
    for (auto const* const bad : {"a",
                                  "a =",
                                  "= 1",
                                  "[a",
                                  "a = 1\na = 2",
                                  "a = 'b",
                                  "\x01",
                                  "\xff",
                                  "[a]\n[a]",
                                  "a = [1,, 2]",
                                  "a = 1_",
                                  "\"\\x\" = 1"}) {
        INFO(bad);
        auto const r = read(bad);
        CHECK(r.is_broken);
        REQUIRE(r.problems.size() == 1);
        CHECK(to_text(r.problems, r.origins, "").starts_with("g.toml:"));
    }
    CHECK(said("a = 1\nb = [").starts_with("g.toml:2:"));
    CHECK(said(std::string(5u << 20, '#')) == "g.toml:1:1: the file is longer than 4 MiB\n");
}

TEST_CASE("depth without end is refused before it is read") {
    auto const deep = [](std::string const& one, std::size_t n) {
        std::string out;
        for (std::size_t i = 0; i < n; ++i) out += one;
        return out;
    };
    auto const n = 200'000u;
    CHECK(said("[" + deep("a.", n) + "a]").find("more than 32 deep") != std::string::npos);
    CHECK(said(deep("a.", n) + "a = 1").find("more than 32 deep") != std::string::npos);
    CHECK(said(deep("'a' . ", n) + "a = 1").find("more than 32 deep") != std::string::npos);
    CHECK(said("a = {" + deep("b.", n) + "b = 1}").find("more than 32 deep") != std::string::npos);
    CHECK_FALSE(said("a = " + deep("[", n)).empty());
    CHECK_FALSE(said("a = " + deep("{a=", n)).empty());
    CHECK(said("a = " + deep("[", 40) + deep("]", 40)).find("more than 32 deep") !=
          std::string::npos);
    std::string by_headers;
    for (std::string key = "a"; key.size() < 80; key += ".a") by_headers += "[[" + key + "]]\n";
    CHECK_FALSE(said(by_headers).empty());
    // Dots in texts are no depth.
    CHECK(said("hosts = ['" + deep("a.", 40) + "a']\n# " + deep(".", 100)).empty());
    CHECK(said("hosts = [\"\"\"" + deep("a.", 40) + "\\\"\"\"\"]").empty());
}

TEST_CASE("settings that were written read back the same") {
    gateway_settings s;
    s.threads = 3;
    s.hosts = {"example.com", "*.example.com"};
    s.log.access_file = "-";
    s.listeners = {{.address = "::", .port = 1}, {.path = "/run/${x}", .mode = 0600}};
    s.listeners[0].tls.more = {{.certificate = "a", .key = "b", .names = {"c"}}};
    s.systemd = {{.name = "web", .proxy_protocol = anywire::proxy_protocol::required}};
    s.routes.push_back(
        {.path = "/a", .sockjs = true, .backends = {{.url = "ws://a", .weight = 2}}});
    s.routes[0].forward.set = {{"X-\"Quoted\"", "\\ and ${this}"}};
    s.routes[0].hooks.secret = "s";
    s.routes[0].limits.max_message = 1'000'001;
    s.routes[0].loss.hold = 1'500ms;
    s.routes.push_back({.path = "/b", .engineio = true});
    for (auto const all : {true, false}) {
        auto const text = to_toml(s, all);
        INFO(text);
        auto const r = read(text);
        CHECK(to_text(r.problems, r.origins, "g.toml") == "");
        CHECK(to_toml(r.settings, true) == to_toml(s, true));
    }
    CHECK(to_toml(good_settings(), false) ==
          "[[listen]]\n\n[[route]]\npath = \"/live\"\nfronts = [\"sockjs\"]\n\n[[route.backend]]\n"
          "url = \"ws://127.0.0.1:9000\"\n");
}
