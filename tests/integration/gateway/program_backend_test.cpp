// A program for each session, from its beginning to its end.
#include "program_backend.hpp"

#include "integration/gateway/link_bench.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace anywire;
using namespace anywire::test;
using gateway::exit_watch;
using gateway::make_program_backend;
using gateway::route_settings;
using namespace std::chrono_literals;

namespace {

route_settings route_to(std::string const& command) {
    route_settings s;
    s.kind = gateway::backend_kind::program;
    s.backends.push_back({.url = "stdio:" + command});
    // What has to be ended by force is ended soon; what ends by itself has all the time it needs.
    s.program.end_grace = patience;
    return s;
}

/// A script for sh, which has no single quotes.
route_settings script(std::string const& text) {
    return route_to("sh -c '" + text + "'");
}

struct program_bench : link_bench {
    explicit program_bench(route_settings const& s, exit_watch watch = exit_watch::descriptor)
        : servers(servers_of(s)), backend(make_program_backend(s, servers, watch)) {}

    noting_link& open(std::function<void(noting_link&)> before = {}) {
        return link_bench::open(*backend, std::move(before));
    }
    gateway::upstream_numbers numbers() const {
        return servers->numbers(std::chrono::steady_clock::now())[0];
    }
    /// The number that a program has told as "message pid N".
    pid_t pid_told() {
        for (auto const& line : seen.all())
            if (line.starts_with("message pid ")) return std::stoi(line.substr(12));
        return 0;
    }

