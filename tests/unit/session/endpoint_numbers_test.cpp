#include "session/endpoint_numbers.hpp"

#include <catch2/catch.hpp>

#include <span>
#include <string>

using namespace anywire;

namespace {

/// A transport of any name.
class named_transport final : public transport {
public:
    explicit named_transport(std::string name, carrier shape = carrier::duplex)
        : name_(std::move(name)), shape_(shape) {}
    carrier shape() const noexcept override { return shape_; }
    std::string_view name() const noexcept override { return name_; }
    write_result write(std::span<frame* const>) override { return {}; }
    void close(close_code, std::string_view) noexcept override {}
    void abort() noexcept override {}
    std::size_t pending_bytes() const noexcept override { return 0; }
    void pause_reading(bool) override {}

private:
    std::string name_;
    carrier shape_;
};

endpoint_numbers::row const& row_at(endpoint_numbers const& n, std::size_t i) {
    return n.at(i);
}

}  // namespace

TEST_CASE("a dialect over a transport has one row, whatever lies where its name does") {
    endpoint_numbers n;
    CHECK(n.rows() == 1);
    CHECK(row_at(n, 0).transport() == "none");
    auto const ws = n.row_of("engineio", named_transport("websocket"));
    auto const poll = n.row_of("engineio", named_transport("polling", carrier::one_shot));
    CHECK(ws != poll);
    CHECK(n.row_of("engineio", named_transport("websocket")) == ws);
    CHECK(n.row_of("engineio3", named_transport("websocket")) != ws);
    CHECK(n.rows() == 4);
    CHECK(row_at(n, poll).shape() == carrier::one_shot);
}

TEST_CASE("names of a host's own are cut, and the rows beyond the most are one") {
    endpoint_numbers n;
    std::string const name(100, 'x');
    auto const first = n.row_of("engineio", named_transport(name));
    CHECK(n.row_of("engineio", named_transport(name + "y")) == first);
    CHECK(row_at(n, first).transport() == std::string(23, 'x'));
    std::uint8_t last = 0;
    for (int i = 0; i < 100; ++i) last = n.row_of("d", named_transport(std::to_string(i)));
    CHECK(n.rows() == 16);
    CHECK(last == 15);
    CHECK(row_at(n, last).transport() == "other");
    CHECK(row_at(n, last).dialect() == "other");
}
