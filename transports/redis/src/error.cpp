#include <anywire/redis/error.hpp>

#include <string>

namespace anywire::redis {
namespace {

char const* sentence(errc e) noexcept {
    switch (e) {
        case errc::error_reply: return "Redis answered with an error";
        case errc::not_authenticated: return "Redis refused the user or the password";
        case errc::unsupported: return "Redis, or this connection, does not do that";
        case errc::connection_lost:
            return "the connection to Redis was lost before the answer came; the command may have "
                   "been executed";
        case errc::queue_full: return "too much waits for Redis already, or it is too large";
        case errc::timed_out: return "Redis did not answer in time";
        case errc::closed: return "the connection to Redis was closed";
        case errc::protocol_error: return "what Redis sent is not an answer";
        case errc::reply_too_big: return "an answer of Redis is larger than the limit";
        case errc::no_master: return "no sentinel names a master";
        case errc::not_a_master: return "the server is not a master";
        case errc::no_node: return "no node of the cluster serves the key's slot";
        case errc::cross_slot: return "the keys belong to different slots of the cluster";
        case errc::too_many_redirects: return "the cluster redirected the command too often";
    }
    return "unknown error";
}

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "anywire.redis"; }
    std::string message(int value) const override { return sentence(static_cast<errc>(value)); }
};

}  // namespace

boost::system::error_category const& error_category() noexcept {
    static category const instance;
    return instance;
}

error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

}  // namespace anywire::redis
