#pragma once

#include <anywire/socketio/adapter.hpp>
#include <anywire/socketio/json.hpp>
#include <anywire/socketio/nsp.hpp>
#include <anywire/socketio/options.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace anywire::socketio {

class io_core;

/// A Socket.IO server: namespaces with sockets in them, over the Engine.IO sessions of the mount it
/// is given to with `server::mount`. Itself it stands for the main namespace, `/`.
///
/// Spec:   Socket.IO protocol 5, and 4 for clients of Engine.IO 3 where `options::engine` has them.
/// Thread: any, for every function; one object, whatever the number of shards.
/// Borrow: handlers that capture it, or one of its namespaces, by value keep it alive until its
///         mount has gone; one that is never mounted, then, lives for ever. Capture references.
class server : public nsp {
public:
    /// Throws: `std::invalid_argument` for options out of range: times and counts must be positive,
    ///         `max_depth` at most 512.
    explicit server(options o = {});

    /// The namespace of that name ("/chat" or "chat"), made if it is not there: as one of those
    /// below, if a predicate agrees to it, the auth being an empty object; it is kept then.
    ///
    /// Throws: `std::invalid_argument` for a name that clients cannot say: one with a comma, a
    ///         question mark or the byte 0x1e, or longer than `options::max_namespace_name`;
    ///         `std::length_error` if `options::max_child_namespaces` are in use.
    nsp of(std::string_view name) const;

    /// Namespaces that come to be when a client asks for a name that `wanted` agrees to. What is
    /// registered here is copied into each of them; what is done to its sockets is done to those of
    /// all of them, as they are when it is called.
    nsp of(std::function<bool(std::string_view name, json_view auth)> wanted) const;

    /// The namespaces that there are now, in the order of their names: those that were made by
    /// name, and those that a predicate has agreed to. One of the latter is kept as long as the
    /// application has a handle of it: let what is returned go.
    std::vector<nsp> namespaces() const;

    /// Called for every namespace: at once for those that there are, then for each that comes to
    /// be, by name or by a predicate, before its first client. On the thread that makes it.
    void on_namespace(handler<void(nsp const&)> f) const;

    /// Ends all connections; sockets hear `server_shutting_down`.
    void close() const;

    /// Connections now, whether they have joined a namespace or not.
    std::size_t connection_count() const noexcept;

    std::shared_ptr<io_core> const& io() const noexcept { return io_; }

private:
    explicit server(std::shared_ptr<io_core> io);

    std::shared_ptr<io_core> io_;
};

}  // namespace anywire::socketio
