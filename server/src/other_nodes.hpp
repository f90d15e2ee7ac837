#pragma once

#include "serve_request.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

struct incoming;

/// What a service that is one of several nodes asks about sessions that it does not have.
///
/// Thread: each shard's, for what came to it.
class other_nodes {
public:
    /// Says that a session is here, for as long as it lives.
    using claim = std::shared_ptr<void const>;
    using unless_fn = std::function<void(incoming const& in, claim held)>;

    /// A session that is not here, as a request names it.
    struct wanted {
        std::string_view mount;  ///< Its path.
        std::string_view sid;
        bool is_drawn = false;  ///< Every such sid has a mark.
        bool opens = false;     ///< The request opens the session if nobody has it.
    };

    virtual ~other_nodes() = default;

    /// Whose request another node has brought; nothing where it does not say so. Borrow: `head`.
    virtual std::optional<request_peer> peer_of(http::request_view const& head) const noexcept = 0;

    /// Appends the mark of this node to a session id.
    virtual void append_mark(std::string& sid) const = 0;

    /// Has a request answered by the node that has its session. `unless` is called instead, at once
    /// or later, where no other node has: with the request as it came, but for its body. Where the
    /// request opens the session, it is here from then on, as long as somebody keeps `held`.
    virtual void carry(incoming const& in, wanted const& what, unless_fn unless) = 0;
};

}  // namespace anywire
