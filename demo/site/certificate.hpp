#pragma once

#include <string>

namespace demo {

/// A self-signed certificate and its key, in files that go when this does.
class certificate {
public:
    /// For localhost, the loopback addresses and `address`.
    ///
    /// Throws: `std::runtime_error` when it cannot be made or written.
    explicit certificate(std::string const& address);
    ~certificate();
    certificate(certificate const&) = delete;
    certificate& operator=(certificate const&) = delete;

    std::string chain() const { return folder_ + "/chain.pem"; }
    std::string key() const { return folder_ + "/key.pem"; }

private:
    std::string folder_{};
};

}  // namespace demo
