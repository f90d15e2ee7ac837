#include "proxy_dialogue.hpp"

#include "core/base64.hpp"
#include "response_reader.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <utility>

namespace anywire {
namespace {

std::string bracketed(std::string_view host) {
    std::string out(host);
    return host.find(':') == std::string_view::npos ? out : "[" + out + "]";
}

// -- HTTP -----------------------------------------------------------------------------------------

class http_tunnel final : public proxy_dialogue {
public:
    http_tunnel(proxy_address const& proxy, std::string_view host, std::uint16_t port) {
        auto const to = bracketed(host) + ":" + std::to_string(port);
        out_ = "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n";
        if (!proxy.user.empty())
            out_ +=
                "Proxy-Authorization: " + basic_credentials(proxy.user, proxy.password) + "\r\n";
        out_ += "\r\n";
    }

    std::string take_output() override { return std::exchange(out_, {}); }

    status feed(std::string_view bytes, std::size_t& used) override {
        using event = http::response_reader::event;
        auto rest = bytes;
        auto const e = reader_.next(rest);
        used = bytes.size() - rest.size();
        if (e == event::more) return status::more;
        if (e == event::head && reader_.head().status < 300) return status::done;
        used = bytes.size();
        if (e == event::head) {
            http_status_ = reader_.head().status;
            wrong_ = "refused to open a way to the server: status " + std::to_string(http_status_);
        } else {
            wrong_ = "does not answer as one: " + reader_.failure();
        }
        return status::failed;
    }

    std::string failure() const override { return wrong_; }
    unsigned http_status() const noexcept override { return http_status_; }

private:
    std::string out_{};
    std::string wrong_{};
    unsigned http_status_ = 0;
    http::response_reader reader_{http::response_limits{}, http::response_to::connect};
};

// -- SOCKS ----------------------------------------------------------------------------------------

constexpr std::size_t longest_name = 255;

void append_counted(std::string& out, std::string_view text) {
    out.push_back(static_cast<char>(text.size()));
    out.append(text);
}

char const* text_of_reply(unsigned char code) noexcept {
    constexpr std::array<char const*, 9> texts{"",
                                               "general failure",
                                               "not allowed by its rules",
                                               "network unreachable",
                                               "host unreachable",
                                               "connection refused",
                                               "time to live expired",
                                               "command not supported",
                                               "address type not supported"};
    return code < texts.size() ? texts[code] : "unknown failure";
}

class socks5 final : public proxy_dialogue {
public:
    socks5(proxy_address const& proxy, std::string_view host, std::uint16_t port)
        : user_(proxy.user), password_(proxy.password), host_(host), port_(port) {
        auto const is_long = [](std::string_view s) { return s.size() > longest_name; };
        too_long_ = is_long(user_) || is_long(password_) || is_long(host_);
        out_ = user_.empty() ? std::string("\x05\x01\x00", 3) : std::string("\x05\x02\x00\x02", 4);
    }

    std::string take_output() override { return std::exchange(out_, {}); }

    status feed(std::string_view bytes, std::size_t& used) override {
        used = 0;
        if (too_long_) return fail("takes names, users and passwords of at most 255 bytes");
        while (state_ != state::done && state_ != state::failed) {
            auto const need = needed();
            auto const take = std::min(need - in_.size(), bytes.size() - used);
            in_.append(bytes.substr(used, take));
            used += take;
            if (in_.size() < need) return status::more;
            step();
        }
        return state_ == state::done ? status::done : status::failed;
    }

    std::string failure() const override { return wrong_; }

private:
    enum class state : std::uint8_t { method, login, reply, address, done, failed };

    /// Bytes of the answer that is awaited.
    std::size_t needed() const noexcept {
        if (state_ == state::method || state_ == state::login) return 2;
        if (state_ == state::reply) return 5;  // up to a name's length
        switch (byte(3)) {
            case 1: return 4 + 4 + 2;
            case 4: return 4 + 16 + 2;
            default: return std::size_t{4} + 1 + byte(4) + 2;
        }
    }
    unsigned char byte(std::size_t i) const noexcept { return static_cast<unsigned char>(in_[i]); }

    void step() {
        switch (state_) {
            case state::method: return on_method();
            case state::login:
                if (byte(1) != 0) return static_cast<void>(fail("does not accept the password"));
                return ask();
            case state::reply: return on_reply();
            case state::address: state_ = state::done; return;
            case state::done:
            case state::failed: return;
        }
    }
    void on_method() {
        if (byte(0) != 5) return static_cast<void>(fail("is none of SOCKS 5"));
        if (byte(1) == 0) return ask();
        if (byte(1) != 2 || user_.empty())
            return static_cast<void>(fail(user_.empty()
                                              ? "wants a user and a password, and has none"
                                              : "accepts no way to log in that there is"));
        in_.clear();
        state_ = state::login;
        out_ = "\x01";
        append_counted(out_, user_);
        append_counted(out_, password_);
    }
    void ask() {
        in_.clear();
        state_ = state::reply;
        out_.append("\x05\x01\x00", 3);
        std::array<unsigned char, 16> address{};
        auto const as_text = [&](std::size_t n) {
            out_.append(reinterpret_cast<char const*>(address.data()), n);
        };
        if (::inet_pton(AF_INET, host_.c_str(), address.data()) == 1) {
            out_.push_back('\x01');
            as_text(4);
        } else if (::inet_pton(AF_INET6, host_.c_str(), address.data()) == 1) {
            out_.push_back('\x04');
            as_text(16);
        } else {
            out_.push_back('\x03');
            append_counted(out_, host_);
        }
        out_.push_back(static_cast<char>(port_ >> 8));
        out_.push_back(static_cast<char>(port_ & 0xff));
    }
    void on_reply() {
        if (byte(0) != 5) return static_cast<void>(fail("is none of SOCKS 5"));
        if (byte(1) != 0)
            return static_cast<void>(fail(std::string("refused to open a way to the server: ") +
                                          text_of_reply(byte(1))));
        auto const kind = byte(3);
        if (kind != 1 && kind != 3 && kind != 4)
            return static_cast<void>(fail("answers with an address of an unknown type"));
        state_ = state::address;
    }
    status fail(std::string why) {
        wrong_ = std::move(why);
        state_ = state::failed;
        return status::failed;
    }

    std::string user_;
    std::string password_;
    std::string host_;
    std::uint16_t port_;
    std::string out_{};
    std::string in_{};
    std::string wrong_{};
    state state_ = state::method;
    bool too_long_ = false;
};

}  // namespace

std::string basic_credentials(std::string_view user, std::string_view password) {
    std::string both(user);
    both.append(":").append(password);
    std::string out("Basic ");
    append_base64(out, both);
    return out;
}

std::unique_ptr<proxy_dialogue> make_http_tunnel(proxy_address const& proxy,
                                                 std::string_view host,
                                                 std::uint16_t port) {
    return std::make_unique<http_tunnel>(proxy, host, port);
}

std::unique_ptr<proxy_dialogue> make_socks5(proxy_address const& proxy,
                                            std::string_view host,
                                            std::uint16_t port) {
    return std::make_unique<socks5>(proxy, host, port);
}

}  // namespace anywire
