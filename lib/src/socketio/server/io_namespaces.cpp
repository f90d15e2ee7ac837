// The namespaces of a Socket.IO server: how they come to be, and their end.
#include "io_core.hpp"
#include "nsp_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace anywire::socketio {
namespace {

/// Throws `std::invalid_argument` for a name that no client can say.
std::string clean_name(std::string_view name, std::size_t longest) {
    auto clean = name.starts_with('/') ? std::string(name) : "/" + std::string(name);
    // Where a name ends on the wire: before the rest of the packet, a query, the next packet.
    if (clean.find_first_of(",?\x1e") != clean.npos)
        throw std::invalid_argument("namespace '" + clean + "': no ',', '?' or 0x1e in a name");
    if (clean.size() > longest)
        throw std::invalid_argument("namespace '" + clean +
                                    "': longer than socketio::options::max_namespace_name");
    return clean;
}

}  // namespace

/// Requires: `making_` is held, or nobody else is there yet.
std::shared_ptr<nsp_core> io_core::add(std::string name, nsp_core const* from) {
    auto n = std::make_shared<nsp_core>(*this, name, false);
    if (from) n->begin_as(*from);
    n->connect();
    std::scoped_lock const lock(mutex_);
    n->attach(shards_.size());
    if (from) ++children_;
    namespaces_.emplace(std::move(name), n);
    return n;
}

std::shared_ptr<nsp_core> io_core::of(std::string_view name) {
    auto clean = clean_name(name, options_.max_namespace_name);
    std::scoped_lock const making(making_);
    {
        std::scoped_lock const lock(mutex_);
        if (auto const found = namespaces_.find(clean); found != namespaces_.end())
            return found->second;
    }
    auto const from = parent_for(clean, json_view("{}"));
    auto n = from ? make_child(clean, *from) : add(std::move(clean), nullptr);
    if (n && !from) {
        show(n);
        std::scoped_lock const lock(mutex_);
        n->is_ready = true;
    }
    if (!n)
        throw std::length_error("of: there are `max_child_namespaces` dynamic namespaces already");
    return n;  // counted as used, for ever
}

std::shared_ptr<nsp_core> io_core::of(std::function<bool(std::string_view, json_view)> wanted) {
    std::scoped_lock const lock(mutex_);
    auto all = *parents_;
    auto n = std::make_shared<nsp_core>(*this, "/_" + std::to_string(all.size()), true);
    n->connect();
    all.push_back({std::move(wanted), n});
    parents_ = std::make_shared<std::vector<parent> const>(std::move(all));
    return n;
}

std::shared_ptr<nsp_core> io_core::use(std::string_view name) {
    std::scoped_lock const lock(mutex_);
    auto const found = namespaces_.find(name);
    if (found == namespaces_.end() || !found->second->is_ready) return nullptr;
    auto const& n = found->second;
    if (n->idle) idle_.erase(*std::exchange(n->idle, std::nullopt));
    ++n->users;
    return n;
}

io_core::asked_for io_core::find_for(std::string_view name, json_view auth, bool takes_child) {
    if (auto known = use(name)) {
        if (!known->parent || takes_child) return {std::move(known), false};
        release(std::move(known));
        return {nullptr, true};
    }
    auto const from = parent_for(name, auth);
    if (!from) return {};
    if (!takes_child) return {nullptr, true};
    auto made = make_child(name, *from);
    auto const is_full = made == nullptr;
    return {std::move(made), is_full};
}

std::shared_ptr<nsp_core> io_core::parent_for(std::string_view name, json_view auth) {
    auto const parents = [&] {
        std::scoped_lock const lock(mutex_);
        return parents_;
    }();
    for (auto const& p : *parents)
        if (p.wanted(name, auth)) return p.core;
    return nullptr;
}

/// Null when there are too many.
std::shared_ptr<nsp_core> io_core::make_child(std::string_view name, nsp_core const& from) {
    std::scoped_lock const making(making_);
    if (auto known = use(name)) return known;
    core_list ended;
    auto const has_room = has_room_for_child(ended);
    for (auto const& n : ended) n->forget_all();
    if (!has_room) return nullptr;
    auto child = add(std::string(name), &from);
    show(child);
    for (auto const& config : {from.config(), main_->config()})
        for (auto const& f : config->new_namespace) (void)call([&] { f(nsp(child)); });
    std::scoped_lock const lock(mutex_);
    child->is_ready = true;
    ++child->users;
    return child;
}

