#pragma once

#include <string>
#include <string_view>

namespace anywire {

/// Fields that the application adds to a response.
class response_headers {
public:
    /// Adds a field; several of one name stand beside each other. One whose name is no token, or
    /// whose value holds a control character, is left out: it could add fields of its own.
    void add(std::string_view name, std::string_view value);

    /// What has been added, as it goes on the wire.
    std::string const& text() const noexcept { return text_; }

private:
    std::string text_{};
};

}  // namespace anywire
