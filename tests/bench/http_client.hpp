#pragma once

#include "client.hpp"
#include "http_reader.hpp"

namespace bench {

/// A client over HTTP: one connection on which it receives (a stream or polls), another on which it
/// POSTs.
class http_client final : public client {
public:
    http_client(client_context& context, transport t, std::size_t index)
        : client(context, t, index), down_(context.loop, *this), up_(context.loop, *this) {}

    void open() override;
    void send(unsigned count) override;
    void leave() override;
    void abort() noexcept override;

private:
    void on_connected(stream& s) override;
    void on_data(stream& s, std::string_view data) override;
    void on_lost(stream& s) override;
    void reply(std::string_view unit) override;

    bool is_engineio() const noexcept { return speaks() != dialect::sockjs; }
    bool is_polling() const noexcept { return traits_of(over()).over == carrier::polling; }
    void ask();
    void post();
    void on_down_data(std::string_view data);
    bool take_lines();
    bool take_poll();
    void finish_down();
    void finish_up();

    stream down_;
    stream up_;
    http_reader down_reader_{};
    http_reader up_reader_{};
    std::string waiting_{};  // the next POST's body
    std::string path_{};     // up to and with the session's id
    bool posts_ = false;
};

}  // namespace bench
