#include <anywire/client.hpp>

#include "crowd.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace bench {
namespace {

class session_crowd final : public crowd {
public:
    session_crowd(boost::asio::io_context& loop,
                  idle_kind const& kind,
                  std::uint16_t port,
                  std::size_t n)
        : crowd(loop, n), has_profile_(kind.has_profile), options_(options_for(port, kind.path)) {
        options_.dialect = kind.dialect;
        if (kind.dialect != anywire::client_dialect::websocket) options_.transports = {"websocket"};
        profile_.emplace(options_);
        shared_ = std::make_shared<anywire::client_handlers const>(make_handlers());
    }

private:
    void add() override {
        if (has_profile_)
            clients_.emplace_back(context(), *profile_, shared_);
        else
            clients_.emplace_back(context(), options_, make_handlers());
        clients_.back().connect();
    }
    anywire::client_handlers make_handlers() {
        anywire::client_handlers h;
        h.on_open = [](anywire::client& c) { (void)c.send("hello"); };
        h.on_message = [this](anywire::client&, anywire::message_view) { on_echo(); };
        h.on_failure = [this](anywire::client&, anywire::client_failure const& why) {
            fail(why.text);
        };
        h.on_close = [this](anywire::client&, anywire::close_event const& how) {
            fail(text_of(how));
        };
        return h;
    }

    bool has_profile_;
    anywire::client_options options_;
    std::optional<anywire::client_profile> profile_{};
    std::shared_ptr<anywire::client_handlers const> shared_{};
    std::deque<anywire::client> clients_{};
};

}  // namespace

std::unique_ptr<crowd> make_session_crowd(boost::asio::io_context& loop,
                                          idle_kind const& kind,
                                          std::uint16_t port,
                                          std::size_t n) {
    return std::make_unique<session_crowd>(loop, kind, port, n);
}

}  // namespace bench
