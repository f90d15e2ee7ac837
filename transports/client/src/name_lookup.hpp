#pragma once

#include <anywire/error.hpp>

#include "io_host.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace anywire {

/// The addresses of a name, asked of the system without waiting for it.
///
/// Thread: the host's. Destroying it ends it: `then` is not called any more.
class name_lookup {
public:
    using answer = std::function<void(error_code, std::vector<net::ip::tcp::endpoint> const&)>;

    name_lookup() = default;
    name_lookup(name_lookup const&) = delete;
    name_lookup& operator=(name_lookup const&) = delete;
    ~name_lookup() {
        if (then_) *then_ = nullptr;
    }

    /// Calls `then` in an event of its own, but at once for a literal address. Called once.
    void start(io_host& host, std::string const& name, std::uint16_t port, answer then);

private:
    std::shared_ptr<answer> then_{};  // empty once `*this` is gone
};

}  // namespace anywire
