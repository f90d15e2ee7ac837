#pragma once

#include "connection.hpp"
#include "descriptor_owner.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace anywire {

class connection_intake;
class shard;
class tls_source;

/// A connection that has been accepted, and whose client is known.
struct newcomer {
    descriptor_owner socket{};
    std::string address{};                ///< Of the client: a literal IP, or "unix:".
    tls_source const* tls = nullptr;      ///< Null: it speaks no TLS here.
    bool is_secure = false;               ///< It has come over TLS to a proxy in front.
    connection_intake* intake = nullptr;  ///< Null: it speaks HTTP.
    /// Its place in the count of its address, once it has one.
    std::unique_ptr<connection_ticket> ticket{};
};

/// Who takes in the connections of a listener that does not speak HTTP.
class connection_intake {
public:
    /// Thread: the shard's, several at once.
    virtual void take(shard& here, newcomer n) = 0;
    /// What a client is told for whom there is no room; empty: nothing.
    virtual std::string_view no_room_text() const noexcept { return {}; }

protected:
    ~connection_intake() = default;
};

/// Whether there is room for one more connection; if not, it is told so.
bool has_room_for(shard& here, newcomer const& n);

/// Counts the connection by its client, and serves it, or has its intake do so; or turns it away.
void take_in(shard& here, newcomer n);

/// Its socket, with TLS where it speaks that.
byte_stream stream_of(newcomer& n);

}  // namespace anywire
