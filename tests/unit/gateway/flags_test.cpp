#include "flags.hpp"

#include "flag_words.hpp"
#include "settings_in_test.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire::gateway;
using namespace std::chrono_literals;

namespace {

constexpr auto good_file =
    "threads = 2\n"
    "[[listen]]\nport = 8443\ntls.certificate = 'a.pem'\ntls.key = 'a.key'\n"
    "[[route]]\npath = '/live'\nbackends = ['ws://a']\n";

command told(std::vector<std::string> words) {
    words.insert(words.begin(), "anywire-gateway");
    std::vector<char const*> all;
    for (auto const& w : words) all.push_back(w.c_str());
    return read_command_line(static_cast<int>(all.size()),
                             all.data(),
                             source_with({},
                                         {{"good.toml", good_file},
                                          {"bad.toml", "threads = 'x'\n[[route]]\npath = 'live'\n"},
                                          {"broken.toml", "threads = \n"}}));
}

gateway_settings run(std::vector<std::string> words) {
    auto const c = told(std::move(words));
    CHECK(c.text == "");
    CHECK(c.exit_code == 0);
    REQUIRE(c.what == command::kind::run);
    return c.settings;
}

std::string mistake(std::vector<std::string> words) {
    auto const c = told(std::move(words));
    CHECK(c.what == command::kind::mistake);
    CHECK(c.exit_code == 2);
    CHECK(c.text.ends_with('\n'));
    return c.text;
}

}  // namespace

TEST_CASE("a path and a backend are enough") {
    auto const s = run({"--sockjs", "/live", "--backend", "ws://127.0.0.1:9000"});
    REQUIRE(s.listeners.size() == 1);
    CHECK(s.listeners[0].address == "127.0.0.1");
    CHECK(s.listeners[0].port == 8080);
    REQUIRE(s.routes.size() == 1);
    CHECK(s.routes[0].path == "/live");
    CHECK((s.routes[0].sockjs && !s.routes[0].engineio && !s.routes[0].websocket));
    CHECK(s.routes[0].kind == backend_kind::websocket);
    REQUIRE(s.routes[0].backends.size() == 1);
    CHECK(s.routes[0].backends[0].url == "ws://127.0.0.1:9000");
}

TEST_CASE("all backends serve all paths, and fronts of one path are one route") {
    auto const s = run({"--sockjs",
                        "/a",
                        "--websocket",
                        "/a",
                        "--engineio",
                        "/b",
                        "--all",
                        "/c",
                        "--backend",
                        "tcp://a:1",
                        "--backend",
                        "tcp://b:1",
                        "--origin",
                        "https://example.com"});
    REQUIRE(s.routes.size() == 3);
    CHECK(s.routes[0].path == "/a");
    CHECK((s.routes[0].sockjs && !s.routes[0].engineio && s.routes[0].websocket));
    CHECK((!s.routes[1].sockjs && s.routes[1].engineio && !s.routes[1].websocket));
    CHECK((s.routes[2].sockjs && s.routes[2].engineio && s.routes[2].websocket));
    for (auto const& r : s.routes) {
        CHECK(r.kind == backend_kind::stream);
        CHECK(r.backends.size() == 2);
        CHECK(r.origins == std::vector<std::string>{"https://example.com"});
    }
}

TEST_CASE("flags say where to listen, and how to be watched") {
    auto const s = run({"--all",
                        "/live",
                        "--backend",
                        "ws://a",
                        "--listen",
                        "0.0.0.0:443",
                        "--listen",
                        "[::1]:8443",
                        "--listen",
                        "unix:/run/g",
                        "--tls-certificate",
                        "a.pem",
                        "--tls-key",
                        "a.key",
                        "--trusted-proxy",
                        "10.0.0.0/8",
                        "--host",
                        "example.com",
                        "--threads",
                        "0",
                        "--drain",
                        "1m",
                        "--files",
                        "www",
                        "--admin",
                        "127.0.0.1:9090",
                        "--log-format",
                        "json",
                        "--log-level",
                        "debug",
                        "--access-log",
                        "off",
                        "--systemd",
                        "web"});
    REQUIRE(s.listeners.size() == 3);
    CHECK(s.listeners[0].address == "0.0.0.0");
    CHECK(s.listeners[0].port == 443);
    CHECK(s.listeners[1].address == "::1");
    CHECK(s.listeners[2].path == "/run/g");
    for (auto const& l : s.listeners) CHECK(l.tls.certificate == "a.pem");
    REQUIRE(s.systemd.size() == 1);
    CHECK(s.systemd[0].name == "web");
    CHECK(s.systemd[0].tls.key == "a.key");
    CHECK(s.trusted_proxies == std::vector<std::string>{"10.0.0.0/8"});
    CHECK(s.hosts == std::vector<std::string>{"example.com"});
    CHECK(s.threads == 0);
    CHECK(s.drain == 1min);
    CHECK(s.site.files == "www");
    CHECK(run({"--pass-to", "http://b:1"}).site.pass_to == "http://b:1");
    CHECK(s.admin.port == 9090);
    CHECK(s.log.format == log_format::json);
    CHECK(s.log.level == anywire::log_level::debug);
    CHECK(s.log.access_file == "-");
}

