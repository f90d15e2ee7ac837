// Whom a question waits for, where servers are seen to come and go.
#include "pending_requests.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::redis;

namespace {

/// A question, and what was told of it.
struct question {
    explicit question(bool needs_all, std::size_t max_bytes = 10'000)
        : request(max_bytes, [this](gathered all) {
              ++calls;
              got = std::move(all);
          }) {
        request.use_names(needs_all);
    }
    void answer(std::string const& from) {
        request.take_server(from, 1, [&](gathered& to) { to.names.push_back(from); });
    }

    int calls = 0;
    gathered got{};
    pending_request request;
};

}  // namespace

TEST_CASE("a question waits for this server and those that were asked, in any order") {
    question q(true);
    q.answer("b");
    q.request.expect_servers(1, {"a", "b"});
    q.answer("");
    q.answer("late, not asked");
    CHECK(q.calls == 0);
    q.answer("a");
    CHECK(q.calls == 1);
    CHECK(!q.got.error);
    CHECK(q.got.names.size() == 4);
}

TEST_CASE("a server that goes is waited for no more") {
    question q(false);
    q.request.expect_servers(0, {"a", "b"});
    q.answer("a");
    q.request.lose_server("a");
    q.request.lose_server("nobody");
    q.request.lose_server("");
    CHECK(q.calls == 0);
    q.request.lose_server("b");
    CHECK(q.calls == 1);
    CHECK(!q.got.error);
}

TEST_CASE("where all are needed, the loss of one that owes an answer is an error") {
    question q(true);
    q.request.expect_servers(0, {"a", "b"});
    q.answer("a");
    q.request.lose_server("a");  // has said all
    q.request.lose_server("b");
    CHECK(q.calls == 1);
    CHECK(q.got.error == anywire::errc::session_closed);
}

TEST_CASE("one that had gone before others were named is none of them") {
    question q(true);
    q.request.lose_server("a");
    q.request.expect_servers(0, {"b"});
    CHECK(q.calls == 0);
    q.answer("b");
    CHECK(q.calls == 1);
    CHECK(!q.got.error);
}

TEST_CASE("clients of a server that goes owe no answer any more") {
    question q(true);
    q.request.expect_servers(1, {"a", "b"});
    q.request.take_clients("", 0);
    q.request.take_clients("a", 2);
    q.request.take_clients("b", 1);
    q.request.take_answer("a", {"[1]", {}});
    q.request.take_answer("b", {"[2]", {}});
    CHECK(q.calls == 0);
    q.request.lose_server("a");
    CHECK(q.calls == 1);
    CHECK(q.got.error == anywire::errc::session_closed);
    CHECK(q.got.values.size() == 2);
}

TEST_CASE("names that others say count towards what may be kept") {
    question q(true, 1'000);
    q.request.expect_servers(0, {"a"});
    for (int i = 0; q.calls == 0 && i < 100; ++i)
        q.request.take_clients(std::string(50, 'x') + std::to_string(i), 0);
    CHECK(q.got.error == anywire::errc::message_too_big);
}

TEST_CASE("a server's own channel says which it is") {
    CHECK(own_channel("io#/#", "ab") == "io#/#ab#");
    CHECK(server_of("io#/#ab#", "io#/#") == "ab");
    CHECK(server_of("io#/#", "io#/#").empty());
    CHECK(server_of("io#/#ab", "io#/#").empty());
    CHECK(server_of("io#/x#ab#", "io#/#").empty());
    CHECK(server_of("io#/#a#b#", "io#/#").empty());
}
