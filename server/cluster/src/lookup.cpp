#include "lookup.hpp"

#include "relay_shard.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire::relay {

lookup::lookup(relay_shard& at, std::uint64_t number, of what, stray_ptr request)
    : at_(at), number_(number), what_(what), request_(std::move(request)) {}

void lookup::begin(tick until) {
    until_ = until;
    request_->request.to().listen(this, true);
    at_.here().loop().wheel().arm(*this, until_);
}

stray_ptr lookup::take() {
    disarm();
    request_->request.to().listen(nullptr, false);
    return std::move(request_);
}

void lookup::abort() noexcept {
    disarm();
    auto& to = request_->request.to();
    to.listen(nullptr, false);
    to.abort();
}

void lookup::on_done() {
    at_.end(*this);
}

void lookup::on_gone() {
    at_.end(*this);
}

void lookup::on_timer(tick now) {
    if (!not_after(until_, now)) return at_.here().loop().wheel().arm(*this, until_);
    at_.on_no_answer(*this);
}

}  // namespace anywire::relay
