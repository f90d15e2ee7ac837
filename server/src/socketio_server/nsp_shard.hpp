#pragma once

#include <anywire/socketio/broadcast.hpp>

#include "outgoing_packet.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
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
    emit_flags flags{};
    std::function<void(nsp_shard&)> fn{};
};

/// One namespace on one shard: its sockets and rooms there.
///
/// Thread: the shard's, but for `inbox`.
class nsp_shard {
public:
    nsp_shard(nsp_core& nsp, io_shard& at) noexcept : nsp_(nsp), at_(at) {}
    ~nsp_shard();
    nsp_shard(nsp_shard const&) = delete;
    nsp_shard& operator=(nsp_shard const&) = delete;

    struct room {
        std::string name{};
        boost::unordered_flat_set<socket_core*> members{};
    };

    nsp_core& nsp() noexcept { return nsp_; }
    io_shard& at() noexcept { return at_; }

    void add(socket_core& s);
    void remove(socket_core& s) noexcept;
    socket_core* find(std::string_view id) const noexcept;

    room* join(socket_core& s, std::string_view name);
    void leave(socket_core& s, room& r) noexcept;

    void run(operation const& op);
    /// Calls `fn` for each connected socket of a filter, once.
    void for_each(socket_filter const& filter, std::function<void(socket_core&)> const& fn);

    std::vector<operation> inbox{};  ///< Guarded by the namespace's order.

private:
    struct string_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept {
            return std::hash<std::string_view>{}(s);
        }
    };
    room const* find_room(std::string_view name) const noexcept;
    class exceptions;
    template <class Fn>
    void visit(socket_filter const& filter, Fn fn);

    nsp_core& nsp_;
    io_shard& at_;
    boost::unordered_flat_map<std::string_view, socket_core*, string_hash, std::equal_to<>>
        sockets_{};
    std::unordered_map<std::string, std::unique_ptr<room>> rooms_{};
    std::uint32_t turn_ = 0;
};

}  // namespace anywire::socketio
