#pragma once

#include "counted_ticket.hpp"
#include "kept_request.hpp"
#include "node_mark.hpp"
#include "other_nodes.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace anywire::relay {

/// A request that has come to a node which does not have its session.
struct stray_request {
    stray_request(incoming const& in,
                  other_nodes::wanted const& what,
                  bool with_body,
                  other_nodes::unless_fn otherwise,
                  std::unique_ptr<counted_ticket> counted)
        : request(in, with_body),
          key(key_of(what)),
          is_drawn(what.is_drawn),
          opens(what.opens),
          unless(std::move(otherwise)),
          ticket(std::move(counted)) {}

    /// By which the registry knows the session.
    static std::string key_of(other_nodes::wanted const& what) {
        return std::string(what.mount).append("/").append(what.sid);
    }

    kept_request request;
    std::string key;
    bool is_drawn;
    bool opens;
    bool was_carried = false;           ///< From another node to this one: it goes no further.
    bool was_lost = false;              ///< It was carried once, in vain.
    bool has_asked_nodes = false;       ///< Whether there is a new node.
    std::optional<node_number> node{};  ///< The one that should have it.
    other_nodes::unless_fn unless;
    std::unique_ptr<counted_ticket> ticket;
};

using stray_ptr = std::unique_ptr<stray_request>;

}  // namespace anywire::relay
