#include "forwarded_exchange.hpp"

#include "http_connection.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire {

forwarded_exchange::forwarded_exchange(incoming const& in, shard& owner)
    : origin_(in.here),
      local_(&in.to),
      owner_(owner),
      request_(http_connection::serialized(in.head)),
      client_(in.client),
      scheme_(in.client.scheme),
      host_(in.client.host) {
    client_.scheme = scheme_;
    client_.host = host_;
}

void forwarded_exchange::send(incoming const& in, shard& owner, route_target& target, bool needs_client) {
    auto const f = std::make_shared<forwarded_exchange>(in, owner);
    f->origin_self_ = f;
    in.to.listen(f.get(), needs_client);
    owner.post([f, &target] { f->serve(target); });
}

// ---- on the owner's thread -----------------------------------------------------------------------

void forwarded_exchange::serve(route_target& target) {
    owner_self_ = shared_from_this();
    // It was held to the limits where it arrived.
    http::request_reader reader({.header = request_.size(), .line = request_.size(), .body = request_.size(), .fields = request_.size()});
    std::size_t used = 0;
    if (reader.feed(request_, used) != http::request_reader::status::done) {
        (void)respond({.status = 400, .close = true});
        return;
    }
    auto const& head = reader.request();
    target.serve({owner_, *this, head, client_, head.path.substr(target.prefix().size()), nullptr});
}

bool forwarded_exchange::respond(answer const& a) {
    std::string fields(a.fields);
    fields.append(a.more_fields);
    kept_answer kept{a.status, std::string(a.content_type), std::move(fields), std::string(a.body), a.close};
    origin_.post([self = shared_from_this(), kept = std::move(kept)] { self->deliver(kept); });
    return false;
}

void forwarded_exchange::abort() noexcept {
    events_ = nullptr;
    origin_.post([self = shared_from_this()] {
        if (!self->local_) return;
        auto* const local = std::exchange(self->local_, nullptr);
        local->listen(nullptr, false);
        local->abort();
        self->origin_self_.reset();
    });
    owner_self_.reset();
}

// ---- on the origin's thread ----------------------------------------------------------------------

void forwarded_exchange::deliver(kept_answer const& a) {
    if (!local_) return;  // gone; the owner has been told
    auto const all_out = local_->respond(
        {.status = a.status, .content_type = a.content_type, .fields = a.fields, .body = a.body, .close = a.close});
    if (all_out) on_done();
}

void forwarded_exchange::on_done() {
    auto const self = std::move(origin_self_);
    local_ = nullptr;
    owner_.post([self] {
        if (auto* const events = std::exchange(self->events_, nullptr)) events->on_done();
        self->owner_self_.reset();
    });
}

void forwarded_exchange::on_gone() {
    auto const self = std::move(origin_self_);
    local_ = nullptr;
    owner_.post([self] {
        if (auto* const events = std::exchange(self->events_, nullptr)) events->on_gone();
        self->owner_self_.reset();
    });
}

}  // namespace anywire
