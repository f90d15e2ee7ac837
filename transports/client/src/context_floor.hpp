#pragma once

#include <anywire/client_options.hpp>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace anywire {

class client_context;
class client_tls;
class io_host;
class socket_network;

/// What the clients of one context share.
///
/// Thread: the context's, but for `tls`.
class context_floor {
public:
    virtual io_host& host() noexcept = 0;
    /// TLS as `options` say, made once for all clients that say the same. Thread: any.
    ///
    /// Errors: null, and one sentence in `error`.
    virtual std::shared_ptr<client_tls const> tls(client_tls_options const& options,
                                                  std::string& error) = 0;
    /// Keeps what has no owner any more and has still something to do, until that is over or the
    /// context ends.
    void keep(std::shared_ptr<void> what) { kept_.push_back(std::move(what)); }
    void let_go(void const* what) noexcept {
        std::erase_if(kept_, [&](auto const& k) { return k.get() == what; });
    }

protected:
    ~context_floor() = default;
    void drop_kept() noexcept { kept_.clear(); }

private:
    std::vector<std::shared_ptr<void>> kept_{};
};

/// The way from a context to its floor.
struct client_access {
    static context_floor& floor_of(client_context& c) noexcept;
    /// The same, for what may have to outlive the context itself for a moment: a client that was
    /// destroyed on another thread.
    static std::shared_ptr<context_floor> share_floor(client_context& c) noexcept;
    /// Ends a context that only one client has run on, when `finished` is there; not at all where
    /// `own` is null. It may be called in a function of the context.
    static void end(std::unique_ptr<client_context> own, std::future<void> finished);
    /// What a client with these options makes its requests through. Thread: any; used on the
    /// context's.
    ///
    /// Errors: null, and one sentence in `error`: files of TLS that cannot be read, or a proxy that
    ///         is none.
    static std::unique_ptr<socket_network> make_network(client_context& on,
                                                        client_options const& options,
                                                        std::string& error);
};

}  // namespace anywire
