#pragma once

#include "client/reconnector.hpp"
#include "support/fake_network.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

// A client without sockets, and what it hears.
namespace anywire::test {

[[nodiscard]] inline std::string shown(message_view m) {
    return m.binary ? "<" + std::string(m.data) + ">" : std::string(m.data);
}

[[nodiscard]] inline std::string shown(close_event const& how) {
    auto text = "close " + std::string(to_string(how.reason)) + ' ';
    text += std::to_string(static_cast<unsigned>(how.code));
    return how.text.empty() ? text : text + ' ' + std::string(how.text);
}

[[nodiscard]] inline std::string shown(client_failure const& why) {
    CHECK(why.error.failed());
    return "failure " + std::string(to_string(why.stage)) + ": " + why.text;
}

[[nodiscard]] inline std::shared_ptr<client_settings const> settings_of(client_options o) {
    auto checked = check_settings(std::move(o));
    INFO(checked.wrong);
    REQUIRE(checked.value);
    return checked.value;
}

/// A channel, and what it says. The end destroys it, as its owner does; `on_event` may do so at any
/// event before.
class channel_fixture : public client_channel_events {
public:
    explicit channel_fixture(client_options o, unsigned seed = 1)
        : net(seed), channel(make_channel(net, settings_of(std::move(o)), *this)) {
        channel->start();
    }

    fake_network net;
    std::unique_ptr<client_channel> channel;
    strings heard{};
    client_failure failure{};
    std::function<void(std::string const&)> on_event{};

    strings take() { return std::exchange(heard, {}); }

    void on_open() override { hear("open"); }
    void on_message(message_view m) override { hear(shown(m)); }
    void on_transport() override { hear("transport " + std::string(channel->transport())); }
    void on_sent() override { hear("sent"); }
    void on_failure(client_failure const& why) override {
        auto const gone = std::move(channel);
        failure = why;
        hear(shown(why));
    }
    void on_closed(close_event const& how) override {
        auto const gone = std::move(channel);
        hear(shown(how));
    }

private:
    void hear(std::string text) {
        if (on_event) on_event(text);
        heard.push_back(std::move(text));
    }
};

}  // namespace anywire::test
