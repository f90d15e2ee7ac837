#include "relay_ticket.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace anywire;
using relay::shared_secret;

TEST_CASE("a ticket lets a node in where it was made for, and nowhere else") {
    shared_secret const ours("sixteen bytes at the least");
    auto const ticket = ours.ticket(3, 4);
    CHECK(ticket.size() == shared_secret::ticket_size);
    CHECK(ours.accepts(ticket, 4));
    CHECK_FALSE(ours.accepts(ticket, 3));
    CHECK_FALSE(shared_secret("another secret, as long").accepts(ticket, 4));
}

TEST_CASE("a ticket with one bit changed is none") {
    shared_secret const ours("sixteen bytes at the least");
    auto const ticket = ours.ticket(3, 4);
    for (std::size_t i = 0; i < ticket.size() * 8; ++i) {
        auto other = ticket;
        other[i / 8] = static_cast<char>(other[i / 8] ^ (1 << (i % 8)));
        CHECK_FALSE(ours.accepts(other, 4));
    }
    CHECK_FALSE(ours.accepts(ticket.substr(1), 4));
    CHECK_FALSE(ours.accepts(ticket + "x", 4));
    CHECK_FALSE(ours.accepts({}, 4));
}

TEST_CASE("a ticket holds nothing of the secret, and the marks have a key of their own") {
    std::string const secret("sixteen bytes at the least");
    shared_secret const ours(secret);
    CHECK(ours.ticket(3, 4).find("sixteen") == std::string::npos);
    CHECK(ours.mark_key() == shared_secret(secret).mark_key());
    CHECK(ours.mark_key() != shared_secret(secret + ".").mark_key());
}

TEST_CASE("a short secret is refused") {
    CHECK_THROWS_AS(shared_secret("fifteen bytes.."), std::invalid_argument);
    CHECK_THROWS_AS(shared_secret(""), std::invalid_argument);
}
