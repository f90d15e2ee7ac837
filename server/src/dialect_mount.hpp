#pragma once

#include <anywire/dialect.hpp>

#include "mount_point.hpp"
#include "session/duplex_session.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// The mount of a dialect that stands on `anywire/dialect.hpp`.
class dialect_mount final : public mount_point {
public:
    dialect_mount(mount_place const& at,
                  dialect_options const& options,
                  std::unique_ptr<dialect const> speaks,
                  handlers app);

    std::string_view dialect_name() const noexcept override { return speaks_->name(); }
    std::string_view claim() const noexcept override { return speaks_->claim(); }
    bool claims(asked_for const& a, std::string_view below) const noexcept override {
        return speaks_->claims(below, a.query, a.is_websocket());
    }
    void serve(incoming const& in) override;
    std::string session_named_by(std::string_view target) const override;
    /// Another dialect of one's own may do so in another way.
    bool names_as(route_target const& other) const noexcept override { return this == &other; }

    // -- for `dialect_request`
    using mount_point::check_origin;
    using mount_point::local;
    void receive_by(incoming const& in, std::string_view sid, receiver by);
    receiver receiver_of(session_protocol const& speaks) const { return {speaks, http_timing_}; }
    void take(incoming const& in, std::string_view sid, answer taken);
    void open_duplex(incoming const& in, session_protocol const& speaks, std::string_view name);

private:
    bool carries_binary() const noexcept override { return speaks_->carries_binary(); }

    std::unique_ptr<dialect const> speaks_;
    http_timing http_timing_;
    duplex_timing duplex_timing_;
};

/// What a `dialect_request` stands on.
struct dialect_context {
    dialect_mount& mount;
    incoming const& in;
};

}  // namespace anywire
