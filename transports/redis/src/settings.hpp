#pragma once

#include <anywire/redis/options.hpp>

#include "client_tls.hpp"
#include "dialer.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::redis {

/// What a URL of Redis says.
struct redis_url {
    dial_target server{};
    bool secure = false;
    std::string user{};
    std::string password{};
    int database = 0;
};

/// "redis://", "rediss://" and "unix://", as `options::url` has it.
///
/// Errors: nothing, and one sentence in `wrong`, in which the password is not.
[[nodiscard]] std::optional<redis_url> parse_redis_url(std::string_view text, std::string& wrong);

struct sign_in {
    std::string user{};
    std::string password{};
};

/// Options that were checked, with what was made of them. Constant.
struct settings {
    options given{};
    redis_url url{};  ///< User, password and database are those that count.
    std::vector<dial_target> sentinels{};
    std::vector<dial_target> nodes{};  ///< Of a cluster, to begin with.
    /// Null where nothing needs it.
    std::shared_ptr<client_tls const> tls{};

    bool is_cluster() const noexcept { return !nodes.empty(); }
    bool has_sentinels() const noexcept { return !sentinels.empty(); }
};

/// Errors: null, and one sentence in `wrong`.
[[nodiscard]] std::shared_ptr<settings> make_settings(options given, std::string& wrong);

}  // namespace anywire::redis
