#include "system_link.hpp"

#include "core/log_text.hpp"
#include "stomp/frame_writer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace anywire::stomp {
namespace {

/// Bytes that are written at a time: what the broker does not take is kept once, here.
constexpr std::size_t most_unsent = std::size_t{256} * 1024;
/// How long a server that goes down may still send, after the last time.
constexpr std::chrono::milliseconds linger{500};
/// Times that a message, alone on its way, is answered by an ERROR before it is left out: one may
/// have been about the connection.
constexpr unsigned most_refusals = 2;
/// The receipt of what is asked first where a message is looked for that the broker refuses.
constexpr std::uint64_t probe_id = 0;

std::optional<std::uint64_t> number_of(std::optional<std::string_view> text) noexcept {
    if (!text) return std::nullopt;
    std::uint64_t n = 0;
    auto const [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
    if (ec != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return n;
}

}  // namespace

system_link::system_link(io_host& host,
                         std::shared_ptr<relay_settings const> how,
                         std::shared_ptr<relay_tally> counts)
    : host_(host),
      how_(std::move(how)),
      counts_(std::move(counts)),
      next_(host.loop(), [this] { attempt(); }) {}

system_link::~system_link() {
    for (auto const& m : waiting_)
        if (!m.is_confirmed) counts_->give_room(m.what->cost());
}

void system_link::attempt() {
    if (is_parting_) return;
    auto const& o = how_->given;
    broker_link::events& self = *this;
    link_ = std::make_unique<broker_link>(host_,
                                          how_,
                                          broker_sign_in{.login = o.system_login,
                                                         .passcode = o.system_passcode,
                                                         .versions = "1.1,1.2",
                                                         .asked = {o.heart_beat, o.heart_beat}},
                                          self);
    link_->start();
}

void system_link::on_link_up(version, heart_beat const&) {
    counts_->set_away(false);
    counts_->is_up = true;
    host_.log().write(suspects_ != 0 ? log_level::debug : log_level::info,
                      "the broker is there: ",
                      how_->url.server.text());
    last_logged_.clear();
    if (suspects_ != 0) return probe();
    write();
}

void system_link::on_link_down(link_loss const& why) {
    host_.post([done = std::shared_ptr<broker_link>(std::move(link_))] {});  // it has called
    log_loss(why);
    sent_ = 0;
    std::erase_if(waiting_, [](message const& m) { return m.is_confirmed; });
    is_probing_ = false;
    // A message that is looked for must not hold up the others for long.
    auto const is_search = std::exchange(is_searching_, false);
    if (!is_search) counts_->set_away(true);
    if (counts_->is_up.exchange(is_search) && !is_search) ++counts_->losses;
    next_.set(is_search ? std::chrono::milliseconds{0} : how_->given.reconnect_delay);
}

/// An attempt that fails as the one before is no news.
void system_link::log_loss(link_loss const& why) {
    auto const is_news = !is_searching_ && (why.was_up || why.text != last_logged_);
    last_logged_ = why.text;
    host_.log().write(is_news ? log_level::error : log_level::debug,
                      why.was_up ? "the broker is lost: " : "the broker is not there: ",
                      why.text);
}

// -- what is sent ---------------------------------------------------------------------------------

void system_link::send(std::vector<published_ptr> const& all) {
    used_ = host_.loop().now();
    for (auto const& p : all)
        if (auto to = broker_destination(*how_, p->destination))
            waiting_.push_back({p, *std::move(to)});
    write();
}

void system_link::append(std::string& out, message const& m, std::uint64_t id) const {
    auto const& p = *m.what;
    frame_writer w(out, command::send, link_->version());
    w.add("destination", m.destination).add("receipt", std::to_string(id));
    if (!p.what.content_type.empty()) w.add("content-type", p.what.content_type);
    for (auto const& [name, value] : p.more) w.add(name, value);
    w.finish(p.what.body);
}

/// Asks for an answer that is about no message: so the next ERROR is.
void system_link::probe() {
    is_probing_ = true;
    std::string out;
    frame_writer(out, command::begin, link_->version()).add("transaction", "probe").finish();
    frame_writer(out, command::abort, link_->version())
        .add("transaction", "probe")
        .add("receipt", std::to_string(probe_id))
        .finish();
    link_->send(out);
}

void system_link::write() {
    if (!link_ || !link_->is_up() || link_->unsent() != 0 || is_probing_) return;
    std::string out;
    auto const most = suspects_ != 0 ? 1 : waiting_.size();
    while (sent_ < most && out.size() < most_unsent) {
        append(out, waiting_[sent_], first_ + sent_);
        ++sent_;
    }
    if (!out.empty()) link_->send(out);
}

bool system_link::on_link_frame(frame_view const& f) {
    if (f.what != command::receipt) return true;
    auto const id = number_of(f.find("receipt-id"));
    if (id == probe_id)
        is_probing_ = false;
    else if (id)
        confirm(*id);
    // What is out was told at once where all of it went out: it goes on from here.
    write();
    return true;
}

void system_link::confirm(std::uint64_t id) {
    if (id < first_ || id - first_ >= sent_) return;
    auto& m = waiting_[id - first_];
    if (std::exchange(m.is_confirmed, true)) return;
    counts_->give_room(m.what->cost());
    if (suspects_ != 0) --suspects_;
    drop_confirmed();
}

void system_link::drop_confirmed() {
    while (!waiting_.empty() && waiting_.front().is_confirmed) {
        waiting_.pop_front();
        ++first_;
        --sent_;
    }
}

/// A broker may say which message it refuses. RabbitMQ does not: its ERROR passes the receipts of
/// messages before that one, it goes on with those after it or closes, as it likes, and when it
/// goes down itself, it says so in the same way. So the connection ends; what was on its way is
/// sent again, each message alone, and the one that is refused then is left out.
bool system_link::on_link_error(frame_view const& f) {
    if (auto const id = number_of(f.find("receipt-id"));
        id && *id >= first_ && *id - first_ < sent_) {
        leave_out(*id, f);
        return true;
    }
    if (is_probing_ || sent_ == 0) return false;
    is_searching_ = true;
    if (suspects_ == 0) {
        auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(sent_);
        suspects_ = static_cast<std::size_t>(
            std::count_if(waiting_.begin(), end, [](message const& m) { return !m.is_confirmed; }));
    } else if (++waiting_.front().refusals == most_refusals) {
        leave_out(first_, f);
    }
    return false;
}

void system_link::leave_out(std::uint64_t id, frame_view const& f) {
    ++counts_->left_out;
    if (auto const others = refused_.admit(host_.loop().now()))
        host_.log().write(log_level::error,
                          "the broker refuses a message of the application's, which is left out: ",
                          f.find("message").value_or("no reason"),
                          " (",
                          waiting_[id - first_].destination,
                          ")",
                          more_like_it(*others));
    confirm(id);
}

void system_link::on_link_shutdown() {
    auto const now = host_.loop().now();
    if (used_ == 0) used_ = now;
    if (!waiting_.empty() || !not_after(used_ + to_ticks(linger), now)) return;
    is_parting_ = true;
    counts_->is_up = false;
    counts_->set_over();
    host_.post([link = std::shared_ptr<broker_link>(std::move(link_))] {});
}

}  // namespace anywire::stomp
