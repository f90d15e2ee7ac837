#include "channels.hpp"

#include <algorithm>
#include <utility>

namespace anywire::redis {
namespace {

using namespace std::chrono_literals;

/// Until a channel is asked for again that no server takes now.
constexpr std::chrono::milliseconds retry_delay = 100ms;

siphash_key make_key(session_loop& loop) {
    siphash_key key{};
    loop.fill_random({reinterpret_cast<unsigned char*>(key.data()), sizeof key});
    return key;
}

error_code error_of(reply const& r) {
    auto const is_unknown = r.text.find("unknown command") != std::string::npos;
    return is_unknown ? errc::unsupported : errc::error_reply;
}

}  // namespace

channels::channels(io_host& host,
                   std::shared_ptr<settings const> how,
                   std::shared_ptr<tallies> counts,
                   servers const& where,
                   events& to)
    : host_(host),
      how_(std::move(how)),
      counts_(std::move(counts)),
      servers_(where),
      to_(to),
      tables_{
          table(make_key(host.loop())), table(make_key(host.loop())), table(make_key(host.loop()))},
      retry_(host.loop(), [this] { place_unplaced(); }) {}

template <class Visit>
void channels::for_each(Visit visit) {
    // The sets lend their elements unchangeable; which of them there are does not change here.
    auto const change = [&](channel const& c) { visit(const_cast<channel&>(c)); };
    for (auto const& t : tables_) t.for_each(change);
}

void channels::count() {
    counts_->channels.store(tables_[0].size() + tables_[1].size() + tables_[2].size(),
                            std::memory_order_relaxed);
}

void channels::add(channel_kind kind,
                   std::string const& name,
                   std::shared_ptr<subscriber> who,
                   room space) {
    auto* known = of(kind).find(name);
    if (!known && counts_->channels.load() >= how_->given.limits.max_channels)
        return to_.tell(*who, errc::queue_full);
    if (!known) {
        known = &of(kind).obtain(name);
        known->kind = kind;
        known->space = std::move(space);
        count();
    }
    known->all.push_back(who);
    if (known->is_active) return to_.tell(*who, {});
    if (known->all.size() == 1) place(*known);
}

void channels::remove(channel_kind kind, std::string_view name, subscriber const& who) {
    auto* const c = of(kind).find(name);
    if (!c) return;
    std::erase_if(c->all, [&](auto const& s) { return s.get() == &who; });
    if (!c->all.empty()) return;
    if (c->line && c->line->is_up()) c->line->unsubscribe(kind, c->name);
    auto const was_missing = c->is_missing;
    forget(*c);
    if (was_missing && is_whole()) to_.on_channels_changed(nullptr);
}

void channels::forget(channel& c) {
    set_missing(c, false);
    of(c.kind).erase(c);
    count();
}

void channels::close() {
    std::vector<std::shared_ptr<subscriber>> all;
    for_each([&](channel& c) { all.insert(all.end(), c.all.begin(), c.all.end()); });
    for (auto& s : all) to_.tell(*s, errc::closed);
    lines_.clear();
    auto const forget_all = [this](table& t) { t = table(make_key(host_.loop())); };
    std::for_each(tables_.begin(), tables_.end(), forget_all);
    missing_ = 0;
    count();
}

// -- where they are -------------------------------------------------------------------------------

/// Null while nobody knows who has the slot.
channel_line* channels::line_for(channel const& c) {
    std::optional<dial_target> where;
    if (servers_.is_cluster()) {
        auto const has_slot = c.kind == channel_kind::sharded;
        if (!has_slot && (!home_ || !servers_.is_master(*home_)))
            home_ = servers_.place_of(std::nullopt);
        where = has_slot ? servers_.place_of(slot_of(c.name)) : home_;
        if (!where) return nullptr;
    }
    auto& line = lines_[where ? where->text() : std::string{}];
    if (!line) {
        channel_line::events& self = *this;
        line = std::make_unique<channel_line>(host_, how_, counts_, where, self);
        line->start();
    }
    return line.get();
}

void channels::place(channel& c) {
    c.line = line_for(c);
    if (!c.line) {
        if (!retry_.is_set()) retry_.set(retry_delay);
        return;
    }
    if (c.line->is_up()) ask(c);
}

void channels::ask(channel& c) {
    c.number = ++asked_;
    c.line->subscribe(c.kind, c.name, c.number);
}

void channels::place_unplaced() {
    for_each([this](channel& c) {
        if (!c.line) place(c);
    });
}

void channels::relocate() {
    auto const was_whole = is_whole();
    for_each([this](channel& c) {
        auto* const line = line_for(c);
        if (!line || line == c.line) return;
        if (c.line && c.line->is_up()) c.line->unsubscribe(c.kind, c.name);
        if (c.is_active) set_missing(c, true);
        c.is_active = false;
        place(c);
    });
    std::erase_if(lines_, [this](auto const& named) {
        return servers_.is_cluster() && !servers_.is_master(named.second->place());
    });
    for_each([this](channel& c) {
        auto const is_there = std::any_of(
            lines_.begin(), lines_.end(), [&](auto const& l) { return l.second.get() == c.line; });
        if (is_there) return;
        if (c.is_active) set_missing(c, true);
        c.is_active = false;
        place(c);
    });
    if (was_whole && !is_whole()) {
        failure const why{errc::connection_lost, "channels have moved to another node"};
        to_.on_channels_changed(&why);
    }
}

// -- what the servers say -------------------------------------------------------------------------

void channels::set_missing(channel& c, bool is) {
    if (c.is_missing == is) return;
    c.is_missing = is;
    if (is)
        ++missing_;
    else
        --missing_;
}

bool channels::is_whole() const noexcept {
    return missing_ == 0 && std::none_of(lines_.begin(), lines_.end(), [](auto const& named) {
               return named.second->is_doubted();
           });
}

void channels::doubt() {
    for (auto const& [name, line] : lines_) line->doubt();
}

void channels::on_channels_alive() {
    to_.on_channels_changed(nullptr);
}

void channels::on_channels_up(channel_line& l) {
    for_each([&](channel& c) {
        if (c.line == &l) ask(c);
    });
}

void channels::on_channels_down(channel_line& l, failure const& why, bool) {
    auto const place = l.place();
    for_each([&](channel& c) {
        if (c.line != &l) return;
        if (c.is_active) set_missing(c, true);
        c.is_active = false;
    });
    to_.on_channels_changed(&why);
    if (!servers_.is_cluster()) return;
    // Any node does for those without a slot: not the one that is lost, if there is another.
    auto const all = servers_.masters();
    auto const other = std::find_if(
        all.begin(), all.end(), [&](dial_target const& m) { return m.text() != place.text(); });
    if (home_ && home_->text() == place.text() && other != all.end()) {
        home_ = *other;
        relocate();
    }
    to_.on_place_wrong({}, place);
}

void channels::on_subscribed(channel_kind kind,
                             std::string_view name,
                             std::uint64_t number,
                             reply const* error) {
    auto* const c = of(kind).find(name);
    if (!c || c->number != number) return;
    if (!error) return on_active(*c);
    auto const is_alien = has_code(error->text, "MOVED") && !servers_.is_cluster();
    if (is_alien || !is_not_here(error->text)) return refuse(*c, *error);
    auto const by = c->line->place();
    c->line = nullptr;
    c->number = 0;
    if (!retry_.is_set()) retry_.set(retry_delay);
    to_.on_place_wrong(error->text, by);
}

void channels::on_active(channel& c) {
    c.is_active = true;
    auto const was_missing = c.is_missing;
    set_missing(c, false);
    for (auto const& s : std::vector(c.all)) to_.tell(*s, {});
    if (was_missing && is_whole()) to_.on_channels_changed(nullptr);
}

void channels::refuse(channel& c, reply const& error) {
    auto const all = std::move(c.all);
    auto const was_missing = c.is_missing;
    counts_->note_error("a subscription was refused: " + error.text);
    host_.log().write(log_level::error, "Redis: a subscription was refused: ", error.text);
    forget(c);
    for (auto const& s : all) to_.tell(*s, error_of(error));
    if (was_missing && is_whole()) to_.on_channels_changed(nullptr);
}

void channels::on_unsubscribed(channel_kind kind, std::string_view name) {
    auto* const c = of(kind).find(name);
    if (!c || !c->line) return;
    if (c->is_active) set_missing(*c, true);
    c->is_active = false;
    auto const by = c->line->place();
    c->line = nullptr;
    c->number = 0;
    if (!retry_.is_set()) retry_.set(retry_delay);
    failure const why{errc::connection_lost, by.text() + " serves a channel's slot no more"};
    to_.on_channels_changed(&why);
    to_.on_place_wrong({}, by);
}

void channels::on_message(channel_kind kind, std::string_view name, channel_message const& m) {
    auto const* const c = of(kind).find(name);
    if (!c) return;
    for (auto const& s : std::vector(c->all)) to_.call(*s, m);
}

}  // namespace anywire::redis