    std::shared_ptr<gateway::upstreams> servers;
    std::shared_ptr<gateway::backend> backend;
};

std::size_t open_descriptors() {
    std::filesystem::directory_iterator const all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Children of this process, zombies among them.
std::size_t children() {
    std::size_t count = 0;
    for (auto const& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream in(task.path() / "children");
        count += static_cast<std::size_t>(
            std::distance(std::istream_iterator<int>(in), std::istream_iterator<int>()));
    }
    return count;
}

bool runs(pid_t process) {
    return ::kill(process, 0) == 0;
}

}  // namespace

TEST_CASE("a program gets lines and says lines, until its input ends") {
    program_bench bench(route_to("cat"));
    auto& link = bench.open();
    REQUIRE(bench.seen.wait_for("open "));
    CHECK(bench.numbers().sessions == 1);
    CHECK(bench.send(link, "one"));
    CHECK(bench.send(link, "two"));
    REQUIRE(bench.seen.wait_for("message two"));
    CHECK(bench.seen.count("message one") == 1);
    bench.close(link);
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    CHECK(bench.numbers().sessions == 0);
    CHECK(eventually([] { return children() == 0; }));
}

TEST_CASE("bytes with their length in front go through a program as they are") {
    auto settings = route_to("cat");
    settings.stream = {.framing = gateway::framing_kind::length32, .binary = true};
    program_bench bench(settings);
    auto& link = bench.open();
    REQUIRE(bench.seen.wait_for("open "));
    CHECK(bench.send(link, "a\n\xff"));
    CHECK(bench.seen.wait_for("binary a\n\xff"));
}

TEST_CASE("the exit status of a program is how its session ends") {
    auto const watch = GENERATE(exit_watch::descriptor, exit_watch::polling);
    auto const [text, said] = GENERATE(table<std::string, std::string>({
        {"echo last words", "end clean 1000 "},
        {"echo last words; exit 3", "end clean 1011 the program exited with 3"},
        {"echo last words; kill -SEGV $$", "end clean 1011 the program was ended by SIGSEGV"},
    }));
    program_bench bench(script(text), watch);
    bench.open();
    REQUIRE(bench.seen.wait_for(said));
    CHECK(bench.seen.count("message last words") == 1);
    CHECK(bench.numbers().lost == (said == "end clean 1000 " ? 0u : 1u));
    CHECK(eventually([] { return children() == 0; }));
}

TEST_CASE("a program that cannot be started is a bad gateway, and the log says why") {
    temp_folder folder;
    folder.write("no_program", "text");
    auto const command = std::vector<std::string>{"/does/not/exist",
                                                  "no-such-program-in-path",
                                                  folder.file("no_program")}[GENERATE(0u, 1u, 2u)];
    program_bench bench(route_to(command));
    bench.open();
    REQUIRE(bench.seen.wait_for("refused 502 the program behind the gateway cannot be started"));
    auto const line = bench.seen.all().back();
    CHECK(line.find("cannot start the program '" + command + "': ") != std::string::npos);
    CHECK(bench.numbers().failed == 1);
    CHECK(children() == 0);
}

TEST_CASE("beyond the most processes a client may try again later") {
    auto settings = route_to("cat");
    settings.program.max_processes = 1;
    program_bench bench(settings);
    auto& first = bench.open();
    REQUIRE(bench.seen.wait_for("open "));
    bench.open();
    REQUIRE(bench.seen.wait_for("refused 503 too many programs run behind the gateway"));
    CHECK(bench.seen.all().back().find("Retry-After: 1\r\n") != std::string::npos);
    bench.close(first);
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    // The place is free when the process has been waited for.
    CHECK(eventually([] { return children() == 0; }));
    bench.open();
    CHECK(bench.seen.wait_for("open ", 2));
}

TEST_CASE("a program runs where the settings say, with its environment and nothing else") {
    temp_folder folder;
    ::setenv("ANYWIRE_TEST_SECRET", "secret", 1);
    auto settings = script("pwd; env; ls -l /proc/self/fd | grep -c -e \"->\"; ulimit -S -c");
    settings.program.folder = folder.path();
    settings.program.environment = {{"ROOM", "{query.room}"}};
    program_bench bench(settings);
    bench.below = "/below";
    auto const from = kept_request("/route/below?room=7");
    static_cast<link_bench&>(bench).open(*bench.backend, from);
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    ::unsetenv("ANYWIRE_TEST_SECRET");
    CHECK(bench.seen.count("message " + folder.path()) > 0);
    CHECK(bench.seen.count("message ROOM=7") == 1);
    CHECK(bench.seen.count("message PATH_INFO=/below") == 1);
    CHECK(bench.seen.count("message REMOTE_ADDR=192.0.2.7") == 1);
    CHECK(bench.seen.count("message ANYWIRE_TEST_SECRET") == 0);
    // Its three, and the one by which the folder is listed.
    CHECK(bench.seen.count("message 4") == 1);
}

TEST_CASE("a path that climbs is refused before a program runs") {
    program_bench bench(route_to("cat"));
    bench.below = "/%2e%2e/x";
    bench.open();
    REQUIRE(bench.seen.wait_for("refused 400 "));
    CHECK(children() == 0);
}

TEST_CASE("what a program says of errors becomes lines of the log, not all of too many") {
    auto const settings = script(
        "echo first >&2; printf \"\\033[1mbell\\007\\n\\n\" >&2; echo said; "
        "head -c 5000 /dev/zero | tr \"\\0\" x >&2; echo >&2; "
        "i=0; while [ $i -lt 300 ]; do echo many $i >&2; i=$((i+1)); done; printf last >&2");
    program_bench bench(settings);
    bench.open();
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    REQUIRE(bench.log.wait_for("session the-session: program: many 40"));
    CHECK(bench.log.count("session the-session: program: first") == 1);
    CHECK(bench.log.count("session the-session: program: ?[1mbell?") == 1);
    CHECK(bench.log.count("session the-session: program: " + std::string(1'000, 'x') + "...") == 1);
    CHECK(bench.log.count("session the-session: program: many ") < 100);
    CHECK(bench.seen.count("message ") == 1);
}

TEST_CASE("a client's message with a line end ends its session and its program") {
    program_bench bench(route_to("cat"));
    auto& link = bench.open();
    REQUIRE(bench.seen.wait_for("open "));
    bench.send(link, "evil\nquit");
    CHECK(bench.seen.wait_for("end clean 1007 a message is one line here"));
    CHECK(bench.seen.count("message ") == 0);
    CHECK(eventually([] { return children() == 0; }));
}

TEST_CASE("a program whose bytes are no messages is ended") {
    auto settings = route_to("yes");
    settings.limits.max_message = 0;
    settings.program.end_grace = 50ms;
    program_bench bench(settings);
    bench.open();
    CHECK(bench.seen.wait_for("end clean 1009 "));
    CHECK(eventually([] { return children() == 0; }));
}

// -- programs that do not end ---------------------------------------------------------------------

TEST_CASE("a program that does not end with its input is told, then killed, with its group") {
    auto const watch = GENERATE(exit_watch::descriptor, exit_watch::polling);
    auto const traps = GENERATE(std::string(), std::string("trap \"\" TERM; "));
    auto settings = script(traps + "sleep 1000 & echo pid $!; wait; sleep 1000");
    settings.program.end_grace = 100ms;
    program_bench bench(settings, watch);
    auto& link = bench.open();
    REQUIRE(bench.seen.wait_for("message pid "));
    auto const sleeper = bench.pid_told();
    CHECK(runs(sleeper));
    bench.close(link);
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    CHECK(eventually([&] { return children() == 0 && !runs(sleeper); }));
}

TEST_CASE("what a program leaves running in its group goes with it") {
    auto settings = script("(trap \"\" TERM; sleep 1000) >/dev/null & echo pid $!");
    settings.program.end_grace = 100ms;
    program_bench bench(settings);
    bench.open();
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    auto const left = bench.pid_told();
    REQUIRE(left > 0);
    CHECK(eventually([&] { return !runs(left); }));
}

TEST_CASE("a session does not wait for ever for output that somebody else has kept") {
    auto settings = script("setsid sleep 1000 & echo pid $!");
    settings.program.end_grace = 50ms;
    program_bench bench(settings);
    bench.open();
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    auto const left = bench.pid_told();
    REQUIRE(left > 0);
    ::kill(left, SIGKILL);
}

TEST_CASE("a program that closes its output has ended, for its session") {
    auto settings = script("echo said; exec >&-; sleep 1000");
    settings.program.end_grace = 50ms;
    program_bench bench(settings);
    bench.open();
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    CHECK(bench.seen.count("message said") == 1);
    CHECK(eventually([] { return children() == 0; }));
}

TEST_CASE("a program that closes its input is heard all the same") {
    temp_folder folder;
    auto const go = folder.file("go");
    program_bench bench(script("exec <&-; echo ready; until [ -e " + go +
                               " ]; do sleep 0.02; done; echo still here"));
    auto& link = bench.open();
    REQUIRE(bench.seen.wait_for("message ready"));
    std::string const message(10'000, 'x');
    for (int i = 0; i < 100; ++i) bench.send(link, message);
    folder.write("go", "");
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    CHECK(bench.seen.count("message still here") == 1);
}

TEST_CASE("a program that reads nothing is not sent more than the bound") {
    temp_folder folder;
    auto const go = folder.file("go");
    auto settings = script("until [ -e " + go + " ]; do sleep 0.02; done; exec wc -l");
    settings.limits.max_queued_bytes = 100'000;
    program_bench bench(settings);
    auto& link = bench.open();
    REQUIRE(bench.seen.wait_for("open "));
    std::string const message(9'999, 'x');
    std::size_t sent = 1;
    std::size_t queued = 0;
    while (bench.send(link, message)) ++sent;
    bench.run([&] { queued = link.link->queued_bytes(); });
    CHECK(queued > 0);
    CHECK(queued <= 110'000);
    folder.write("go", "");
    REQUIRE(bench.seen.wait_for("drain"));
    bench.close(link);
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    // After the goodbye nothing is heard.
    CHECK(bench.seen.count("message ") == 0);
    CHECK(sent > 10);
}

TEST_CASE("a program that says much waits for a client that is paused") {
    auto settings = script("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
    program_bench bench(settings);
    auto& link = bench.open([](noting_link& l) {
        l.is_quiet = true;
        l.then_open = [&l] { l.link->pause(true); };
    });
    REQUIRE(bench.seen.wait_for("open "));
    CHECK(link.messages == 0);
    bench.pause(link, false);
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    CHECK(link.messages == 20'000);
}

// -- nothing is left ------------------------------------------------------------------------------

TEST_CASE("200 sessions dropped at every stage leave no process and no descriptor") {
    auto settings = route_to("cat");
    settings.program.max_processes = 1'000;
    settings.program.end_grace = 100ms;
    std::size_t before = 0;
    std::size_t opened = 0;
    {
        program_bench bench(settings);
        before = open_descriptors();
        for (std::size_t i = 0; i < 200; ++i) {
            auto& link = bench.open([i](noting_link& l) {
                if (i % 5 == 0) l.link.reset();
                if (i % 5 == 1) l.then_open = [&l] { l.link.reset(); };
                if (i % 5 == 2) l.then_message = [&l] { l.link.reset(); };
            });
            if (i % 5 != 0) REQUIRE(bench.seen.wait_for("open ", ++opened));
            bench.run([&] {
                if (!link.link) return;
                link.link->send("hello");
                if (i % 5 == 3) link.link->close(close_code::normal, {});
                if (i % 5 == 4) link.link.reset();
            });
        }
        REQUIRE(bench.seen.wait_for("end clean 1000 ", 40));
        CHECK(eventually([&] { return children() == 0 && open_descriptors() == before; }));
        CHECK(bench.numbers().sessions == 0);
    }
}

TEST_CASE("the end of the loop kills what still runs") {
    pid_t left = 0;
    auto const before = children();
    {
        program_bench bench(script("trap \"\" TERM; echo pid $$; while true; do sleep 1; done"));
        bench.open();
        REQUIRE(bench.seen.wait_for("message pid "));
        left = bench.pid_told();
    }
    CHECK(children() == before);
    CHECK_FALSE(runs(left));
}