TEST_CASE("flags of operation have more than one form") {
    CHECK(run({"--files", "www", "--admin", "unix:/run/admin"}).admin.path == "/run/admin");
    CHECK(run({"--files", "www", "--admin", "127.0.0.1:0"}).admin.is_wanted());
    CHECK_FALSE(run({"--files", "www"}).admin.is_wanted());
    CHECK(run({"--files", "www", "--access-log", "/var/log/a"}).log.access_file == "/var/log/a");
    CHECK(run({"--files", "www", "--access-log", "-"}).log.access_file == "");
    auto const tls = run({"--files", "www", "--tls-certificate", "a", "--tls-key", "b"});
    REQUIRE(tls.listeners.size() == 1);
    CHECK(tls.listeners[0].port == 8080);
    CHECK(tls.listeners[0].tls.key == "b");
    CHECK(run({"--files", "www", "--systemd", ""}).listeners.empty());
}

TEST_CASE("places to listen at are written with a port") {
    CHECK(parse_listen_place("127.0.0.1:80")->port == 80);
    CHECK(parse_listen_place("[::]:0")->address == "::");
    CHECK(parse_listen_place("localhost:80")->address == "localhost");  // `check_settings` says why
    CHECK(parse_listen_place("unix:/a")->path == "/a");
    for (auto const* const bad : {"",
                                  "80",
                                  ":80",
                                  "a:",
                                  "::1:80",
                                  "[::1]",
                                  "a:65536",
                                  "a:-1",
                                  "a:80x",
                                  "unix:",
                                  "unix:a",
                                  "[::1]x:80"})
        CHECK_FALSE(parse_listen_place(bad));
}

TEST_CASE("mistakes are said with their flags, and what to write") {
    CHECK(mistake({}).find("no route") != std::string::npos);
    CHECK(mistake({}).find("--sockjs /live --backend ws://127.0.0.1:9000") != std::string::npos);
    CHECK(mistake({"--nonsense"}).find("--nonsense") != std::string::npos);
    CHECK(mistake({"--nonsense"}).find("--help") != std::string::npos);
    CHECK(mistake({"word"}).find("word") != std::string::npos);
    CHECK(mistake({"--sockjs"}).find("--sockjs") != std::string::npos);
    CHECK(mistake({"--threads", "x"}).find("--threads") != std::string::npos);
    CHECK(mistake({"--log-format", "xml"}).find("--log-format") != std::string::npos);
    CHECK(mistake({"check"}).find("file") != std::string::npos);
    CHECK(
        mistake({"--sockjs", "/live"}) ==
        "--sockjs /live: the route has no backend; write backends = [\"ws://127.0.0.1:9000\"], or "
        "--backend ws://127.0.0.1:9000\n");
    CHECK(mistake({"--backend", "ws://a"}).find("nothing says where clients come in") !=
          std::string::npos);
    CHECK(mistake({"--origin", "*"}).find("nothing says where clients come in") !=
          std::string::npos);
    CHECK(mistake({"--files", "w", "--listen", "8080"}).starts_with("--listen 8080: "));
    CHECK(mistake({"--files", "w", "--admin", "x"}).starts_with("--admin x: "));
    CHECK(mistake({"--files", "w", "--drain", "10"}).starts_with("--drain 10: "));
    CHECK(mistake({"--files", "w", "--threads", "999"}).starts_with("--threads 999: "));
    CHECK(mistake({"--files", "w", "--listen", "localhost:80"})
              .starts_with("--listen localhost:80: localhost is not an IP address"));
    CHECK(mistake({"--files", "w", "--trusted-proxy", "x"}).starts_with("--trusted-proxy x: "));
    CHECK(mistake({"--files", "w", "--tls-key", "x"}).find("no certificate") != std::string::npos);
    // Several are said at once.
    auto const many = mistake({"--sockjs", "live", "--backend", "x", "--threads", "999"});
    CHECK(many.find("--sockjs live: ") != std::string::npos);
    CHECK(many.find("--backend x: ") != std::string::npos);
    CHECK(many.find("--threads 999: ") != std::string::npos);
}

