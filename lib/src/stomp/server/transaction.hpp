#pragma once

#include "stomp/frame.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace anywire::stomp {

/// A frame that waits for its transaction to be committed.
class stored_frame {
public:
    explicit stored_frame(frame_view const& f);

    /// Borrow: valid while this is.
    frame_view view() const;
    /// What one counts for.
    static std::size_t cost_of(frame_view const& f) noexcept;

private:
    command what_;
    std::vector<std::pair<std::string, std::string>> headers_{};
    std::string body_;
};

struct transaction {
    std::string id{};
    std::vector<stored_frame> frames{};
    std::size_t count = 0;  ///< Of frames and their bytes, those included that a broker keeps.
    std::size_t bytes = 0;
};

}  // namespace anywire::stomp
