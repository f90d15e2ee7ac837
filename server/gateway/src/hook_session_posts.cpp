#include "hook_session.hpp"
#include "hook_signature.hpp"

#include <boost/system/errc.hpp>

#include <array>
#include <chrono>
#include <utility>

/// The POSTs of a session behind hooks, one after the other, and what becomes of them.
namespace anywire::gateway {
namespace {

std::int64_t seconds_now() noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

constexpr std::int64_t token_lifetime = 3600;

bool is_connecting(client_stage s) noexcept {
    return s == client_stage::resolve || s == client_stage::connect || s == client_stage::proxy ||
           s == client_stage::tls;
}

/// How a session ends to whose message the application answers with `status`.
close_code code_of_status(unsigned status) noexcept {
    if (status == 429 || status == 503) return close_code::try_again_later;
    return status >= 400 && status < 500 ? close_code::policy_violation
                                         : close_code::internal_error;
}

}  // namespace

std::optional<hook_session::post_kind> hook_session::choose_post() const noexcept {
    if (stage_ == stage::opening) return post_kind::open;
    if (!queue_.empty()) return post_kind::message;
    if (!goodbye_) return std::nullopt;
    return goodbye_->starts_with("CLOSE") ? post_kind::close : post_kind::disconnect;
}

/// Begins the next POST, unless one is under way, or the last answer was not delivered, or there is
/// nothing to be posted.
void hook_session::post_next() {
    if (call_ || waits_ || !answer_.is_at_end()) return;
    auto const what = choose_post();
    if (!what) return;
    waits_ = !shard_.take_turn(*this);
    if (!waits_) start_post();
}

void hook_session::on_turn() {
    waits_ = false;
    start_post();
}

std::string hook_session::body_for(post_kind what) {
    std::string body;
    if (what == post_kind::open) {
        append_event(body, "OPEN");
    } else if (what != post_kind::message) {
        body = std::move(*std::exchange(goodbye_, std::nullopt));
    } else {
        do {
            body.append(queue_.front());
            queued_bytes_ -= queue_.front().size() + 64;
            queue_.pop_front();
        } while (!queue_.empty() && body.size() + queue_.front().size() <= most_in_one_post);
    }
    return body;
}

void hook_session::start_post() {
    auto const& plan = shard_.plan();
    posting_ = choose_post().value_or(post_kind::message);
    auto const body = body_for(posting_);
    constexpr std::array<std::string_view, 4> names{"open", "message", "close", "disconnect"};
    auto const timestamp = std::to_string(seconds_now());
    auto const sequence = std::to_string(sequence_++);
    std::string signature;
    std::string token;
    std::vector<websocket::request_field> fields{
        {"Accept", websocket_events_type},
        {"Accept-Encoding", "identity"},
        {"Connection-Id", id_},
        {"Sec-WebSocket-Extensions", "grip"},
        {"Anywire-Event", names[static_cast<std::size_t>(posting_)]},
        {"Anywire-Sequence", sequence},
        {"Anywire-Timestamp", timestamp}};
    if (!plan.settings.hooks.secret.empty()) {
        auto const& secret = plan.settings.hooks.secret;
        signature = sign_hook(secret, timestamp, id_, sequence, body);
        token = make_grip_token(secret, seconds_now() + token_lifetime);
        fields.push_back({"Anywire-Signature", signature});
        fields.push_back({"Grip-Sig", token});
    }
    if (!offered_.empty()) fields.push_back({"Sec-WebSocket-Protocol", offered_});
    std::vector<std::string> names_of_meta;
    names_of_meta.reserve(meta_.size());
    for (auto const& [name, value] : meta_) {
        names_of_meta.push_back("Meta-" + name);
        fields.push_back({names_of_meta.back(), value});
    }
    for (auto const& f : fields_) fields.push_back({f.name, f.value});
    auto const is_open = posting_ == post_kind::open;
    call_ = shard_.network()->fetch(
        {.method = "POST",
         .url = &url_,
         .fields = fields,
         .content_type = websocket_events_type,
         .body = body,
         .max_body = plan.settings.limits.max_message + most_in_one_post,
         .timeout = is_open ? plan.settings.connect_timeout : plan.settings.hooks.timeout,
         .is_once = true,
         .relayed = true},
        *this);
}

void hook_session::on_head(client_response const& head) {
    answer_ = hook_answer(head);
}

/// Requires: a POST has ended, well or not.
void hook_session::end_post() {
    call_.reset();
    shard_.give_turn();
}

void hook_session::on_end() {
    answer_.finish();
    end_post();
    if (answer_.is_good()) answer_.take_meta(meta_);
    if (posting_ == post_kind::open) return answer_.is_good() ? on_opened() : on_not_opened();
    on_answer();
}

void hook_session::on_answer() {
    if (posting_ == post_kind::close || posting_ == post_kind::disconnect) {
        if (!answer_.is_good()) shard_.note("session " + id_ + ": " + answer_.explain());
        return end(true, close_code::normal, {});
    }
    if (!answer_.is_good()) {
        auto why = answer_.explain();
        shard_.note("session " + id_ + ": " + why);
        return give_up(code_of_status(answer_.status()), std::move(why).substr(0, 123));
    }
    if (is_lost_ || stage_ == stage::ending) {
        answer_.drop();
        return post_next();
    }
    auto const alive = std::weak_ptr(alive_);
    if (is_full_ && queued_bytes_ <= shard_.plan().settings.limits.max_queued_bytes / 2) {
        is_full_ = false;
        events_->on_link_drain();
        if (alive.expired()) return;
    }
    deliver();
}

void hook_session::on_failure(client_failure const& why) {
    end_post();
    auto const is_late =
        why.error == boost::system::errc::make_error_code(boost::system::errc::timed_out);
    if (posting_ == post_kind::open) {
        last_failure_ = why.text;
        server_.failed(std::chrono::steady_clock::now(), why.text);
        if (is_lost_) return end_quietly();
        return is_late ? refuse_late(why.text) : try_server();
    }
    shard_.note("session " + id_ + ": " + why.text);
    if (posting_ == post_kind::close || posting_ == post_kind::disconnect)
        return end(true, close_code::normal, {});
    // Nothing has reached the application: the session may go on with another connection.
    if (is_connecting(why.stage) && !is_late) return end(false, close_code::abnormal, {});
    give_up(close_code::try_again_later,
            is_late ? "the application took too long" : "the application broke off");
}

void hook_session::give_up(close_code code, std::string text) {
    auto* const to = events_;
    disown();
    stage_ = stage::ending;
    is_lost_ = true;
    is_full_ = false;
    answer_.drop();
    // What came after the message that failed is not POSTed: the application would miss one.
    queue_.clear();
    queued_bytes_ = 0;
    if (!goodbye_) append_event(goodbye_.emplace(), "DISCONNECT");
    post_next();
    if (to) to->on_link_end({.is_clean = true, .code = code, .text = text});
}

}  // namespace anywire::gateway
