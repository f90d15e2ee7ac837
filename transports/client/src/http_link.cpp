#include "http_link.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <linux/sockios.h>
#include <optional>
#include <sys/ioctl.h>
#include <utility>

namespace anywire {
namespace {

using namespace std::chrono_literals;

/// How long a server may take none of a request that the kernel holds.
constexpr std::chrono::milliseconds write_stall = 30s;

/// Bytes written that the peer's kernel has not confirmed; 0 for other than TCP. What has come of
/// the peer says how much it had by then: each of its segments confirms all.
std::size_t unconfirmed_bytes(byte_stream const& s) noexcept {
    int queued = 0;
    if (s.descriptor() < 0 || ::ioctl(s.descriptor(), SIOCOUTQ, &queued) != 0) return 0;
    return static_cast<std::size_t>(queued);
}

/// How long a server keeps a connection that waits, from its field Keep-Alive; nothing where that
/// does not say it.
///
/// Spec: RFC 2068, section 19.7.1.1, as servers have it: "timeout=5, max=100".
std::optional<std::chrono::seconds> timeout_of(std::string_view keep_alive) {
    constexpr std::string_view name = "timeout=";
    while (!keep_alive.empty()) {
        auto const element = take_element(keep_alive, ',');
        if (!istarts_with(element, name)) continue;
        auto const digits = element.substr(name.size());
        unsigned seconds = 0;
        auto const [end, ec] =
            std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        if (ec == std::errc::result_out_of_range) return link_pool::longest;
        if (ec == std::errc{} && end == digits.data() + digits.size())
            return std::chrono::seconds{seconds};
    }
    return std::nullopt;
}

}  // namespace

// -- the pool -------------------------------------------------------------------------------------

link_pool::~link_pool() {
    for (auto* const link : std::exchange(idle_, {})) link->drop();
}

http_link* link_pool::take(std::string_view key, bool is_once) {
    for (auto i = idle_.size(); i-- > 0;) {
        auto* const link = idle_[i];
        if (link->key() != key) continue;
        auto const age = link->loop().now() - link->idle_since_;
        if (is_once && age >= to_ticks(for_once_)) return nullptr;  // the others are older
        idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
        link->is_idle_ = false;
        if (link->is_alive()) return link;
        link->drop();
    }
    return nullptr;
}

void link_pool::put(http_link& link) {
    auto const is_same = [&](http_link const* l) { return l->key() == link.key(); };
    auto oldest = idle_.end();
    if (std::count_if(idle_.begin(), idle_.end(), is_same) >= static_cast<std::ptrdiff_t>(of_one_))
        oldest = std::find_if(idle_.begin(), idle_.end(), is_same);
    else if (idle_.size() >= all_)
        oldest = idle_.begin();
    if (oldest != idle_.end()) {
        auto* const gone = *oldest;
        idle_.erase(oldest);
        gone->drop();
    }
    idle_.push_back(&link);
    link.is_idle_ = true;
    link.idle_since_ = link.loop().now();
    link.set_deadline(link.loop().now() + to_ticks(link.kept_for_));
}

// -- the link -------------------------------------------------------------------------------------

http_link::http_link(io_host& host, byte_stream stream, std::string key, link_pool& pool)
    : connection(host, std::move(stream), to_ticks(write_stall), nullptr),
      pool_(&pool),
      key_(std::move(key)) {}

void http_link::begin(http_link_user& user,
                      std::string_view request,
                      http::response_limits const& limits,
                      http::response_to what) {
    user_ = &user;
    paused_ = nothing_sent_ = not_received_ = false;
    request_size_ = request.size();
    switches_ = what == http::response_to::upgrade;
    clear_deadline();
    run_event([&] {
        reader_ = http::response_reader(limits, what);
        (void)send(request);
        nothing_sent_ = is_broken();
        start_reading();
    });
}

void http_link::abandon() noexcept {
    user_ = nullptr;
    drop();
}

void http_link::announce_next() {
    if (!user_ || is_dropped() || switches_ || kept_for_ == 0s) return;
    hold const here(*this);
    kept_for_ = 0s;
    (void)send("POST ");
}

void http_link::on_shutdown() {
    if (!is_idle_) return;
    pool_->remove(*this);
    drop();
}

void http_link::pause(bool is) {
    if (paused_ == is || is_dropped() || !user_) return;
    paused_ = is;
    if (is) {
        if (reader_.has_head()) stop_reading();
        return;
    }
    later([this] {
        if (paused_ || !user_) return;
        start_reading();
        if (auto const held = std::move(held_)) feed(*held);
    });
}

void http_link::on_bytes(char* data, std::size_t size) {
    if (user_) return feed({data, size});
    // Between two answers a server has nothing to say.
    if (is_idle_) pool_->remove(*this);
    drop();
}

void http_link::feed(std::string_view bytes) {
    using event = http::response_reader::event;
    while (user_) {
        if (paused_ && reader_.has_head()) {
            stop_reading();
            // Also where none are left: the answer may be complete, which nobody else would say.
            held_ = std::make_unique<std::string>(bytes);
            return;
        }
        switch (reader_.next(bytes)) {
            case event::more: return;
            case event::head:
                note_keep_alive();
                if (switches_ && reader_.head().status == 101) return hand_over(bytes);
                user_->on_response_head(reader_.head());
                break;
            case event::piece: user_->on_response_piece(reader_.piece()); break;
            case event::done: return finish(bytes.empty());
            case event::failed: return fail(reader_.failure(), true);
        }
    }
}

void http_link::note_keep_alive() {
    auto const said = timeout_of(reader_.head().joined("keep-alive"));
    if (said && kept_for_ > 0s) kept_for_ = std::min(link_pool::longest, std::max(*said, 1s) - 1s);
}

void http_link::hand_over(std::string_view rest) {
    auto* const user = std::exchange(user_, nullptr);
    auto stream = take_stream();
    // Its head lies in the reader, or in the host's buffer: both live on until this event ends.
    user->on_switched(reader_.head(), std::move(stream), rest);
    drop();
}

void http_link::finish(bool is_clean) {
    auto* const user = std::exchange(user_, nullptr);
    auto const may_stay = reader_.keeps_alive() && kept_for_ > 0s && unsent_bytes() == 0;
    if (is_clean && may_stay && !is_broken() && !is_dropped())
        pool_->put(*this);
    else
        drop();
    user->on_response_done();
}

void http_link::on_end(bool orderly) {
    if (!user_) {
        if (is_idle_) pool_->remove(*this);
        return drop();
    }
    if (held_) {
        // Read and not given yet: the end is met again when that has been taken.
        feed(std::string_view(*std::exchange(held_, nullptr)));
        if (!user_ || held_) return;
    }
    if (reader_.on_end(orderly) == http::response_reader::event::done) return finish(false);
    // The server's end would have confirmed what had come to it of the request. Where it has not,
    // nobody will read that: its socket was closed.
    not_received_ = orderly && !reader_.has_begun() && unsent_bytes() == 0 &&
                    unconfirmed_bytes(stream()) >= request_size_;
    fail(reader_.failure(), false);
}

void http_link::on_stalled() {
    if (user_) return fail("could not be asked for: the server does not read", false);
    drop();
}

void http_link::on_deadline() {
    if (user_) return;
    if (is_idle_) pool_->remove(*this);
    drop();
}

void http_link::fail(std::string_view text, bool is_answer) {
    auto* const user = std::exchange(user_, nullptr);
    link_failure const why{.text = text,
                           .is_answer = is_answer,
                           .has_begun = reader_.has_begun(),
                           .has_head = reader_.has_head(),
                           .nothing_sent = nothing_sent_,
                           .not_received = not_received_};
    drop();
    user->on_response_failed(why);
}

}  // namespace anywire
