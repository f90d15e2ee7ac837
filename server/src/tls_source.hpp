#pragma once

#include "tls.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace anywire {

/// Throws: `std::invalid_argument` for options of which one belongs to another that is not there.
void require_sound(tls_options const& tls);

/// The certificates of one listener, which can be read again while it serves.
///
/// Thread: any.
class tls_source {
public:
    /// Throws: `std::invalid_argument` when a file or an option is of no use; the text says which.
    explicit tls_source(tls_options options);

    /// For the next connection.
    std::shared_ptr<tls_context const> current() const;

    /// Reads the files again. What is wrong, if anything: then all stays as it is.
    std::string reload();

private:
    tls_options const options_;
    mutable std::mutex mutex_{};
    std::shared_ptr<tls_context const> current_{};
};

}  // namespace anywire