TEST_CASE("a file is read, and some flags go before it") {
    auto const s = run({"--config", "good.toml"});
    CHECK(s.threads == 2);
    CHECK(s.listeners[0].port == 8443);
    CHECK(s.routes[0].path == "/live");
    CHECK(told({"--config", "good.toml"}).config_file == "good.toml");

    auto const over = run({"--config", "good.toml", "--threads", "3", "--listen", "127.0.0.1:1"});
    CHECK(over.threads == 3);
    REQUIRE(over.listeners.size() == 1);
    CHECK(over.listeners[0].port == 1);
    CHECK(over.listeners[0].tls.certificate.empty());

    CHECK(mistake({"--config", "good.toml", "--listen", "x:1"}).starts_with("--listen x:1: "));
    CHECK(mistake({"--config", "good.toml", "--backend", "ws://b"}) ==
          "--backend: routes are in the file that --config names; write [[route]] there, or leave "
          "--config out\n");
    CHECK(mistake({"--config", "good.toml", "--tls-key", "a"}).find("[listen.tls]") !=
          std::string::npos);
    CHECK(mistake({"--config", "good.toml", "--print-config"}).find("--print-config") !=
          std::string::npos);
    CHECK(mistake({"--config", "none.toml"}) ==
          "anywire-gateway: 'none.toml' cannot be read: No such file or directory\n");
    CHECK(mistake({"--config", "broken.toml"}).starts_with("broken.toml:1:"));
    // What cannot be read, and what is wrong with the rest.
    auto const bad = mistake({"--config", "bad.toml"});
    CHECK(bad.find("bad.toml:1:11: threads is a text") != std::string::npos);
    CHECK(bad.find("bad.toml:3:8: the path live") != std::string::npos);
    CHECK(bad.find("bad.toml:2:1: the route has no backend") != std::string::npos);
}

TEST_CASE("a file can be checked without serving it") {
    for (auto const& words : {std::vector<std::string>{"check", "good.toml"},
                              std::vector<std::string>{"--config", "good.toml", "--check"}}) {
        auto const c = told(words);
        CHECK(c.what == command::kind::check);
        CHECK(c.exit_code == 0);
        CHECK(c.text == "good.toml: good, with 1 route and 1 listener\n");
        CHECK(c.settings.routes.size() == 1);
    }
    auto const bad = told({"check", "bad.toml"});
    CHECK(bad.what == command::kind::check);
    CHECK(bad.exit_code == 2);
    CHECK(bad.text == mistake({"--config", "bad.toml"}));
    CHECK(told({"check", "none.toml"}).exit_code == 2);
    auto const flags = told({"--all", "/", "--backend", "ws://a", "--check"});
    CHECK(flags.exit_code == 0);
    CHECK(flags.text == "the settings: good, with 1 route and 1 listener\n");
}

TEST_CASE("help, version and flags as a file are printed") {
    auto const help = told({"--help"});
    CHECK(help.what == command::kind::help);
    CHECK(help.exit_code == 0);
    for (auto const* const word :
         {"--sockjs", "--backend", "--config", "check", "Examples:", "Exit codes:", "SIGHUP"})
        CHECK(help.text.find(word) != std::string::npos);
    for (std::size_t begin = 0; begin < help.text.size();) {
        auto const end = help.text.find('\n', begin);
        CHECK(end - begin <= 110);
        begin = end + 1;
    }
    CHECK(told({"--version"}).text.starts_with("anywire-gateway "));
    CHECK(told({"check", "--help"}).text.find("TOML") != std::string::npos);

    std::vector<std::string> words{"--sockjs", "/live", "--backend", "ws://a", "--print-config"};
    auto const printed = told(words);
    CHECK(printed.what == command::kind::help);
    CHECK(printed.text ==
          "[[listen]]\n\n[[route]]\npath = \"/live\"\nfronts = [\"sockjs\"]\n\n[[route.backend]]\n"
          "url = \"ws://a\"\n");
}
