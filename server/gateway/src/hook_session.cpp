#include "hook_session.hpp"

#include <anywire/endpoint.hpp>

#include "hook_signature.hpp"
#include "hooks_backend.hpp"
#include "no_server.hpp"
#include "subprotocol_offer.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

/// A session behind hooks: how it opens, what it posts, and how it ends.
namespace anywire::gateway {
namespace {

std::chrono::steady_clock::time_point steady_now() noexcept {
    return std::chrono::steady_clock::now();
}

}  // namespace

hook_session::hook_session(hooks_shard& at, link_opening const& what, link_events& to)
    : shard_(at), events_(&to), id_(what.session) {}

hook_session::~hook_session() {
    disown();
    if (waits_) shard_.forget(*this);
}

void hook_session::disown() noexcept {
    events_ = nullptr;
    if (link_) *std::exchange(link_, nullptr) = nullptr;
}

// -- its beginning --------------------------------------------------------------------------------

void hook_session::begin(link_opening const& what) {
    auto const& plan = shard_.plan();
    if (!shard_.network()) {
        return refuse_soon({.status = 502,
                            .text = "the server behind the gateway cannot be reached",
                            .log = shard_.wrong()});
    }
    auto fields = plan.fields.of(what);
    for (std::size_t i = 0; fields && i < plan.urls.size(); ++i) {
        auto url = plan.urls[i].expand(what, template_use::url);
        if (url)
            urls_.push_back(std::move(*url));
        else
            fields.reset();
    }
    if (!fields)
        return refuse_soon({.status = 400, .text = "this path or a field cannot be passed on"});
    fields_ = std::move(*fields);
    for (auto const& p : offered_for(what, plan.settings.forward))
        offered_.append(offered_.empty() ? "" : ", ").append(p);
    arm(plan.settings.connect_timeout);
    try_server();
}

void hook_session::try_server() {
    auto const& plan = shard_.plan();
    server_ = server_claim(*plan.servers, steady_now(), tried_);
    if (!server_) {
        auto const why = tried_.empty() ? no_server::is_healthy : no_server::works;
        return refuse_soon(refusal_for(why, last_failure_, plan.settings.health.retry_after));
    }
    tried_.push_back(server_.server());
    auto const url = parse_url(urls_[server_.server()]);
    if (url) {
        url_ = *url;
        return post_next();
    }
    last_failure_ = "its URL is not valid";
    server_.failed(steady_now(), last_failure_);
    try_server();
}

void hook_session::on_opened() {
    stage_ = stage::open;
    has_deadline_ = false;
    server_.opened(steady_now());
    std::vector<std::string>{}.swap(urls_);
    std::vector<std::size_t>{}.swap(tried_);
    if (is_lost_) return post_next();  // the client has not waited for it
    response_headers fields;
    if (shard_.plan().settings.forward.set_cookie) fields = answer_.for_client();
    auto const alive = std::weak_ptr(alive_);
    events_->on_link_open(answer_.protocol(), std::move(fields));
    if (!alive.expired()) deliver();
}

void hook_session::on_not_opened() {
    auto const status = answer_.status();
    auto const is_refusal = status >= 400 && status < 500 && status != 408 && status != 429;
    last_failure_ = answer_.explain();
    if (!is_refusal) {
        server_.failed(steady_now(), last_failure_);
        return is_lost_ ? end_quietly() : try_server();
    }
    server_.refused(steady_now());
    if (is_lost_) return end_quietly();
    refuse(
        {.status = status,
         .text = answer_.body().empty() ? std::string("Refused") : answer_.body().substr(0, 1024),
         .fields = answer_.for_client(),
         .log = last_failure_});
}

// -- for its link ---------------------------------------------------------------------------------

bool hook_session::send(message_view m) {
    std::string event;
    append_event(event, m.binary ? "BINARY" : "TEXT", m.data);
    queued_bytes_ += event.size() + 64;
    queue_.push_back(std::move(event));
    post_next();
    is_full_ = queued_bytes_ > shard_.plan().settings.limits.max_queued_bytes;
    return !is_full_;
}

void hook_session::close(close_code code, std::string_view text) {
    if (goodbye_) return;
    std::string event;
    append_event(event, "CLOSE", close_content(code, text));
    goodbye_ = std::move(event);
    stage_ = stage::ending;
    answer_.drop();  // nobody hears the rest of it
    arm(longest_goodbye);
    post_next();
}

void hook_session::pause(bool is) {
    is_paused_ = is;
    if (!is) deliver_soon();
}

void hook_session::attach(session* s) {
    client_ = s;
    if (!s) return;
    s->join(group_of_session(id_));
    for (auto const& channel : std::exchange(channels_, {})) s->join(group_of_channel(channel));
}

void hook_session::leave() {
    auto const told = stage_ != stage::ending;
    link_ = nullptr;
    events_ = nullptr;
    client_ = nullptr;
    has_deadline_ = false;
    is_lost_ = true;
    answer_.drop();
    if (stage_ == stage::opening && !call_) return end_quietly();
    if (told) {
        append_event(goodbye_.emplace(), "DISCONNECT");
    }
    if (stage_ != stage::opening) {
        stage_ = stage::ending;
        post_next();
    }
}

// -- delivery -------------------------------------------------------------------------------------

void hook_session::deliver_soon() {
    if (std::exchange(delivers_soon_, true)) return;
    boost::asio::post(shard_.place().executor, [this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        delivers_soon_ = false;
        if (stage_ != stage::opening) deliver();
    });
}

/// Hands out what the last answer says, as far as the client takes it; then the next POST.
void hook_session::deliver() {
    using kind = hook_answer::item::kind;
    auto const alive = std::weak_ptr(alive_);
    while (events_ && !is_paused_ && stage_ == stage::open) {
        auto const item = answer_.next();
        if (!item) break;
        switch (item->what) {
            case kind::message:
                events_->on_link_message({item->data, item->binary});
                if (alive.expired()) return;
                break;
            case kind::control: obey(item->data); break;
            case kind::close: {
                auto [code, reason] = read_close(item->data);
                return end(true, code, std::move(reason));
            }
            case kind::disconnect:
                return end(true, close_code::going_away, "the application has ended this session");
            case kind::none: break;
        }
    }
    post_next();
}

void hook_session::obey(std::string_view json) {
    auto const c = read_control(json);
    if (c.what == hook_control::kind::unknown) return;
    if (!client_) {
        std::erase(channels_, c.channel);
        auto const most = shard_.plan().settings.limits.max_groups;
        if (c.what == hook_control::kind::subscribe && (most == 0 || channels_.size() < most))
            channels_.push_back(c.channel);
    } else if (c.what == hook_control::kind::unsubscribe) {
        client_->leave(group_of_channel(c.channel));
    } else if (!client_->join(group_of_channel(c.channel))) {
        shard_.note("session " + id_ + " is in too many channels (limits.max_groups)");
    }
}

// -- its end --------------------------------------------------------------------------------------

void hook_session::arm(std::chrono::milliseconds from_now) {
    if (!shard_.network()) return;
    auto& loop = shard_.network()->loop();
    loop.wake();
    has_deadline_ = true;
    deadline_ = loop.now() + to_ticks(from_now);
    loop.wheel().arm(*this, deadline_);
}

void hook_session::on_timer(tick now) {
    if (!has_deadline_) return;
    if (!not_after(deadline_, now)) return shard_.network()->loop().wheel().arm(*this, deadline_);
    has_deadline_ = false;
    if (stage_ == stage::opening) {
        auto const* const why = call_
                                    ? "no answer to OPEN within connect_timeout"
                                    : "OPEN had no turn within connect_timeout: see max_in_flight";
        if (call_) server_.failed(steady_now(), why);
        return refuse_late(why);
    }
    // The client need not wait for the application to hear of it.
    auto* const to = events_;
    disown();
    is_lost_ = true;
    if (to) to->on_link_end({.is_clean = true});
}

/// Not tried with another server: whether the application has let the client in is not known.
void hook_session::refuse_late(std::string_view why) {
    refuse(refusal_for(no_server::is_in_time, why, {}));
}

void hook_session::refuse(link_refusal why) {
    auto* const to = events_;
    disown();
    end_quietly();
    if (to) to->on_link_refused(std::move(why));
}

void hook_session::refuse_soon(link_refusal why) {
    boost::asio::post(shard_.place().executor,
                      [this, alive = std::weak_ptr(alive_), why = std::move(why)]() mutable {
                          if (!alive.expired()) refuse(std::move(why));
                      });
}

void hook_session::end(bool is_clean, close_code code, std::string text) {
    auto* const to = events_;
    disown();
    server_.closed(!is_clean);
    end_quietly();
    if (to) to->on_link_end({.is_clean = is_clean, .code = code, .text = text});
}

void hook_session::end_quietly() {
    auto& shard = shard_;
    if (call_) {
        call_.reset();
        shard.give_turn();
    }
    shard.end(*this);
}

}  // namespace anywire::gateway
