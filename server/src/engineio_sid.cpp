#include "engineio_sid.hpp"

#include "hooks.hpp"
#include "other_nodes.hpp"

#include <string_view>

namespace anywire {
namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Makes an id of the application's one that the shard owns, by what is added at its end.
bool lead_to(service_core const& core, shard const& owner, std::string& sid) {
    auto const size = sid.size();
    auto const leads_there = [&] {
        if (core.nodes) core.nodes->append_mark(sid);
        return &core.owner(sid) == &owner;
    };
    if (leads_there()) return true;
    for (std::size_t n = 0; n < letters.size() * (letters.size() + 1); ++n) {
        sid.resize(size);
        if (n >= letters.size()) sid.push_back(letters[n / letters.size() - 1]);
        sid.push_back(letters[n % letters.size()]);
        if (leads_there()) return true;
    }
    return false;
}

bool is_sid(std::string_view sid) noexcept {
    return sid.size() >= 20 && sid.size() <= 128 &&
           sid.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

std::string ask_for_sid(shard& here,
                        endpoint_core const& sessions,
                        std::string_view mount,
                        std::function<std::string(request const&)> const& generate,
                        request const& of) {
    std::string sid;
    auto has_answered = false;
    call_guarded(here, "generate_id", [&] {
        sid = generate(of);
        has_answered = true;
    });
    if (!has_answered) return {};
    std::string_view wrong;
    if (!is_sid(sid))
        wrong = "one that is not 20 to 128 characters of A-Za-z0-9-_";
    else if (!lead_to(here.core(), here, sid) || sessions.find_by_sid(sid))
        wrong = "that of another session";
    if (wrong.empty()) return sid;
    // The id itself stays out of the log.
    here.log().write(log_level::error, "generate_id at ", mount, " gave an id of no use: ", wrong);
    return {};
}

}  // namespace anywire
