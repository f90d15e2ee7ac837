#pragma once

#include <anywire/client_failure.hpp>

#include "io_host.hpp"
#include "name_lookup.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace anywire {

/// Addresses in the order in which they are to be tried: the families by turns, beginning with
/// that of the first, else as the resolver has ordered them.
///
/// Spec: RFC 8305, section 4.
[[nodiscard]] std::vector<net::ip::tcp::endpoint> interleaved(
    std::vector<net::ip::tcp::endpoint> const& resolved);

/// Where a connection leads.
struct dial_target {
    std::string host{};  ///< A name or a literal address.
    std::uint16_t port = 0;
    std::string unix_socket{};  ///< In place of the two, where it is not empty.

    std::string text() const;
};

[[nodiscard]] client_failure no_address(std::string const& name, error_code why);

struct dial_options {
    std::chrono::milliseconds keep_alive{0};
    std::chrono::milliseconds next_address{0};
};

/// Opens one TCP connection: resolves the name, and tries its addresses, the next one beginning
/// when the last has failed or taken too long; who answers first is taken.
///
/// Spec:   RFC 8305, section 5; the name's addresses are waited for together.
/// Limits: 32 addresses of a name.
/// Thread: the host's. Destroying it ends it.
class dialer final : private timer_node {
public:
    class events {
    public:
        /// The last call. The descriptor, not blocking, is the caller's.
        virtual void on_dialed(int descriptor) = 0;
        /// The last call.
        virtual void on_dial_failed(client_failure const& why) = 0;

    protected:
        ~events() = default;
    };

    dialer(io_host& host, dial_options const& options, events& to) noexcept;
    dialer(dialer const&) = delete;
    dialer& operator=(dialer const&) = delete;
    ~dialer();

    /// Begins, once, in an event. May call back at once.
    void start(dial_target target);

    client_stage stage() const noexcept { return stage_; }

private:
    struct attempt;

    void on_resolved(error_code ec, std::vector<net::ip::tcp::endpoint> const& all);
    void try_next();
    bool begin(void const* address, unsigned size, int family);
    void on_attempt(attempt& a);
    void on_timer(tick now) override;
    void note_failure(int error);
    void fail();

    io_host& host_;
    dial_options options_;
    events& to_;
    dial_target target_{};
    client_stage stage_ = client_stage::resolve;
    name_lookup lookup_{};
    std::vector<net::ip::tcp::endpoint> addresses_{};
    std::size_t next_ = 0;
    std::vector<std::unique_ptr<attempt>> attempts_{};
    std::string wrong_{};
    error_code error_{};
};

}  // namespace anywire
