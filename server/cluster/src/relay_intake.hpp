#pragma once

#include "connection.hpp"
#include "newcomer.hpp"
#include "relay_ticket.hpp"

#include <cstddef>
#include <string>

namespace anywire::relay {

class cluster_core;

/// A connection to the internal listener that has not shown its ticket yet. The one that has goes
/// on as an HTTP connection that is believed in what it says of clients; any other is closed
/// without a word.
///
/// Limits: the bytes of a ticket, and two seconds.
/// Thread: the shard's. Owns itself.
class relay_intake final : public connection {
public:
    static void open(shard& here, newcomer n, cluster_core& of);

    void on_shutdown() override { drop(); }

private:
    relay_intake(shard& here, newcomer n, cluster_core& of, std::unique_ptr<connection_ticket> t);

    std::size_t most_at_once() const noexcept override {
        return shared_secret::ticket_size - read_.size();
    }
    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool) override { drop(); }
    void on_sent() override {}
    void on_stalled() override {}
    void on_deadline() override { refuse("it showed no ticket in time"); }

    void refuse(std::string_view why);
    void let_in();

    shard& here_;
    cluster_core& of_;
    std::string address_;
    tls_source const* tls_;
    std::string read_{};
};

}  // namespace anywire::relay
