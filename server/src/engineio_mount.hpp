#pragma once

#include "engineio/handshake.hpp"
#include "engineio/query.hpp"
#include "engineio_fields.hpp"
#include "engineio_notices.hpp"
#include "engineio_sid.hpp"
#include "mount_point_open.hpp"
#include "session/engineio_dress.hpp"
#include "session/engineio_session.hpp"
#include "sid.hpp"
#include "uploads.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// Engine.IO at a path: refusals and the upgrade in engineio_mount.cpp, requests of sessions that
/// poll in engineio_mount_polling.cpp.
class engineio_mount final : public mount_point, private uploads::listener {
public:
    engineio_mount(mount_place const& at,
                   engineio_options options,
                   handlers app,
                   engineio_upper upper);

    std::string_view dialect_name() const noexcept override { return "engineio"; }
    /// What answers in its stead is asked for without EIO.
    std::string_view claim() const noexcept override {
        return upper_.first ? std::string_view{} : "requests with EIO= in their query";
    }
    bool claims(asked_for const& a, std::string_view) const noexcept override {
        return a.has_parameter("EIO");
    }
    void serve(incoming const& in) override;
    bool watch_body(shard& here,
                    http_connection& from,
                    http::request_view const& head,
                    std::unique_ptr<body_watch>& watch) override;
    std::string_view too_long() const noexcept override { return {}; }
    std::string session_named_by(std::string_view target) const override;

private:
    static bool is_websocket(engineio::query const& q) noexcept {
        return q.transport == "websocket";
    }
    static engineio::revision revision_of(engineio::query const& q) noexcept {
        return q.v4 ? engineio::revision::v4 : engineio::revision::v3;
    }
    engineio_session* find(shard& here, std::string_view sid) const noexcept;

    bool is_enabled(engineio::query const& q) const noexcept;
    bool check_page(incoming const& in, engineio::query const& q) const;
    /// What a refusal says beside its code.
    struct refusal_words {
        std::string_view text{};    ///< Empty: the reference's.
        std::string_view fields{};  ///< Each "Name: value\r\n".
    };
    void refuse(incoming const& in, engineio::refusal why) const;
    void refuse(exchange& to,
                bool by_upgrade,
                unsigned status,
                engineio::refusal why,
                refusal_words with) const;
    void append_cors(std::string& out, http::request_view const& head) const override {
        anywire::append_cors(out, options_, head);
    }

    void tell(shard& here, request const& of, engineio::refusal why, std::string_view text) const;

    void serve_session(incoming const& in, engineio::query const& q);
    void serve_unknown(incoming const& in, engineio::query const& q);
    void serve_poll(incoming const& in, engineio::query const& q, engineio_session& s);
    void serve_post(incoming const& in, engineio_session& s);
    void serve_upgrade(incoming const& in, engineio::query const& q);

    void serve_handshake(incoming const& in, engineio::query const& q);
    void open_polling(incoming const& in, engineio::query const& q);
    void open_websocket_session(incoming const& in, engineio::query const& q);
    engineio_session* make_session(shard& here,
                                   session_base::origin from,
                                   engineio::query const& q,
                                   std::string sid,
                                   bool can_upgrade);
    /// The id of a new session; empty where the application's is of no use.
    std::string choose_sid(shard& here, request const& of) const {
        if (!options_.generate_id) return draw_sid(core(), here);
        return ask_for_sid(here, local(here), prefix(), options_.generate_id, of);
    }
    /// Answers who cannot have a session, as there is no id for it.
    void refuse_sid(shard& here, exchange& to, bool closes) const;
    admission::refuse_fn refuse_later(incoming const& in) const;

    static std::string fields_for(http::request_view const& head);
    std::string fields_of_101(http::request_view const& head) const;
    engineio_dress dress_for(incoming const& in, engineio::query const& q) const;
    void dress_for_session(engineio_dress& d, engineio_session const& s) const;
    void on_upload_failed(std::string const& sid, std::string_view why) override;

    engineio_options options_;
    engineio_timing timing_;
    engineio_upper upper_;
    uploads uploads_;
    mutable engineio_notices notices_{};
};

}  // namespace anywire
