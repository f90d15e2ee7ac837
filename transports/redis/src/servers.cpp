#include "servers.hpp"

#include "backoff.hpp"

#include <algorithm>
#include <utility>

namespace anywire::redis {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t most_redirects = 16;
/// Until a command is tried again that no server takes now.
constexpr std::chrono::milliseconds retry_delay = 100ms;

}  // namespace

servers::servers(io_host& host,
                 std::shared_ptr<settings const> how,
                 std::shared_ptr<tallies> counts,
                 events& to)
    : host_(host),
      how_(std::move(how)),
      counts_(std::move(counts)),
      to_(to),
      nodes_(host, how_, *this),
      refresh_(host.loop(), [this] { ask(); }),
      retry_(host.loop(), [this] { run_kept(); }) {}

void servers::start() {
    if (is_cluster())
        refresh_.set_soon();
    else
        (void)line_to(std::nullopt);
}

/// The commands for a node, or for the only server.
command_line& servers::line_to(std::optional<dial_target> const& which) {
    auto& line = lines_[which ? which->text() : std::string{}];
    if (!line) {
        command_line::events& self = *this;
        line = std::make_unique<command_line>(host_, how_, counts_, which, self);
        line->start();
    }
    return *line;
}

void servers::run(request r) {
    if (!is_cluster()) return line_to(std::nullopt).add(std::move(r));
    auto const place = place_of(r.slot);
    if (!place) return keep(std::move(r));
    line_to(place).add(std::move(r));
}

void servers::run_at(dial_target const& which, request r) {
    line_to(which).add(std::move(r));
}

void servers::close() {
    auto all = std::exchange(kept_, {});
    for (auto& [name, line] : lines_)
        for (auto& r : line->take_waiting()) all.push_back(std::move(r));
    auto const lines = std::exchange(lines_, {});
    for (auto const& [name, line] : lines)
        for (auto& r : line->take_sent()) all.push_back(std::move(r));
    for (auto& r : all) to_.on_done(r, errc::closed, {});
}

std::string servers::text() const {
    if (slots_) return "a cluster of " + std::to_string(slots_->masters().size()) + " masters";
    return lines_.empty() ? std::string{} : lines_.begin()->second->place().text();
}

bool servers::is_whole() const noexcept {
    if (is_cluster() && !slots_) return false;
    return std::all_of(lines_.begin(), lines_.end(), [this](auto const& named) {
        auto const& line = *named.second;
        return (line.is_up() && !line.is_doubted()) || (is_cluster() && !is_master(line.place()));
    });
}

void servers::doubt() {
    for (auto const& [name, line] : lines_) line->doubt();
}

std::vector<dial_target> servers::masters() const {
    return slots_ ? slots_->masters() : std::vector<dial_target>{};
}

std::optional<dial_target> servers::place_of(std::optional<std::uint16_t> slot) const {
    if (!slots_) return std::nullopt;
    if (!slot) {
        // Any will do: the first that is reached.
        for (auto const& [name, line] : lines_)
            if (line->is_up() && is_master(line->place())) return line->place();
        return slots_->masters().front();
    }
    auto const* const master = slots_->master_of(*slot);
    return master ? std::optional(*master) : std::nullopt;
}

// -- what they say --------------------------------------------------------------------------------

void servers::on_line_up(command_line&) {
    to_.on_server(nullptr);
}

void servers::on_line_down(command_line&, failure const& why, bool) {
    refresh();
    to_.on_server(&why);
}

void servers::on_done(request& r, error_code ec, reply&& answer) {
    to_.on_done(r, ec, std::move(answer));
}

void servers::on_not_here(command_line& l, request&& r, reply&& error) {
    auto const to = is_cluster() ? parse_redirection(error.text, l.place()) : std::nullopt;
    if (to) return follow(std::move(r), *to, has_code(error.text, "ASK"));
    auto const is_demoted = has_code(error.text, "READONLY");
    // Whoever has named a replica himself wants to hear that it is one.
    auto const is_final = is_demoted && !is_cluster() && !how_->has_sentinels();
    auto const is_alien = has_code(error.text, "MOVED") || has_code(error.text, "ASK");
    if (is_final || is_alien) return to_.on_done(r, errc::error_reply, std::move(error));
    refresh();
    keep(std::move(r));
    if (is_demoted) l.drop({errc::not_a_master, "is not a master any more"});
}

void servers::follow(request r, redirection const& to, bool is_ask) {
    if (++r.redirects > most_redirects) return to_.on_done(r, errc::too_many_redirects, {});
    if (!is_ask) {
        if (slots_) slots_->move(to);
        refresh();
        to_.on_slots();
        return line_to(to.to).add(std::move(r));
    }
    // A transaction's parts would each need a word of their own, which MULTI does not let through.
    if (r.is_transaction()) return keep(std::move(r));
    r.asking = true;
    line_to(to.to).add(std::move(r));
}

void servers::note_redirection(std::string_view error, dial_target const& by) {
    auto const to = parse_redirection(error, by);
    if (to && slots_ && !has_code(error, "ASK")) slots_->move(*to);
    refresh();
}

void servers::keep(request r) {
    kept_.push_back(std::move(r));
    if (!retry_.is_set()) retry_.set(retry_delay);
}

void servers::run_kept() {
    auto const now = host_.loop().now();
    for (auto& r : std::exchange(kept_, {})) {
        if (!r.is_over(now)) {
            run(std::move(r));
            continue;
        }
        auto const is_orphan = slots_ && r.slot && !slots_->master_of(*r.slot);
        to_.on_done(r, is_orphan ? errc::no_node : errc::timed_out, {});
    }
}

// -- who serves what ------------------------------------------------------------------------------

void servers::ask() {
    if (nodes_.is_busy()) {
        is_again_ = true;
        return;
    }
    // Those that are reached know best; the ones to begin with are the last resort.
    std::vector<dial_target> whom;
    for (auto const wanted : {true, false})
        for (auto const& [name, line] : lines_)
            if (line->is_up() == wanted) whom.push_back(line->place());
    whom.insert(whom.end(), how_->nodes.begin(), how_->nodes.end());
    std::string question;
    append_words(question, "CLUSTER", "SLOTS");
    link_terms terms{.secure = how_->url.secure,
                     .as = {how_->url.user, how_->url.password},
                     .silence = how_->given.connect_timeout};
    nodes_.start(std::move(whom), std::move(terms), std::move(question));
}

failure servers::on_asked(reply&& r, dial_target const& by) {
    if (r.is_error()) return {errc::error_reply, "has refused: " + r.text};
    auto read = slot_map::read(r, by);
    if (!read) return {errc::no_node, "names no masters of a cluster"};
    slots_ = std::move(*read);
    failures_ = 0;
    for (auto const& m : slots_->masters()) (void)line_to(m);
    leave_others();
    to_.on_slots();
    run_kept();
    if (std::exchange(is_again_, false)) refresh();
    return {};
}

void servers::on_nobody(failure const& last) {
    is_again_ = false;
    auto const delay = backoff_delay(how_->given.reconnect, failures_++, host_.loop().random_u32());
    refresh_.set(delay);
    to_.on_server(&last);
}

/// Lets go of nodes that are masters no more, once they owe no answer.
void servers::leave_others() {
    for (auto i = lines_.begin(); i != lines_.end();) {
        auto& line = *i->second;
        if (is_master(line.place())) {
            ++i;
            continue;
        }
        for (auto& r : line.take_waiting()) keep(std::move(r));
        i = line.is_idle() ? lines_.erase(i) : std::next(i);
    }
}

}  // namespace anywire::redis
