#pragma once

#include <anywire/socketio/broadcast.hpp>

#include "core/keyed_hash.hpp"
#include "hub/rooms.hpp"
#include "outgoing_packet.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

class io_shard;
class nsp_core;
class nsp_shard;
class socket_core;

/// One thing to be done on every shard, in the namespace's order: a packet for the sockets of a
/// filter, or a function.
struct operation {
    std::shared_ptr<outgoing_packet const> packet{};
    std::shared_ptr<socket_filter const> filter{};
    bool is_volatile = false;
    bool is_compressed = true;
    std::function<void(nsp_shard&)> fn{};
};

/// One namespace on one shard: its sockets and rooms there.
///
/// Thread: the shard's, but for `inbox`.
class nsp_shard {
public:
    nsp_shard(nsp_core& nsp, io_shard& at);
    ~nsp_shard();
    nsp_shard(nsp_shard const&) = delete;
    nsp_shard& operator=(nsp_shard const&) = delete;

    using room = hub::room<socket_core>;

    nsp_core& nsp() noexcept { return nsp_; }
    io_shard& at() noexcept { return at_; }

    void add(socket_core& s);
    void remove(socket_core& s) noexcept;
    socket_core* find(std::string_view id) const noexcept;
    /// The socket of that id that is connected, or else one that waits to join.
    socket_core* find_reachable(std::string_view id) const noexcept;
    /// A socket's middlewares have not decided at once.
    void add_joining(socket_core& s) { joining_.insert(&s); }
    void remove_joining(socket_core& s) noexcept;

    bool is_in(socket_core const& s, std::string_view name) const noexcept;
    /// Requires: it is not in it.
    void join(socket_core& s, std::string_view name);
    void leave(socket_core& s, std::string_view name) noexcept;
    void leave_all(socket_core& s) noexcept;
    hub::room_table<socket_core> const& rooms() const noexcept { return rooms_; }

    void run(operation const& op);
    /// Calls `fn` for each connected socket of a filter, once.
    void for_each(socket_filter const& filter, std::function<void(socket_core&)> const& fn);

    std::vector<operation> inbox{};  ///< Guarded by the namespace's order.

private:
    /// By `id_text`, which is theirs: so it does not change while they are here.
    struct id_hash : keyed_hash {
        using keyed_hash::operator();
        std::size_t operator()(socket_core const* s) const noexcept;
    };
    struct id_equal {
        using is_transparent = void;
        bool operator()(socket_core const* a, socket_core const* b) const noexcept {
            return a == b;
        }
        bool operator()(std::string_view a, socket_core const* b) const noexcept;
        bool operator()(socket_core const* a, std::string_view b) const noexcept {
            return (*this)(b, a);
        }
    };
    template <class Fn>
    void visit(socket_filter const& filter, Fn fn);

    nsp_core& nsp_;
    io_shard& at_;
    using socket_set = boost::unordered_flat_set<socket_core*, id_hash, id_equal>;
    socket_set sockets_;
    socket_set joining_;
    hub::room_table<socket_core> rooms_;
    std::uint32_t turn_ = 0;
};

}  // namespace anywire::socketio
