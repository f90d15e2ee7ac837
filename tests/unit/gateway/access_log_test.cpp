#include "access_log.hpp"

#include <anywire/json.hpp>

#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace anywire;
using namespace anywire::gateway;
using namespace std::chrono_literals;

namespace {

session_record example() {
    session_record r;
    r.ended = std::chrono::system_clock::time_point(1'785'585'600'123ms);
    r.session = "id";
    r.address = "192.0.2.7";
    r.origin = "https://example.com";
    r.user_agent = "Mozilla/5.0 (X11)";
    r.route = "/live";
    r.dialect = "sockjs";
    r.transports = {{"xhr-streaming", 0ms}, {"xhr-polling", 1'234ms}};
    r.fallback = "no WebSocket handshake came";
    r.server = "ws://127.0.0.1:9000";
    r.messages_in = 1;
    r.bytes_in = 20;
    r.messages_out = 300;
    r.bytes_out = 4'000;
    r.duration = 12'050ms;
    r.reason = close_reason::server_closed;
    r.code = close_code::going_away;
    r.text = "bye";
    return r;
}

std::string text_of(session_record const& r) {
    return access_line(r, log_format::text);
}

/// A value of the line as JSON.
std::string member(session_record const& r, std::string_view key) {
    auto const line = access_line(r, log_format::json);
    auto const parsed = parse_json(std::string_view(line).substr(0, line.find('\n')));
    REQUIRE(parsed.has_value());
    auto const found = parsed->find(key);
    return found ? found->as_string().value_or("?") : "?";
}

std::string content_of(std::string const& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

/// Something in the place of standard output, as long as it lives.
class other_output {
public:
    explicit other_output(int descriptor) : kept_(::dup(STDOUT_FILENO)) {
        ::dup2(descriptor, STDOUT_FILENO);
        ::close(descriptor);
    }
    other_output(other_output const&) = delete;
    other_output& operator=(other_output const&) = delete;
    ~other_output() {
        ::dup2(kept_, STDOUT_FILENO);
        ::close(kept_);
    }

private:
    int kept_;
};

/// Reads what is there.
std::string drain(int descriptor) {
    std::string out;
    char buffer[65536];
    for (;;) {
        auto const n = ::read(descriptor, buffer, sizeof buffer);
        if (n <= 0) return out;
        out.append(buffer, static_cast<std::size_t>(n));
    }
}

/// Writes lines into `to` until one is dropped, reads all, and writes once more; all lines that
/// were not dropped are whole then.
void check_full_reader(int to, int from) {
    ::fcntl(from, F_SETFL, O_NONBLOCK);
    std::string all;
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;
    {
        other_output const replaced(to);
        access_log log({});
        while (log.dropped() < 3) log.write(example());
        all = drain(from);
        log.write(example());
        written = log.written();
        dropped = log.dropped();
    }
    all.append(drain(from));
    CHECK(dropped == 3);
    auto const line = text_of(example());
    std::string expected;
    for (std::uint64_t i = 0; i < written; ++i) expected.append(line);
    CHECK(all.size() == expected.size());
    CHECK((all == expected));
}

}  // namespace

TEST_CASE("a session is one line of text with a column for each thing") {
    CHECK(text_of(example()) ==
          "192.0.2.7 id [2026-08-01T12:00:00.123Z] \"/live\" sockjs "
          "xhr-streaming@0.000,xhr-polling@1.234 ws://127.0.0.1:9000 1 20 300 4000 12.050 "
          "server_closed 1001 \"bye\" \"-\" \"https://example.com\" \"Mozilla/5.0 (X11)\" "
          "\"no WebSocket handshake came\"\n");
}

TEST_CASE("what is not known is a dash") {
    session_record r;
    r.duration = -5ms;
    CHECK(text_of(r) ==
          "- - [1970-01-01T00:00:00.000Z] \"-\" - - - 0 0 0 0 0.000 client_closed 1000 "
          "\"-\" \"-\" \"-\" \"-\" \"-\"\n");
}

TEST_CASE("a session is one object of JSON") {
    CHECK(access_line(example(), log_format::json) ==
          R"({"time":"2026-08-01T12:00:00.123Z","session":"id","address":"192.0.2.7",)"
          R"j("origin":"https://example.com","user_agent":"Mozilla/5.0 (X11)","route":"/live",)j"
          R"("dialect":"sockjs","transports":[{"name":"xhr-streaming","after":0},)"
          R"({"name":"xhr-polling","after":1.234}],"fallback":"no WebSocket handshake came",)"
          R"("subprotocol":"","server":"ws://127.0.0.1:9000","messages_in":1,"bytes_in":20,)"
          R"("messages_out":300,"bytes_out":4000,"duration":12.05,"reason":"server_closed",)"
          R"("code":1001,"text":"bye"})"
          "\n");
}

TEST_CASE("no value ends its line, its column or its quotes") {
    session_record r;
    r.address = "a b";
    r.user_agent = "x\" 200 \"y\\\r\nz\t\x7f\x1b[2J";
    r.text = std::string_view("a\0b", 3);
    r.origin = "\xc3\xa4 \xff \xc2\x9b \xe2\x82";
    auto const line = text_of(r);
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(line.starts_with("a\\x20b - ["));
    CHECK(line.find(R"("x\x22 200 \x22y\x5c\x0d\x0az\x09\x7f\x1b[2J")") != std::string::npos);
    CHECK(line.find(R"("a\x00b")") != std::string::npos);
    CHECK(line.find("\"\xc3\xa4 \\xff \\xc2\\x9b \\xe2\\x82\"") != std::string::npos);
    CHECK(std::count(line.begin(), line.end(), '"') == 12);

    auto const json = access_line(r, log_format::json);
    CHECK(std::count(json.begin(), json.end(), '\n') == 1);
    CHECK(member(r, "user_agent") == r.user_agent);
    CHECK(member(r, "text") == r.text);
    CHECK(member(r, "origin") == "\xc3\xa4 \xef\xbf\xbd \xc2\x9b \xef\xbf\xbd");
}

TEST_CASE("a long value is cut between characters") {
    session_record r;
    r.user_agent.assign(max_logged_value - 1, 'x');
    r.user_agent.append("\xc3\xa4 and more");
    CHECK(member(r, "user_agent") == std::string(max_logged_value - 1, 'x'));
    r.user_agent.assign(10'000, '\x80');
    CHECK(text_of(r).size() < 4 * max_logged_value + 200);
}

TEST_CASE("lines are appended to the file, and to another one once it was moved") {
    test::temp_folder const folder;
    auto const path = folder.path() + "/access.log";
    auto const line = text_of(example());
    {
        std::ofstream(path) << "before\n";
        access_log log({.access_file = path});
        log.write(example());
        CHECK(content_of(path) == "before\n" + line);
        REQUIRE(::rename(path.c_str(), (path + ".1").c_str()) == 0);
        log.write(example());
        CHECK_FALSE(log.reopen().failed());
        log.write(example());
        CHECK(content_of(path + ".1") == "before\n" + line + line);
        CHECK(content_of(path) == line);
        CHECK(log.written() == 3);
        CHECK(log.dropped() == 0);
    }
    access_log again({.format = log_format::json, .access_file = path});
    again.write(example());
    CHECK(content_of(path) == line + access_line(example(), log_format::json));
}

TEST_CASE("a file that cannot be opened anew leaves the old one in use") {
    test::temp_folder const folder;
    auto const path = folder.path() + "/log";
    access_log log({.access_file = path});
    REQUIRE(::rename(path.c_str(), (path + ".1").c_str()) == 0);
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    CHECK(log.reopen() == boost::system::errc::is_a_directory);
    log.write(example());
    CHECK(content_of(path + ".1") == text_of(example()));
    REQUIRE(::rmdir(path.c_str()) == 0);
}

TEST_CASE("a file that cannot be opened says so at once") {
    CHECK_THROWS_AS(access_log({.access_file = "/nowhere/at/all/log"}), std::system_error);
}

TEST_CASE("without a log nothing is written") {
    access_log log({.access_file = "-"});
    log.write(example());
    CHECK(log.written() == 0);
    CHECK(log.dropped() == 0);
    CHECK_FALSE(log.reopen().failed());
}

TEST_CASE("what a pipe has no room for is dropped, and what it takes is whole") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    check_full_reader(ends[1], ends[0]);
    ::close(ends[0]);
}

TEST_CASE("what a socket has no room for is dropped, and what it takes is whole") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    check_full_reader(ends[1], ends[0]);
    ::close(ends[0]);
}

TEST_CASE("standard output that is a file keeps its place among others that write there") {
    test::temp_folder const folder;
    auto const path = folder.path() + "/out";
    {
        other_output const replaced(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        access_log log({});
        log.write(example());
        REQUIRE(::write(STDOUT_FILENO, "other\n", 6) == 6);
        log.write(example());
    }
    CHECK(content_of(path) == text_of(example()) + "other\n" + text_of(example()));
}

TEST_CASE("lines of several threads do not mix") {
    test::temp_folder const folder;
    auto const path = folder.path() + "/log";
    access_log log({.access_file = path});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) log.write(example());
        });
    for (auto& t : threads) t.join();
    std::string expected;
    for (int i = 0; i < 400; ++i) expected.append(text_of(example()));
    CHECK((content_of(path) == expected));
}
