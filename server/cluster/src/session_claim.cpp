#include "session_claim.hpp"

#include "relay_shard.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire::relay {

session_claim::session_claim(relay_shard& at, std::shared_ptr<cluster_core> core, std::string key)
    : at_(at), core_(std::move(core)), key_(std::move(key)) {
    wait(at_.here().loop().now());
}

session_claim::~session_claim() {
    at_.forget_claim(key_);
    try {
        core_->registry().release(key_, node_id_of(core_->self()));
    } catch (...) {  // NOLINT(bugprone-empty-catch): it expires by itself
    }
}

void session_claim::wait(tick now) {
    until_ = now + to_ticks(core_->options().session_lives) / 2;
    at_.here().loop().wheel().arm(*this, until_);
}

void session_claim::on_timer(tick now) {
    if (!not_after(until_, now)) return at_.here().loop().wheel().arm(*this, until_);
    core_->registry().claim(key_,
                            node_id_of(core_->self()),
                            core_->options().session_lives,
                            [](error_code, std::string const&) {});
    wait(now);
}

}  // namespace anywire::relay
