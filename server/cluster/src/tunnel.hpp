#pragma once

#include "connection.hpp"
#include "frame_edges.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <memory>
#include <string_view>

namespace anywire::relay {

class tunnel_end;
/// The ends to clients, on one shard.
using tunnel_set = boost::unordered_flat_set<tunnel_end*>;

/// One end of a WebSocket that goes through this node: to the client, or to the node that has its
/// session. Bytes pass as they are, each end as fast as the other takes it; the ends go together.
///
/// Limits: what one read brings waits for a slow end, then nothing more is read.
/// Thread: the shard's. Owns itself, as every connection.
class tunnel_end final : public connection {
public:
    struct side {
        byte_stream stream{-1, nullptr};
        std::string_view read{};  ///< What was read of it already.
        std::unique_ptr<connection_ticket> ticket{};
    };
    /// Joins two streams. `head` goes to the client first: the answer to its handshake. It is in
    /// `among` for as long as it is there.
    static void join(io_host& host,
                     std::shared_ptr<tunnel_set> among,
                     side client,
                     side node,
                     std::string_view head,
                     std::chrono::milliseconds write_stall);

    ~tunnel_end() override;

    /// The client is told that the server goes, between two frames, and answers the node itself.
    void leave();
    bool is_leaving() const noexcept { return is_leaving_; }
    /// Its `relay_shard` takes leave of it at its own pace.
    void on_shutdown() override {}

private:
    tunnel_end(io_host& host, side& of, std::chrono::milliseconds write_stall, bool is_client);

    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool orderly) override;
    void on_sent() override;
    void on_stalled() override { end_both(); }
    void on_deadline() override { end_both(); }
    void on_cut() noexcept override { other_ = nullptr; }

    /// False: no more, before `other_` reads on.
    bool pass(std::string_view bytes);
    bool pass_to_client(std::string_view bytes);
    void say_goodbye();
    /// The other end sends no more.
    void finish();
    void end_both() noexcept;

    tunnel_end* other_ = nullptr;
    std::shared_ptr<tunnel_set> among_{};  // of one to a client
    frame_edges edges_{};                  // of what the client is sent
    bool is_client_;
    bool has_ended_ = false;    // it sends no more
    bool is_finished_ = false;  // it is sent no more, after what waits
    bool is_leaving_ = false;
    bool has_left_ = false;
};

}  // namespace anywire::relay
