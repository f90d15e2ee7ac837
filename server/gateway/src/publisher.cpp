#include "publisher.hpp"

#include "core/ascii.hpp"
#include "core/base64.hpp"
#include "hook_signature.hpp"
#include "published.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace anywire::gateway {
namespace {

bool is_authorized(std::string_view field, std::string_view secret) {
    constexpr std::string_view scheme = "bearer ";
    return istarts_with(field, scheme) && is_same_secret(trim(field.substr(scheme.size())), secret);
}

/// Answers once all of those have said how many they have.
class reached {
public:
    explicit reached(http_responder to) : to_(std::move(to)) {}
    ~reached() {
        http_answer a{.body = "{\"sessions\": " + std::to_string(sessions_.load()) + "}\n",
                      .content_type = "application/json"};
        to_.answer(std::move(a));
    }
    reached(reached const&) = delete;
    reached& operator=(reached const&) = delete;

    void add(std::size_t n) noexcept { sessions_ += n; }

private:
    http_responder to_;
    std::atomic<std::size_t> sessions_{0};
};

endpoint::group members_of(endpoint const& e, published const& p) {
    auto out = e.everybody();
    if (!p.to_all)
        for (auto const& g : p.groups) out = out.to(g);
    return out;
}

void close_all(endpoint const& e, endpoint::group const& whom, published const& p) {
    whom.local().members(
        [e, code = p.code, reason = p.data](error_code, std::vector<std::string> const& ids) {
            for (auto const& id : ids)
                e.post(id, [code, reason](session& s) { s.close(code, reason); });
        });
}

/// False where no client of the endpoint can get it.
bool send_to(endpoint::group const& whom, published const& p, bool base64) {
    if (whom.send({p.data, p.binary})) return true;
    if (!p.binary || !base64) return false;
    std::string text;
    append_base64(text, p.data);
    return whom.send(text).has_value();
}

/// Counts whom it may reach.
void publish(publisher_options const& o,
             published const& p,
             std::shared_ptr<reached> const& count) {
    for (auto const& e : o.endpoints()) {
        auto const whom = members_of(e, p);
        if (p.is_close)
            close_all(e, whom, p);
        else if (!send_to(whom, p, o.base64))
            continue;
        whom.count([count](error_code, std::size_t n) { count->add(n); });
    }
}

}  // namespace

route_handler make_publisher(publisher_options options) {
    if (options.secret.empty()) throw std::invalid_argument("publish_secret is empty");
    if (!options.endpoints) throw std::invalid_argument("publisher_options::endpoints is empty");
    return [o = std::move(options)](route_request const& r, http_responder to) {
        if (!is_authorized(r.header("authorization"), o.secret)) {
            http_answer a{.status = 401, .body = "Authorization: Bearer SECRET is missing\n"};
            a.fields.add("WWW-Authenticate", "Bearer");
            return to.answer(std::move(a));
        }
        std::string error;
        auto const all = read_published(r, error);
        if (!all) return to.answer(400, error + "\n");
        auto const count = std::make_shared<reached>(std::move(to));
        for (auto const& p : *all) publish(o, p, count);
    };
}

}  // namespace anywire::gateway
