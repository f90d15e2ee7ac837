#include "stream_line.hpp"

#include <algorithm>
#include <utility>

namespace anywire::redis {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds retry_delay = 100ms;

std::optional<stream_entry> entry_in(reply&& r) {
    if (!r.is_array() || r.elements.size() != 2 || !r.elements[0].is_string()) return std::nullopt;
    stream_entry out{.id = std::move(r.elements[0].text)};
    // The fields of an entry that was deleted meanwhile are nil.
    auto& parts = r.elements[1].elements;
    if (parts.size() % 2 != 0) return std::nullopt;
    out.fields.reserve(parts.size() / 2);
    for (std::size_t i = 0; i < parts.size(); i += 2)
        out.fields.emplace_back(std::move(parts[i].text), std::move(parts[i + 1].text));
    return out;
}

}  // namespace

std::optional<std::vector<stream_entry>> entries_in(reply&& r) {
    std::vector<stream_entry> out;
    if (r.is_nil()) return out;
    if (!r.is_array() || r.elements.size() != 1) return std::nullopt;
    auto& stream = r.elements[0];
    if (!stream.is_array() || stream.elements.size() != 2 || !stream.elements[1].is_array())
        return std::nullopt;
    for (auto& e : stream.elements[1].elements) {
        auto entry = entry_in(std::move(e));
        if (!entry) return std::nullopt;
        out.push_back(std::move(*entry));
    }
    return out;
}

std::optional<std::string> last_id_in(reply const& r) {
    if (!r.is_array()) return std::nullopt;
    if (r.elements.empty()) return "0-0";
    auto const& entry = r.elements[0];
    if (!entry.is_array() || entry.elements.empty() || !entry.elements[0].is_string())
        return std::nullopt;
    return entry.elements[0].text;
}

stream_line::stream_line(io_host& host,
                         std::shared_ptr<settings const> how,
                         std::shared_ptr<tallies> counts,
                         servers const& where,
                         stream_options what,
                         events& to)
    : host_(host),
      how_(std::move(how)),
      counts_(std::move(counts)),
      servers_(where),
      what_(std::move(what)),
      to_(to),
      last_(what_.from == "$" ? "" : what_.from),
      retry_(host.loop(), [this] { place(); }) {}

void stream_line::stop() noexcept {
    is_stopped_ = true;
    retry_.clear();
    link_.reset();
}

void stream_line::place() {
    std::optional<dial_target> where;
    if (servers_.is_cluster()) {
        where = servers_.place_of(slot_of(what_.key));
        if (!where) return retry_.set(retry_delay);
        if (link_ && link_->place().text() == where->text()) return;
    }
    // A request that the server holds is no silence.
    auto const silence = what_.block + how_->given.ping_interval;
    kept_link::events& self = *this;
    step_ = step::none;
    link_ = std::make_unique<kept_link>(host_, how_, where, silence, self);
    link_->start();
}

void stream_line::relocate() {
    if (!is_stopped_ && servers_.is_cluster()) place();
}

void stream_line::ask() {
    std::string out;
    // Whether it may be read at all is seen before anybody waits for it.
    if (last_.empty() || !has_begun_) {
        step_ = step::ask_last;
        append_words(out, "XREVRANGE", what_.key, "+", "-", "COUNT", "1");
    } else {
        step_ = step::read;
        append_words(out,
                     "XREAD",
                     "COUNT",
                     std::to_string(what_.count),
                     "BLOCK",
                     std::to_string(what_.block.count()),
                     "STREAMS",
                     what_.key,
                     last_);
    }
    counts_->sent.fetch_add(1, std::memory_order_relaxed);
    link_->send(out);
}

void stream_line::on_reply(reply&& r) {
    auto const what = std::exchange(step_, step::none);
    if (r.is_error()) return on_error(r);
    if (what == step::read) return take(std::move(r));
    auto last = what == step::ask_last ? last_id_in(r) : std::nullopt;
    if (!last) return link_->drop({errc::protocol_error, "has not answered with a stream"});
    if (last_.empty()) last_ = std::move(*last);
    has_begun_ = true;
    ask();
    to_.on_reading(*this, {});
}

void stream_line::take(reply&& r) {
    auto entries = entries_in(std::move(r));
    if (!entries) return link_->drop({errc::protocol_error, "has not answered with a stream"});
    for (auto const& e : *entries) {
        last_ = e.id;
        counts_->messages.fetch_add(1, std::memory_order_relaxed);
        to_.on_entry(*this, e);
    }
    ask();
}

void stream_line::on_error(reply const& r) {
    if (is_not_here(r.text)) {
        auto const by = link_->place();
        to_.on_place_wrong(r.text, by);
        link_.reset();
        return retry_.set(retry_delay);
    }
    counts_->note_error("a stream cannot be read: " + r.text);
    host_.log().write(log_level::error, "Redis: a stream cannot be read: ", r.text);
    // What could be read once may be so again: a key of another type will go, a right be given.
    if (has_begun_) return link_->drop({errc::error_reply, "has refused a stream: " + r.text});
    auto const is_unknown = r.text.find("unknown command") != std::string::npos;
    to_.on_reading(*this, is_unknown ? errc::unsupported : errc::error_reply);
}

void stream_line::on_silent() {
    link_->drop({errc::timed_out, "does not answer a request that it shall hold for a while"});
}

void stream_line::on_down(failure const& why, bool was_up) {
    if (was_up)
        host_.log().write(log_level::info, "Redis: the reading of a stream was lost: ", why.text);
    to_.on_place_wrong({}, link_->place());
}

}  // namespace anywire::redis
