#pragma once

#include <anywire/session_registry.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace anywire::test {

/// A registry that is asked, and waited for.
class asked_registry {
public:
    explicit asked_registry(std::shared_ptr<session_registry> of) : registry_(std::move(of)) {}

    error_code announce(registered_node node,
                        std::chrono::milliseconds lives = std::chrono::hours(1)) {
        return wait<error_code>([&](auto answer) {
            registry_->announce(
                std::move(node), lives, [answer](error_code ec) { answer->set_value(ec); });
        });
    }
    std::string claim(std::string session,
                      std::string node,
                      std::chrono::milliseconds lives = std::chrono::hours(1)) {
        return wait<std::string>([&](auto answer) {
            registry_->claim(std::move(session), std::move(node), lives, to(answer));
        });
    }
    std::string find(std::string session) {
        return wait<std::string>(
            [&](auto answer) { registry_->find(std::move(session), to(answer)); });
    }
    std::size_t nodes() {
        return wait<std::size_t>([&](auto answer) {
            registry_->list([answer](error_code ec, std::vector<registered_node> const& all) {
                answer->set_value(ec ? 999 : all.size());
            });
        });
    }
    session_registry& operator*() const noexcept { return *registry_; }

private:
    template <class T>
    using answer_ptr = std::shared_ptr<std::promise<T>>;

    static session_registry::owned to(answer_ptr<std::string> answer) {
        return [answer](error_code ec, std::string const& owner) {
            answer->set_value(ec ? "failed: " + ec.message() : owner);
        };
    }
    template <class T>
    static T wait(std::function<void(answer_ptr<T>)> const& ask) {
        auto const answer = std::make_shared<std::promise<T>>();
        auto out = answer->get_future();
        ask(answer);
        if (out.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
            throw std::runtime_error("the registry does not answer");
        return out.get();
    }

    std::shared_ptr<session_registry> registry_;
};

/// What every registry does. Each begins empty, and says so in its own test cases.
inline void check_first_claim_counts(asked_registry all) {
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(!all.announce({"bbbb", "127.0.0.1:2"}));
    CHECK(all.nodes() == 2);
    CHECK(all.find("s").empty());
    CHECK(all.claim("s", "aaaa") == "aaaa");
    CHECK(all.claim("s", "bbbb") == "aaaa");
    CHECK(all.claim("s", "aaaa") == "aaaa");
    CHECK(all.find("s") == "aaaa");
    (*all).release("s", "bbbb");
    CHECK(all.find("s") == "aaaa");
    (*all).release("s", "aaaa");
    CHECK(all.find("s").empty());
    CHECK(all.claim("s", "bbbb") == "bbbb");
}

inline void check_dead_nodes_have_nothing(asked_registry all, bool is_withdrawn) {
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(!all.announce({"bbbb", "127.0.0.1:2"}));
    CHECK(all.claim("s", "aaaa") == "aaaa");
    if (is_withdrawn)
        (*all).withdraw("aaaa");
    else
        CHECK(!all.announce({"aaaa", "127.0.0.1:1"}, std::chrono::milliseconds(0)));
    CHECK(all.nodes() == 1);
    CHECK(all.find("s").empty());
    CHECK(all.claim("s", "bbbb") == "bbbb");
}

inline void check_ids_are_unique(asked_registry all) {
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(all.announce({"aaaa", "127.0.0.1:2"}) == boost::system::errc::address_in_use);
}

}  // namespace anywire::test
