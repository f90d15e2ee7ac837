#pragma once

#include "core/keyed_hash.hpp"
#include "http_site.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace anywire {

class http_connection;
class shard;

/// The POSTs of a mount that are still being received, by the session they are for: a client may
/// have one at a time.
///
/// Thread: any.
class uploads {
public:
    /// Who hears that an upload overlapped with another one, or broke off. Thread: any.
    class listener {
    public:
        virtual void on_upload_failed(std::string const& sid, std::string_view why) = 0;

    protected:
        ~listener() = default;
    };
    /// `key` is secret: clients name sessions as they like.
    uploads(listener& who, siphash_key const& key) : listener_(who), places_(0, keyed_hash{key}) {}

    /// Notes a body that comes in pieces; null when one is under way for that session: that one is
    /// cut off, and the listener told. `keeps`: what this and the listener are parts of.
    std::unique_ptr<body_watch> begin(shard& here,
                                      http_connection& from,
                                      std::string sid,
                                      std::shared_ptr<void const> keeps);
    /// The same for a body that came whole; false when one is under way.
    bool check(std::string const& sid);
    /// The session has ended: cuts off the body that is under way for it, if there is one.
    void cut(std::string const& sid);

private:
    class upload;
    struct place {
        shard* here = nullptr;
        std::weak_ptr<http_connection*> from{};
    };

    static void drop(place const& p);
    void overlap(place const& first, std::string const& sid);
    void end(std::string const& sid, bool broke_off) noexcept;

    listener& listener_;
    std::atomic<std::size_t> count_{0};
    std::mutex mutex_{};
    keyed_map<place> places_;  // at most one a connection
};

}  // namespace anywire
