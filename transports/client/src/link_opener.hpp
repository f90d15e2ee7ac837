#pragma once

#include <anywire/client_failure.hpp>

#include "byte_stream.hpp"
#include "client_tls.hpp"
#include "dialer.hpp"
#include "proxy_dialogue.hpp"

#include <memory>
#include <string>

namespace anywire {

/// A way to a server: what its connection goes through.
struct link_route {
    dial_target server{};
    std::string host{};  ///< Of the server, for its certificate.
    bool is_literal = false;
    std::uint16_t port = 0;
    proxy_address proxy{};
    bool is_tunnel = false;  ///< Through `proxy`; else this is an HTTP proxy that is asked itself.
    std::shared_ptr<client_tls const> tls{};  ///< Null without TLS.
    std::string preamble{};                   ///< What is sent first to the server.
};

/// Opens a connection: dials, has a proxy open the way, sends the preamble, and shakes hands.
///
/// Thread: the host's. Destroying it ends it.
class link_opener final : private dialer::events, private poller::watcher {
public:
    class events {
    public:
        /// The last call.
        virtual void on_link(byte_stream stream) = 0;
        /// The last call.
        virtual void on_no_link(client_failure const& why) = 0;

    protected:
        ~events() = default;
    };

    link_opener(io_host& host, dial_options const& options, link_route way, events& to);
    link_opener(link_opener const&) = delete;
    link_opener& operator=(link_opener const&) = delete;
    ~link_opener();

    /// Begins, once, in an event. May call back at once.
    void start();

    /// How far it has come, for who has no more patience.
    client_stage stage() const noexcept { return is_dialing_ ? dialer_.stage() : stage_; }
    /// What has not happened, in a sentence.
    std::string doing() const;

private:
    void on_dialed(int descriptor) override;
    void on_dial_failed(client_failure const& why) override;
    void on_ready(std::uint32_t now) override;

    void dial();
    bool write_unsent() noexcept;
    void begin_proxy();
    bool write_to_proxy();
    void read_from_proxy();
    void after_proxy();
    void go_on_with_preamble();
    void begin_tls();
    void go_on_with_tls();
    void watch(std::uint32_t wanted);
    void leave() noexcept;
    void finish();
    void fail_proxy(std::string text);
    void fail(client_failure why);

    io_host& host_;
    link_route way_;
    events& to_;
    client_stage stage_ = client_stage::resolve;
    name_lookup lookup_{};  // of the server's name, where the proxy is to have an address
    bool is_dialing_ = false;
    dialer dialer_;
    int descriptor_ = -1;
    bool is_watched_ = false;
    bool has_preamble_ = false;  // and it is not out
    std::unique_ptr<proxy_dialogue> proxy_{};
    std::string asked_{};  // the server's address, where the proxy does not resolve
    std::string unsent_{};
    std::unique_ptr<tls_stream> tls_{};
};

}  // namespace anywire
