#include "pass_call.hpp"

#include "context_floor.hpp"
#include "pass_fields.hpp"

#include <boost/system/errc.hpp>

#include <utility>
#include <vector>

namespace anywire::gateway {
namespace {

struct plain_answer {
    unsigned status;
    std::string_view text;
};

plain_answer answer_for(client_failure const& why) noexcept {
    if (why.stage == client_stage::setup)
        return {400, "This request has a field that cannot be passed on.\n"};
    if (why.error == boost::system::errc::make_error_code(boost::system::errc::timed_out))
        return {504, "The server behind the gateway did not answer in time.\n"};
    switch (why.stage) {
        case client_stage::response:
            return {502, "The server behind the gateway gave an answer that is not valid.\n"};
        case client_stage::request:
        case client_stage::body: return {502, "The server behind the gateway broke off.\n"};
        default: return {502, "The server behind the gateway cannot be reached.\n"};
    }
}

void refuse(exchange& to, plain_answer const& a) {
    (void)to.respond({.status = a.status,
                      .content_type = "text/plain; charset=UTF-8",
                      .fields = "Cache-Control: no-store\r\n",
                      .body = a.text});
}

}  // namespace

// -- the shard's part -----------------------------------------------------------------------------

pass_shard::pass_shard(shard_place& here, client_options const& options)
    : log_(here.log), network_(client_access::make_network(*here.clients, options, wrong_)) {}

pass_shard::~pass_shard() = default;

void pass_shard::note(std::string_view what) const {
    if (log_.write && log_.level >= log_level::info) log_.write(log_level::info, what);
}

void pass_shard::pass(dialect_request const& r,
                      client_url const& base,
                      std::chrono::milliseconds timeout) {
    if (!network_) {
        note("passing on is not possible: " + wrong_);
        return refuse(r.to(), {502, "The server behind the gateway cannot be reached.\n"});
    }
    auto url = base;
    url.path = r.below();
    url.query = r.query();
    auto const kept = fields_to_pass(
        r.fields(), {.host = r.host(), .address = r.remote_address(), .is_secure = r.is_secure()});
    std::vector<websocket::request_field> fields;
    fields.reserve(kept.size());
    for (auto const& f : kept) fields.push_back({f.name, f.value});
    auto made = std::make_unique<pass_call>(*this, r);
    auto& call = *calls_.emplace(made.get(), std::move(made)).first->second;
    call.begin(*network_,
               {.method = r.method(),
                .url = &url,
                .fields = fields,
                .body = r.body(),
                .timeout = timeout,
                .streamed = true,
                .relayed = true});
}

// -- one request ----------------------------------------------------------------------------------

pass_call::pass_call(pass_shard& at, dialect_request const& r)
    : at_(at),
      to_(r.to()),
      asked_(std::string(r.method()).append(" ").append(r.below())),
      answer_(to_, r.method() == "HEAD") {}

void pass_call::begin(client_network& by, client_request const& r) {
    call_ = by.fetch(r, *this);
    to_.listen(this, true);
}

void pass_call::on_body(std::string_view piece) {
    if (!answer_.add(piece)) call_->pause(true);
}

void pass_call::on_sent() {
    if (call_) call_->pause(false);
}

void pass_call::on_end() {
    to_.listen(nullptr, false);
    answer_.end();
    at_.end(*this);
}

void pass_call::on_failure(client_failure const& why) {
    at_.note(asked_ + " was not passed on: " + why.text);
    to_.listen(nullptr, false);
    if (answer_.has_left())
        to_.abort();
    else
        refuse(to_, answer_for(why));
    at_.end(*this);
}

}  // namespace anywire::gateway
