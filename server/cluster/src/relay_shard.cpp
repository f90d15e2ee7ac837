#include "relay_shard.hpp"

#include "client_tls.hpp"
#include "core/fault.hpp"
#include "http_connection.hpp"
#include "io_host.hpp"
#include "session_claim.hpp"
#include "shard.hpp"

#include <string>
#include <utility>
#include <vector>

namespace anywire::relay {
namespace {

constexpr std::size_t most_owners = 50'000;
constexpr tick longest_owner = to_ticks(std::chrono::minutes(5));
// Connections to one node that wait for their next request.
constexpr std::size_t most_idle = 256;

/// For what no claim in the registry is needed, or can be had.
other_nodes::claim no_claim() {
    static auto const none = std::make_shared<int const>(0);
    return none;
}

void refuse_full(incoming const& in) {
    in.respond(status_of(fault::full),
               "too many requests are on their way to other nodes\n",
               "Retry-After: 5\r\n");
}

/// Whether it cannot be carried without the client's socket, which its host has.
bool needs_socket(incoming const& in) noexcept {
    return in.to.checks_handshake() ||
           (!in.via && in.head.upgrade && in.head.list_contains("upgrade", "websocket"));
}

}  // namespace

relay_shard::relay_shard(shard& here, cluster_core& core)
    : here_(here),
      core_(core),
      owners_(here.core().hash_key, most_owners, longest_owner),
      claims_(0, keyed_hash{here.core().hash_key}) {}

relay_shard::~relay_shard() = default;

io_host& relay_shard::host() noexcept {
    return here_.io();
}

std::shared_ptr<client_tls const> relay_shard::tls(client_tls_options const& options,
                                                   std::string& error) {
    auto made = std::make_shared<client_tls const>(options, error);
    return error.empty() ? made : nullptr;
}

void relay_shard::on_teardown() noexcept {
    for (auto const& [key, c] : std::exchange(calls_, {})) c->abort();
    for (auto const& [key, l] : std::exchange(lookups_, {})) l->abort();
    nodes_.clear();
}

void relay_shard::on_drain(drain_turn const& turn) {
    if (!leaving_) leaving_ = tunnels_->size();
    auto most = turn.share(*leaving_);
    std::vector<tunnel_end*> some;  // each may go when it is told
    for (auto* const t : *tunnels_) {
        if (t->is_leaving()) continue;
        if (most-- == 0) break;
        some.push_back(t);
    }
    for (auto* const t : some) t->leave();
}

// -- nodes ----------------------------------------------------------------------------------------

peer_node* relay_shard::find_node(node_number n) noexcept {
    auto const at = nodes_.find(n);
    return at == nodes_.end() ? nullptr : at->second.get();
}

void relay_shard::set_nodes(node_table const& all) {
    auto old = std::exchange(nodes_, {});
    for (auto const& entry : all) {
        auto const known = old.find(entry.number);
        if (known != old.end() && known->second->address == entry.address)
            nodes_.insert(old.extract(known));
        else if (auto made = make_node(entry))
            nodes_.emplace(entry.number, std::move(made));
    }
    lose_calls(old);
    go_on_with_nodes();
}

void relay_shard::lose_calls(node_map const& gone) {
    std::vector<relay_call*> lost;
    for (auto const& [key, c] : calls_)
        if (gone.contains(c->to().number)) lost.push_back(c.get());
    for (auto* const c : lost)
        if (calls_.contains(c)) c->lose();
}

void relay_shard::go_on_with_nodes() {
    std::vector<std::uint64_t> waiting;
    for (auto const& [number, l] : lookups_)
        if (l->what() == lookup::of::nodes) waiting.push_back(number);
    for (auto const number : waiting)
        if (auto what = take_lookup(number)) {
            auto const node = what->node;
            go_on(std::move(what), node);
        }
}

stray_ptr relay_shard::take_lookup(std::uint64_t number) {
    auto const at = lookups_.find(number);
    if (at == lookups_.end()) return nullptr;
    auto const ended = std::move(at->second);
    lookups_.erase(at);
    return ended->take();
}

std::unique_ptr<peer_node> relay_shard::make_node(node_entry const& entry) {
    auto const url = parse_url((core_.is_secure() ? "https://" : "http://") + entry.address + "/");
    if (!url) {
        core_.note(here_, "a node has an address that is none", entry.address);
        return nullptr;
    }
    auto terms = std::make_shared<network_terms>(core_.terms());
    terms->options.preamble = core_.secret().ticket(core_.self(), entry.number);
    context_floor& floor = *this;
    auto network = std::make_unique<socket_network>(floor, std::move(terms));
    network->links().allow(most_idle);
    return std::make_unique<peer_node>(
        peer_node{entry.number, entry.address, *url, std::move(network)});
}

// -- requests -------------------------------------------------------------------------------------

void relay_shard::carry(incoming const& in,
                        other_nodes::wanted const& what,
                        other_nodes::unless_fn unless) {
    auto const was_carried = in.via && in.via->is_relay();
    auto const node = core_.mark().read(what.sid);
    auto const is_own = node == core_.self();
    // Who was carried once is not sent on: it may open a session here, if nobody else has it.
    auto const ends_here =
        is_own || needs_socket(in) || (what.is_drawn && !node) || (was_carried && !what.opens);
    if (ends_here) {
        if (is_own && what.opens) return unless(in, no_claim());
        ++core_.tallies().unknown;
        return unless(in, nullptr);
    }
    auto* const named = node && !was_carried ? find_node(*node) : nullptr;
    auto ticket = counted_ticket::take(core_.tallies().under_way, core_.options().max_relayed);
    if (!ticket) {
        ++core_.tallies().turned_away;
        return refuse_full(in);
    }
    auto request = std::make_unique<stray_request>(
        in, what, named == nullptr, std::move(unless), std::move(ticket));
    request->was_carried = was_carried;
    request->node = node;
    if (named) return begin_call(in, *named, std::move(request));
    if (what.is_drawn) return look_up(lookup::of::nodes, std::move(request));
    find_owner(std::move(request));
}

void relay_shard::find_owner(stray_ptr request) {
    auto const now = here_.loop().now();
    auto const owner = request->was_carried ? std::nullopt : owners_.find(request->key, now);
    if (owner) return go_on(std::move(request), owner);
    is_silent_ = is_silent_ && !not_after(silent_until_, now);
    if (is_silent_) return end_unasked(std::move(request));
    look_up(lookup::of::session, std::move(request));
}

/// The registry cannot be asked, or was not heard from lately: a new session is here, unknown to
/// other nodes.
void relay_shard::end_unasked(stray_ptr what) {
    auto held = what->opens ? no_claim() : nullptr;
    end_here(std::move(what), std::move(held));
}

void relay_shard::begin_call(incoming const& in, peer_node& to, stray_ptr what) {
    auto request = relayed_request(in);
    auto made = std::make_unique<relay_call>(*this, to, std::move(what), std::move(request));
    auto& call = *calls_.emplace(made.get(), std::move(made)).first->second;
    call.begin();
}

void relay_shard::end_here(stray_ptr what, other_nodes::claim held) {
    what->ticket.reset();
    if (!held) ++core_.tallies().unknown;
    what->unless(what->request.again(), std::move(held));
}

void relay_shard::go_on(stray_ptr what, std::optional<node_number> node) {
    what->node = node;
    if (node && !what->was_carried) {
        auto const in = what->request.again();
        if (auto* const to = find_node(*node)) return begin_call(in, *to, std::move(what));
        // It may be new.
        if (!std::exchange(what->has_asked_nodes, true))
            return look_up(lookup::of::nodes, std::move(what));
    }
    end_here(std::move(what), nullptr);
}

void relay_shard::on_lost(stray_ptr what) {
    owners_.forget(what->key);
    // A message may have been taken; a new session may be opened where its node has gone.
    if (!what->opens || std::exchange(what->was_lost, true)) return end_here(std::move(what), {});
    look_up(lookup::of::session, std::move(what));
}

// -- the registry ---------------------------------------------------------------------------------

void relay_shard::look_up(lookup::of what, stray_ptr request) {
    auto const number = ++last_lookup_;
    auto const& l =
        *lookups_.emplace(number, std::make_unique<lookup>(*this, number, what, std::move(request)))
             .first->second;
    lookups_[number]->begin(here_.loop().now() + to_ticks(core_.options().patience));
    if (what == lookup::of::nodes) return core_.refresh_nodes();
    ask_owner(number, l.request());
}

void relay_shard::ask_owner(std::uint64_t number, stray_request const& of) {
    ++core_.tallies().asked;
    auto then = core_.answer_to(here_.index(), number, of.key);
    if (!of.opens || here_.is_draining()) return core_.registry().find(of.key, std::move(then));
    core_.registry().claim(
        of.key, node_id_of(core_.self()), core_.options().session_lives, std::move(then));
}

void relay_shard::on_owner(std::uint64_t number,
                           std::string const& key,
                           error_code ec,
                           std::string const& node) {
    auto what = take_lookup(number);
    auto const is_here = !ec && node_number_of(node) == core_.self();
    if (!what) {
        // The client has gone meanwhile, and nobody else has opened it.
        if (is_here && !claims_.contains(key)) core_.registry().release(key, node);
        return;
    }
    if (ec) {
        on_silence(ec.message());
        return end_unasked(std::move(what));
    }
    if (what->opens && (is_here || node.empty())) {
        auto held = is_here ? claim_of(key) : no_claim();
        return end_here(std::move(what), std::move(held));
    }
    auto const owner = is_here ? std::nullopt : node_number_of(node);
    if (owner) owners_.learn(key, *owner, here_.loop().now());
    go_on(std::move(what), owner);
}

void relay_shard::on_no_answer(lookup& l) {
    auto what = take_lookup(l.number());
    on_silence("it does not answer in time");
    end_unasked(std::move(what));
}

/// Nobody waits for the registry again until it has had some time.
void relay_shard::on_silence(std::string_view why) {
    ++core_.tallies().unanswered;
    is_silent_ = true;
    silent_until_ = here_.loop().now() + to_ticks(core_.options().patience);
    core_.note(here_, "the registry cannot be asked where sessions are", why);
}

other_nodes::claim relay_shard::claim_of(std::string const& key) {
    auto& known = claims_[key];
    if (auto there = known.lock()) return there;
    auto made = std::make_shared<session_claim>(*this, core_.shared_from_this(), key);
    known = made;
    return made;
}

void relay_shard::forget_claim(std::string const& key) noexcept {
    claims_.erase(key);
    shrink_sparse(claims_);
}

void relay_shard::note_not_carried(peer_node const& node, std::string_view why) {
    ++core_.tallies().not_carried;
    core_.note(here_, "a request did not get to the node at " + node.address, why);
}

}  // namespace anywire::relay
