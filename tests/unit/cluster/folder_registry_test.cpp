// Where the processes of one host find each other's sessions, without a broker.
#include <anywire/folder_registry.hpp>

#include "support/registry_laws.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace anywire;
using namespace anywire::test;
namespace fs = std::filesystem;
using strings = std::vector<std::string>;

namespace {

asked_registry at(temp_folder const& in) {
    return asked_registry(make_folder_registry({.folder = in.file("nodes")}));
}

std::size_t count_in(std::string const& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

std::string session(int n) {
    return "/chat/session" + std::to_string(n);
}

/// Another process, which is node "aaaa" and has sessions 0 to `count` - 1.
class other_process {
public:
    other_process(temp_folder const& in, int count) {
        std::array<int, 2> both{};
        if (::pipe(both.data()) != 0) throw std::runtime_error("no pipe");
        id_ = ::fork();
        if (id_ == 0) {
            auto all = at(in);
            bool is_well = !all.announce({"aaaa", "127.0.0.1:1"});
            for (int i = 0; i < count; ++i)
                is_well = is_well && all.claim(session(i), "aaaa") == "aaaa";
            char const word = is_well ? 'y' : 'n';
            if (::write(both[1], &word, 1) != 1) ::_exit(1);
            for (;;) ::pause();
        }
        char word = 0;
        auto const n = ::read(both[0], &word, 1);
        ::close(both[0]);
        ::close(both[1]);
        if (n != 1 || word != 'y') throw std::runtime_error("the other process does not work");
    }
    other_process(other_process const&) = delete;
    other_process& operator=(other_process const&) = delete;
    ~other_process() { kill(); }

    void kill() {
        if (id_ == 0) return;
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
        id_ = 0;
    }

private:
    pid_t id_ = 0;
};

}  // namespace

TEST_CASE("in a folder, a session is the node's that claims it first, until it is released") {
    temp_folder const temp;
    check_first_claim_counts(at(temp));
}

TEST_CASE("in a folder, sessions of a node that does not live are nobody's") {
    temp_folder const temp;
    check_dead_nodes_have_nothing(at(temp), GENERATE(true, false));
}

TEST_CASE("in a folder, two nodes have not the same id") {
    temp_folder const temp;
    check_ids_are_unique(at(temp));
    auto other = at(temp);
    CHECK(!other.announce({"aaaa", "127.0.0.1:2"}));  // the first registry has gone
    auto third = at(temp);
    CHECK(third.announce({"aaaa", "127.0.0.1:3"}) == boost::system::errc::address_in_use);
    CHECK(third.announce({"../x", "127.0.0.1:3"}) == boost::system::errc::invalid_argument);
}

TEST_CASE("a process that is killed is missed at once, and its sessions are anybody's") {
    temp_folder const temp;
    auto all = at(temp);
    CHECK(!all.announce({"bbbb", "127.0.0.1:2"}));
    other_process other(temp, 3);
    CHECK(all.nodes() == 2);
    CHECK(all.find(session(1)) == "aaaa");
    CHECK(all.claim(session(1), "bbbb") == "aaaa");
    other.kill();
    CHECK(all.find(session(1)).empty());
    CHECK(all.claim(session(1), "bbbb") == "bbbb");
    CHECK(all.find(session(1)) == "bbbb");
    CHECK(all.nodes() == 1);
    CHECK(!all.announce({"aaaa", "127.0.0.1:3"}));  // by chance, another one draws its id
    CHECK(all.find(session(1)) == "bbbb");
}

TEST_CASE("what a killed process leaves is removed by the others") {
    temp_folder const temp;
    auto all = at(temp);
    CHECK(!all.announce({"bbbb", "127.0.0.1:2"}));
    CHECK(all.claim("of bbbb", "bbbb") == "bbbb");
    other_process(temp, 500).kill();
    CHECK(count_in(temp.file("nodes/sessions")) == 501);
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (count_in(temp.file("nodes/nodes")) != 1 && std::chrono::steady_clock::now() < end)
        CHECK(all.nodes() == 1);
    CHECK(count_in(temp.file("nodes/nodes")) == 1);
    CHECK(count_in(temp.file("nodes/sessions")) == 1);
    CHECK(all.find("of bbbb") == "bbbb");
}

TEST_CASE("of all who claim a dead node's session at once, one gets it") {
    temp_folder const temp;
    constexpr int count = 300;
    other_process(temp, count).kill();
    strings const nodes{"bbbb", "cccc", "dddd"};
    std::vector<strings> owners(nodes.size(), strings(count));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < nodes.size(); ++i)
        threads.emplace_back([&, i] {
            auto all = at(temp);
            (void)all.announce({nodes[i], "127.0.0.1:" + std::to_string(i + 2)});
            for (int n = 0; n < count; ++n)
                owners[i][static_cast<std::size_t>(n)] = all.claim(session(n), nodes[i]);
            // Until all have claimed all, none of them may go: it would be dead.
            static std::atomic<std::size_t> done{0};
            for (++done; done < nodes.size();) std::this_thread::yield();
        });
    for (auto& t : threads) t.join();
    CHECK(owners[0] == owners[1]);
    CHECK(owners[0] == owners[2]);
    for (auto const& owner : owners[0])
        CHECK(std::find(nodes.begin(), nodes.end(), owner) != nodes.end());
}

TEST_CASE("a node whose file has gone is there again at its next word") {
    temp_folder const temp;
    auto all = at(temp);
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    fs::remove(temp.file("nodes/nodes/aaaa"));
    CHECK(all.nodes() == 0);
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(all.nodes() == 1);
}

TEST_CASE("a session may be called anything") {
    temp_folder const temp;
    auto all = at(temp);
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    for (auto const& name :
         {std::string("../../x"), std::string(), std::string(10'000, 'x'), std::string("a\0b", 3)})
        CHECK(all.claim(name, "aaaa") == "aaaa");
    CHECK(all.find(std::string("a\0b", 3)) == "aaaa");
    CHECK(all.find("a").empty());
    CHECK(count_in(temp.file("nodes/sessions")) == 4);
}

TEST_CASE("what others put into the folder is no node and no session's") {
    temp_folder const temp;
    auto all = at(temp);
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(all.claim("s", "aaaa") == "aaaa");
    auto const link = fs::directory_iterator(temp.file("nodes/sessions"))->path();
    for (auto const& target :
         {std::string("../nodes/aaaa"), std::string(200, 'x'), std::string("zzzz")}) {
        fs::remove(link);
        fs::create_symlink(target, link);
        CHECK(all.find("s").empty());
    }
    temp.write("nodes/nodes/README", "x");
    fs::create_directory(temp.file("nodes/nodes/dddd"));
    CHECK(all.nodes() == 1);
    CHECK(all.claim("s", "aaaa") == "aaaa");
}

TEST_CASE("a folder of nodes has to be this user's alone") {
    temp_folder const temp;
    fs::create_directory(temp.file("nodes"));
    fs::permissions(temp.file("nodes"), fs::perms(0777));
    CHECK_THROWS_WITH(at(temp), Catch::Contains("nobody else may write"));
    CHECK_THROWS_WITH(make_folder_registry({}), Catch::Contains("name the folder"));
    CHECK_THROWS_AS(make_folder_registry({.folder = temp.file("not/there")}), std::system_error);
}