void io_core::on_namespace(std::function<void(nsp const&)> f) {
    std::scoped_lock const making(making_);
    {
        std::scoped_lock const lock(mutex_);
        auto all = watchers_ ? *watchers_ : nsp_watchers{};
        all.push_back(f);
        watchers_ = std::make_shared<nsp_watchers const>(std::move(all));
    }
    for (auto const& n : namespaces()) f(nsp(n));
}

/// Tells of a namespace that no client has seen yet. Requires: `making_` is held.
void io_core::show(std::shared_ptr<nsp_core> const& made) {
    auto const watchers = [&] {
        std::scoped_lock const lock(mutex_);
        return watchers_;
    }();
    if (!watchers) return;
    for (auto const& f : *watchers) (void)call([&] { f(nsp(made)); });
}

// -- the end of dynamic namespaces ----------------------------------------------------------------

void io_core::release(std::shared_ptr<nsp_core> n) {
    core_list ended;
    {
        std::scoped_lock const lock(mutex_);
        if (--n->users != 0 || !n->parent) return;
        auto const found = namespaces_.find(n->name());
        if (found == namespaces_.end() || found->second != n) return;
        n->idle = idle_.insert(idle_.end(), n.get());
        n->idle_since = steady_time();
        n.reset();
        end_unused(ended);
    }
    for (auto const& each : ended) each->forget_all();
}

/// Ends those that have gone unused for long enough: the latest and the oldest are looked at, so
/// that no call takes long. Requires: `mutex_` is held.
void io_core::end_unused(core_list& ended) {
    if (!options_.clean_up_child_namespaces) return;
    auto const now = steady_time();
    auto const longest = options_.recovery.max_disconnection.count();
    auto const may_go = [&](nsp_core& n) {
        // Who has a handle of it expects it to be the one of that name.
        auto const is_held = namespaces_.find(n.name())->second.use_count() > 1;
        return !is_held && (now - n.idle_since > longest || !n.holds_sessions());
    };
    if (may_go(*idle_.back())) ended.push_back(end_child(*idle_.back()));
    for (int i = 0; i < 2 && !idle_.empty(); ++i) {
        auto& oldest = *idle_.front();
        if (may_go(oldest))
            ended.push_back(end_child(oldest));
        else if (now - oldest.idle_since > longest)
            idle_.splice(idle_.end(), idle_, idle_.begin());  // its turn comes again
    }
}

/// Requires: `mutex_` is held, and it is idle.
std::shared_ptr<nsp_core> io_core::end_child(nsp_core& n) {
    idle_.erase(*std::exchange(n.idle, std::nullopt));
    auto const found = namespaces_.find(n.name());
    auto dying = std::move(found->second);
    namespaces_.erase(found);
    shrink_sparse(namespaces_);
    --children_;
    return dying;
}

/// Whether another one may be made. One that nobody uses never keeps others out: the oldest goes.
bool io_core::has_room_for_child(core_list& ended) {
    std::scoped_lock const lock(mutex_);
    if (children_ < options_.max_child_namespaces) return true;
    if (idle_.empty()) return false;
    ended.push_back(end_child(*idle_.front()));
    return true;
}

std::vector<std::shared_ptr<nsp_core>> io_core::children_of(nsp_core const& of) {
    std::vector<std::shared_ptr<nsp_core>> all;
    std::scoped_lock const lock(mutex_);
    for (auto const& [name, n] : namespaces_)
        if (n->parent == &of) all.push_back(n);
    return all;
}

std::vector<std::shared_ptr<nsp_core>> io_core::namespaces() {
    std::vector<std::shared_ptr<nsp_core>> all;
    {
        std::scoped_lock const lock(mutex_);
        for (auto const& [name, n] : namespaces_)
            if (n->is_ready) all.push_back(n);
    }
    std::sort(
        all.begin(), all.end(), [](auto const& a, auto const& b) { return a->name() < b->name(); });
    return all;
}

}  // namespace anywire::socketio
