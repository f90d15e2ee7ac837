#pragma once

#include <anywire/request.hpp>

#include <string>
#include <string_view>

namespace anywire {

/// Collects what a `request` keeps, then makes it in one allocation.
///
/// Limits: the server has held the head to `server_limits::header`; longer parts are cut at 64 KB.
class request_builder {
public:
    void set_target(std::string_view target) { target_ = target; }
    void set_remote(std::string_view address, bool secure) {
        address_ = address;
        secure_ = secure;
    }
    /// Where it is not what the field says.
    void set_host(std::string_view host) { host_ = host; }
    /// One of which a part is longer than 64 KB is left out.
    void set_certificate(client_certificate const& c) noexcept;
    /// Fields that concern only the connection are left out.
    void add_field(std::string_view name, std::string_view value);

    [[nodiscard]] request build() const;

private:
    std::string_view target_{};
    std::string_view address_{};
    std::string_view host_{};
    client_certificate certificate_{};
    bool secure_ = false;
    std::string fields_{};
};

}  // namespace anywire
