#pragma once

#include <anywire/server.hpp>

#include "arguments.hpp"
#include "lab.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace demo {

/// All that the demo is made of: the server of the page, the server it measures, and the fault
/// proxy that both stand behind.
class site {
public:
    /// Throws: `std::exception` when something cannot be had; the text says what.
    explicit site(arguments const& a);
    ~site();
    site(site const&) = delete;
    site& operator=(site const&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    /// Serves until `stop`, which any thread may call.
    void run();
    void stop();

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace demo
