#include "forwarded_exchange.hpp"

#include "http_connection.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire {

forwarded_exchange::forwarded_exchange(incoming const& in, shard& owner)
    : origin_(in.here),
      local_(&in.to),
      client_descriptor_(in.connection->descriptor()),
      owner_(owner),
      request_(http_connection::serialized(in.head)),
      client_(in.client),
      scheme_(in.client.scheme),
      host_(in.client.host) {
    client_.scheme = scheme_;
    client_.host = host_;
}

void forwarded_exchange::send(incoming const& in,
                              shard& owner,
                              route_target& target,
                              bool needs_client) {
    auto const f = std::make_shared<forwarded_exchange>(in, owner);
    in.here.errands().keep(f);
    in.to.listen(f.get(), needs_client);
    owner.post([f, &target] { f->serve(target); });
}

// ---- on the owner's thread
// -----------------------------------------------------------------------

void forwarded_exchange::serve(route_target& target) {
    owner_.errands().keep(shared_from_this());
    // It was held to the limits where it arrived.
    http::request_reader reader({.header = request_.size(),
                                 .line = request_.size(),
                                 .body = request_.size(),
                                 .fields = request_.size()});
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
    kept_answer kept{a.status,
                     std::string(a.content_type),
                     std::move(fields),
                     std::string(a.body),
                     a.close,
                     stall_};
    origin_.post([self = shared_from_this(), kept = std::move(kept)] { self->deliver(kept); });
    return false;
}

void forwarded_exchange::abort() noexcept {
    events_ = nullptr;
    origin_.post([self = shared_from_this()] {
        if (!self->local_) return;
        auto* const local = std::exchange(self->local_, nullptr);
        self->forget_client(true);
        local->listen(nullptr, false);
        local->abort();
        self->origin_.errands().release(self);
    });
    owner_.errands().release(shared_from_this());
}

// ---- on the origin's thread
// ----------------------------------------------------------------------

void forwarded_exchange::deliver(kept_answer const& a) {
    if (!local_) return;  // gone; the owner has been told
    if (a.stall != 0) local_->limit_stall(a.stall);
    auto const all_out = local_->respond({.status = a.status,
                                          .content_type = a.content_type,
                                          .fields = a.fields,
                                          .body = a.body,
                                          .close = a.close});
    if (all_out) on_done();
}

bool forwarded_exchange::is_client_gone() const noexcept {
    std::scoped_lock const lock(client_mutex_);
    return client_gone_ || (client_descriptor_ >= 0 && peer_has_ended(client_descriptor_));
}

/// The connection goes its own way from here: nobody may look at its socket any more.
void forwarded_exchange::forget_client(bool gone) noexcept {
    std::scoped_lock const lock(client_mutex_);
    client_descriptor_ = -1;
    client_gone_ = gone;
}

void forwarded_exchange::on_done() {
    forget_client(false);
    auto const self = shared_from_this();
    origin_.errands().release(self);
    local_ = nullptr;
    owner_.post([self] {
        if (auto* const events = std::exchange(self->events_, nullptr)) events->on_done();
        self->owner_.errands().release(self);
    });
}

void forwarded_exchange::tell_gone(bool stalled) {
    forget_client(true);
    auto const self = shared_from_this();
    origin_.errands().release(self);
    local_ = nullptr;
    owner_.post([self, stalled] {
        if (auto* const events = std::exchange(self->events_, nullptr))
            stalled ? events->on_stalled() : events->on_gone();
        self->owner_.errands().release(self);
    });
}

}  // namespace anywire
