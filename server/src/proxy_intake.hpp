#pragma once

#include "connection.hpp"
#include "newcomer.hpp"
#include "proxy_header.hpp"

#include <string>
#include <string_view>

namespace anywire {

/// A connection that has still to say for whom a proxy has made it. Reads that header, and no byte
/// that follows; then it is taken in as that client's.
///
/// Limits: those of `http::proxy_header_reader`; `server_limits::tls_handshake` for all of it.
class proxy_intake final : public connection {
public:
    /// Serves it from now on. `n` has the proxy's own address.
    static void open(shard& here, newcomer n);

private:
    proxy_intake(shard& here, newcomer n);

    void on_shutdown() override { drop(); }
    // The first byte wakes it up; the others are looked at before they are taken.
    std::size_t most_at_once() const noexcept override { return 1; }
    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool) override;
    void on_sent() override {}
    void on_stalled() override {}
    void on_deadline() override { refuse("it did not come in time"); }

    bool feed(std::string_view bytes, std::size_t& used);
    void refuse(std::string_view why);
    void hand_over();

    shard& here_;
    std::string address_;
    tls_source const* tls_;
    connection_intake* to_;
    http::proxy_header_reader reader_{};
    bool has_begun_ = false;
};

}  // namespace anywire
