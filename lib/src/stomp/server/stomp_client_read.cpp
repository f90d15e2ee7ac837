#include "stomp_client.hpp"

#include <algorithm>
#include <utility>

namespace anywire::stomp {
namespace {

/// As in "1.1, 1.2": blanks are no part of a version.
std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// The highest of a list that is known here; `known` gets all that are, as a list.
std::optional<version> best_of(std::string_view list, std::string& known) {
    std::optional<version> best;
    while (!list.empty()) {
        auto const comma = std::min(list.find(','), list.size());
        auto const one = trimmed(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        for (auto const v : {version::v1_0, version::v1_1, version::v1_2})
            if (one == to_string(v)) {
                if (!best || *best < v) best = v;
                known.append(known.empty() ? "" : ",").append(one);
            }
    }
    return best;
}

/// Bytes that are kept while it is decided who may connect.
std::size_t hold_limit(options const& o) noexcept {
    return 4 * std::max(o.max_frame, o.max_frame_before_connect);
}

}  // namespace

/// What answers `server::on_connect`.
class admission::receiver {
public:
    receiver(std::shared_ptr<stomp_core> core, std::size_t shard, std::shared_ptr<stomp_client*> to)
        : core_(std::move(core)), shard_(shard), to_(std::move(to)) {}
    receiver(receiver const&) = delete;
    receiver& operator=(receiver const&) = delete;
    ~receiver() {
        if (is_done_.load()) return;
        try {
            refuse("Access refused");
        } catch (...) {  // no memory to say so: the client waits for `connect_timeout`
        }
    }

    void accept(accepted with) {
        if (is_done_.exchange(true)) return;
        auto const all = std::make_shared<accepted>(std::move(with));
        tell([all](stomp_client& c) { c.accept(std::move(*all)); });
    }
    void refuse(std::string_view text) {
        if (is_done_.exchange(true)) return;
        tell([text = std::string(text)](stomp_client& c) { c.refuse(text); });
    }
    /// While the application's function runs, it may be answered at once.
    void set_asking(bool is) noexcept { is_asking_ = is; }

private:
    void tell(std::function<void(stomp_client&)> fn) {
        if (is_asking_ && core_->is_here(shard_)) {
            if (*to_) fn(**to_);
            return;
        }
        (void)core_->post(shard_, [to = to_, fn = std::move(fn)] {
            if (*to) fn(**to);
        });
    }

