#pragma once

#include <anywire/listener.hpp>

#include "descriptor_owner.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace anywire {

/// The file of a Unix domain socket that we have made: removed with this, unless another one has
/// taken its place.
class socket_file {
public:
    explicit socket_file(std::string path);
    ~socket_file();
    socket_file(socket_file const&) = delete;
    socket_file& operator=(socket_file const&) = delete;

private:
    std::string path_;  // absolute: the program may change its folder
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// What listens for one listener.
struct listening_sockets {
    std::vector<descriptor_owner> each{};  ///< One a shard, non-blocking.
    std::string address{};                 ///< That they are bound to; the path of a Unix socket.
    std::uint16_t port = 0;                ///< 0 for a Unix domain socket.
    bool is_unix = false;
    std::unique_ptr<socket_file> file{};
};

/// Listens, with a descriptor for each of `shards`. TCP shards share the port (SO_REUSEPORT); those
/// of a Unix domain socket or of an inherited one share the socket.
///
/// Throws: `std::invalid_argument` for an option that makes no sense, `std::system_error` when it
///         cannot listen; the text says where, and what to change.
listening_sockets listen_for(listener_options const& l, std::size_t shards);

}  // namespace anywire
