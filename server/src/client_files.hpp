#pragma once

#include "router.hpp"

#include <map>
#include <string>
#include <string_view>

namespace anywire {

/// The bundles of the Socket.IO client, kept in memory.
class client_files {
public:
    /// Reads what there is of them in the `dist` folder of the package.
    ///
    /// Throws: `std::invalid_argument` when it holds no socket.io.js.
    explicit client_files(std::string const& folder);

    /// Answers a request for one of them; false for any other.
    bool serve(incoming const& in) const;

private:
    struct file {
        std::string type{};
        std::string body{};
        std::string gzipped{};
    };
    std::map<std::string, file, std::less<>> files_{};
    std::string etag_{};
};

}  // namespace anywire