    std::shared_ptr<stomp_core> core_;
    std::size_t shard_;
    std::shared_ptr<stomp_client*> to_;
    std::atomic<bool> is_done_{false};
    std::atomic<bool> is_asking_{false};
};

void admission::accept(accepted with) const {
    to_->accept(std::move(with));
}
void admission::refuse(std::string_view text) const {
    to_->refuse(text);
}

// -- bytes ----------------------------------------------------------------------------------------

void stomp_client::read(std::string_view bytes) {
    while (!bytes.empty() && !is_ended() && state_ != state::leaving) {
        if (state_ == state::deciding) return hold(bytes);
        switch (reader_.read(bytes)) {
            case frame_reader::event::more:
            case frame_reader::event::beat: break;
            case frame_reader::event::frame:
                ++core_.counts().frames_received;
                take(reader_.frame());
                break;
            case frame_reader::event::failed: {
                auto const why = reader_.fault();
                return fail(
                    is_excess(why) ? close_reason::message_too_big : close_reason::protocol_error,
                    text_of(why),
                    reader_.receipt_of_failed());
            }
        }
    }
}

/// What comes before it is decided who may connect waits, as the session does.
void stomp_client::hold(std::string_view bytes) {
    if (held_.size() + bytes.size() > hold_limit(core_.opts()))
        return fail(close_reason::message_too_big, "too much before CONNECTED", std::nullopt);
    if (held_.empty()) below_->pause();
    held_.append(bytes);
}

// -- frames ---------------------------------------------------------------------------------------

void stomp_client::take(frame_view const& f) {
    if (state_ == state::opening) return take_first(f);
    if (f.find("receipt") && receipts_.size() >= core_.opts().max_receipts)
        return fail(close_reason::refused, "too many receipts wait", f);
    take_command(f);
}

void stomp_client::take_first(frame_view const& f) {
    if (f.what == command::connect || f.what == command::stomp) return on_connect(f);
    ++core_.counts().refused_connects;
    fail(close_reason::protocol_error, "not connected", f);
}

void stomp_client::take_command(frame_view const& f) {
    if (relayed_ && relayed_->take(f)) return;
    switch (f.what) {
        case command::send: return on_send(f);
        case command::subscribe: return on_subscribe(f);
        case command::unsubscribe: return on_unsubscribe(f);
        case command::ack:
        case command::nack: return on_settle(f);
        case command::begin: return on_begin(f);
        case command::commit: return on_commit(f);
        case command::abort: return on_abort(f);
        case command::disconnect: return on_disconnect(f);
        default: return fail(close_reason::protocol_error, "already connected", f);
    }
}

void stomp_client::on_connect(frame_view const& f) {
    if (!choose_version(f)) return;
    if (auto const text = f.find("heart-beat"); text && version_ != version::v1_0) {
        auto const asked = parse_heart_beat(*text);
        if (!asked) return fail(close_reason::protocol_error, "heart-beat is not two numbers", f);
        asked_ = *asked;
    }
    state_ = state::deciding;
    auto const& decide = core_.hooks().on_connect;
    if (!decide) return accept({.user = user_});
    std::vector<std::pair<std::string, std::string>> all;
    all.reserve(f.headers.size());
    for (auto const& h : f.headers) all.emplace_back(h.name, h.value);
    auto const answer =
        std::make_shared<admission::receiver>(core_.shared_from_this(), at_.index(), self_);
    answer->set_asking(true);
    core_.call(at_, [&] { decide(connect(std::move(all), below_->request()), admission(answer)); });
    answer->set_asking(false);
}

bool stomp_client::choose_version(frame_view const& f) {
    auto const list = f.find("accept-version");
    auto const best = best_of(list.value_or("1.0"), versions_);
    if (best) {
        version_ = *best;
        return true;
    }
    ++core_.counts().refused_connects;
    ++core_.counts().errors;
    std::string text;
    frame_writer(text, command::error, version::v1_0)
        .add("version", "1.0,1.1,1.2")
        .add("message", "no version in common")
        .add("content-type", "text/plain")
        .finish("Supported versions: 1.0, 1.1, 1.2");
    send_frame(text);
    leave(close_reason::protocol_error);
    return false;
}

void stomp_client::on_disconnect(frame_view const& f) {
    state_ = state::leaving;
    transactions_.clear();
    done(f);
}

// -- transactions ---------------------------------------------------------------------------------

transaction* stomp_client::find_transaction(std::string_view id) noexcept {
    for (auto& t : transactions_)
        if (t.id == id) return &t;
    return nullptr;
}

void stomp_client::on_begin(frame_view const& f) {
    if (open_transaction(f)) done(f);
}

bool stomp_client::open_transaction(frame_view const& f) {
    auto const id = f.find("transaction");
    auto const refuse = [&](close_reason why, std::string_view text) {
        fail(why, text, f);
        return false;
    };
    if (!id || id->empty())
        return refuse(close_reason::protocol_error, "BEGIN without transaction");
    if (find_transaction(*id))
        return refuse(close_reason::protocol_error, "the transaction has begun already");
    if (transactions_.size() >= core_.opts().max_transactions)
        return refuse(close_reason::refused, "too many transactions");
    transactions_.push_back({.id = std::string(*id)});
    return true;
}

/// Nothing where there is no such transaction, and the session ends.
std::optional<transaction> stomp_client::take_transaction(frame_view const& f) {
    auto const id = f.find("transaction");
    auto* const t = id ? find_transaction(*id) : nullptr;
    if (!t) return fail(close_reason::protocol_error, "no such transaction", f), std::nullopt;
    auto taken = std::move(*t);
    transactions_.erase(transactions_.begin() + (t - transactions_.data()));
    return taken;
}

/// Keeps a frame for its transaction. What cannot be done is refused now, so that a COMMIT is not
/// done by half.
bool stomp_client::store(frame_view const& f, std::string_view id) {
    if (!count_stored(f, id)) return false;
    find_transaction(id)->frames.emplace_back(f);
    return true;
}

/// Whether its transaction has room for one frame more, wherever that is kept.
bool stomp_client::count_stored(frame_view const& f, std::string_view id) {
    auto* const t = find_transaction(id);
    auto const& o = core_.opts();
    if (!t) return fail(close_reason::protocol_error, "no such transaction", f), false;
    t->bytes += stored_frame::cost_of(f);
    if (t->count >= o.max_transaction_frames || t->bytes > o.max_transaction_bytes)
        return fail(close_reason::refused, "the transaction is too big", f), false;
    ++t->count;
    return true;
}

void stomp_client::on_commit(frame_view const& f) {
    auto const taken = take_transaction(f);
    if (!taken) return;
    auto const& all = taken->frames;
    std::vector<published_ptr> sent;
    for (auto const& kept : all)
        if (auto const view = kept.view(); view.what == command::send)
            sent.push_back(publication_of(view));
    if (!core_.has_room(sent)) {
        ++core_.counts().refused_sends;
        return fail(close_reason::refused, "a queue has no room for the transaction", f);
    }
    for (auto const& kept : all) {
        execute(kept.view());
        if (is_ended()) return;
    }
    done(f);
}

void stomp_client::on_abort(frame_view const& f) {
    if (take_transaction(f)) done(f);
}

}  // namespace anywire::stomp
