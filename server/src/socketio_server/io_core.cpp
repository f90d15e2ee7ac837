#include "io_core.hpp"

#include "client.hpp"
#include "nsp_core.hpp"
#include "socket_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace anywire::socketio {
namespace {

std::string clean_name(std::string_view name) {
    return name.starts_with('/') ? std::string(name) : "/" + std::string(name);
}

void require(bool good, char const* what) {
    if (!good) throw std::invalid_argument(std::string("socketio::options: ") + what);
}

/// What `session::data` holds of a Socket.IO connection.
struct client_ref {
    client* to;
};

client* client_of(session& s) noexcept {
    auto const* const ref = std::any_cast<client_ref>(&s.data());
    return ref ? ref->to : nullptr;
}

}  // namespace

// ---- one shard
// -----------------------------------------------------------------------------------

thread_local io_shard::entry* io_shard::entry::innermost = nullptr;

io_shard::io_shard(io_core const& io, std::size_t index, session_loop& loop) noexcept
    : io_(io), index_(index), loop_(loop) {}
io_shard::~io_shard() = default;

io_shard* io_shard::current(io_core const& io) noexcept {
    for (auto const* e = entry::innermost; e; e = e->outer_)
        if (&e->shard_.io() == &io) return &e->shard_;
    return nullptr;
}

void io_shard::drop_all() noexcept {
    entry const here(*this);
    for (auto* c : std::exchange(clients_, {})) delete c;
}

client& io_shard::keep(std::unique_ptr<client> c) {
    clients_.insert(c.get());
    return *c.release();
}

void io_shard::drop(client& c) noexcept {
    if (clients_.erase(&c) != 0) delete &c;
}

void io_shard::for_each_client(std::function<void(client&)> const& visit) {
    std::vector<client*> const all(clients_.begin(), clients_.end());
    for (auto* c : all) visit(*c);
}

void io_shard::leave() noexcept {
    if (depth_ != 1) return (void)--depth_;
    // Still inside: what these functions defer runs here, too.
    for (std::size_t i = 0; i < deferred_.size(); ++i) {
        auto const fn = std::move(deferred_[i]);
        (void)io_.call(fn);
    }
    deferred_.clear();
    --depth_;
}

// ---- the server
// ----------------------------------------------------------------------------------

io_core::io_core(options o)
    : options_(std::move(o)),
      decode_limits_{.max_attachments = options_.max_attachments,
                     .max_depth = options_.max_depth,
                     .max_namespace = options_.max_namespace_name} {
    require(options_.connect_timeout.count() > 0, "connect_timeout must be positive");
    require(options_.max_depth >= 1 && options_.max_depth <= 512, "max_depth must be 1 to 512");
    require(options_.max_namespaces >= 1, "max_namespaces must be at least 1");
    require(options_.recovery.max_disconnection.count() > 0,
            "recovery.max_disconnection must be positive");
    ++unmounted_;
}

io_core::~io_core() {
    if (!group_) --unmounted_;
}

std::atomic<std::size_t> io_core::unmounted_{0};

std::shared_ptr<io_core> io_core::make(options o) {
    auto made = std::make_shared<io_core>(std::move(o));
    made->main_ = made->add("/", nullptr);
    auto* const to = made.get();
    return {to, [made = std::move(made)](io_core*) mutable {
                made->let_go();
                made.reset();
            }};
}

void io_core::let_go() noexcept {
    std::unordered_map<std::string, std::shared_ptr<nsp_core>> namespaces;
    std::vector<parent> parents;
    {
        std::scoped_lock const lock(mutex_);
        namespaces.swap(namespaces_);
        parents.swap(parents_);
    }
    main_.reset();
}

void io_core::log_thrown(char const* what) const noexcept {
    // Who is not on a shard has no logger to use.
    if (auto* const at = io_shard::current(*this))
        at->loop().log().write(log_level::error, "a socket.io handler threw: ", what);
}

// ---- the mount
// -----------------------------------------------------------------------------------

void io_core::attach(std::shared_ptr<shard_group> shards) {
    std::scoped_lock const lock(mutex_);
    if (group_) throw std::logic_error("a socketio::server can be mounted once");
    group_ = std::move(shards);
    --unmounted_;
    for (std::size_t i = 0; i < group_->count(); ++i)
        shards_.push_back(std::make_unique<io_shard>(*this, i, group_->loop(i)));
    for (auto const& [name, n] : namespaces_) n->attach(shards_.size());
    is_attached_ = true;
}

std::size_t io_core::here() const noexcept {
    auto const* const at = io_shard::current(*this);
    return at ? at->index() : shard_group::nowhere;
}
std::size_t io_core::shard_count() const noexcept {
    return is_attached_ ? shards_.size() : 0;
}
bool io_core::post(std::size_t shard, std::function<void()> fn) {
    return is_attached_ && group_->post(shard, std::move(fn));
}

void io_core::on_shards_gone() noexcept {
    // All were told of their end when the shards ended; nobody is forgotten here but by a fault.
    for (auto const& s : shards_) s->drop_all();
    // Handlers and stored data may hold what holds them.
    std::vector<std::shared_ptr<nsp_core>> all;
    {
        std::scoped_lock const lock(mutex_);
        for (auto const& [name, n] : namespaces_) all.push_back(n);
        for (auto const& p : parents_) all.push_back(p.core);
    }
    for (auto const& n : all) n->forget_all();
}

handlers io_core::handlers_for_mount(std::shared_ptr<io_core> const& self) {
    handlers h;
    h.on_open = [self](session& s) {
        auto& conn = static_cast<engineio_session&>(static_cast<session_base&>(s));
        auto& at = self->shard(session_loop::shard_of(s.id()));
        io_shard::entry const here(at);
        auto& c = at.keep(std::make_unique<client>(*self, at, conn));
        c.connection_data = std::exchange(s.data(), client_ref{&c});
        c.on_open();
    };
    h.on_message = [](session& s, message_view m) {
        auto* const c = client_of(s);
        if (!c) return;
        io_shard::entry const here(c->at());
        c->on_message(m);
    };
    h.on_drain = [](session& s) {
        auto* const c = client_of(s);
        if (!c) return;
        io_shard::entry const here(c->at());
        c->on_drain();
    };
    h.on_close = [](session& s, close_event const& how) {
        auto* const c = client_of(s);
        if (!c) return;
        io_shard::entry const here(c->at());
        s.data().reset();
        c->on_close(how);
    };
    h.authorize = self->options_.authorize;
    return h;
}

// ---- namespaces
// ----------------------------------------------------------------------------------

/// Requires: `making_` is held, or nobody else is there yet.
std::shared_ptr<nsp_core> io_core::add(std::string name, nsp_core const* from) {
    auto n = std::make_shared<nsp_core>(*this, name, false);
    if (from) {
        auto const copied = from->config();
        n->change_config([&](nsp_config& c) { c = *copied; });
        n->parent = from;
    }
    n->is_ready = from == nullptr;
    n->connect();
    std::scoped_lock const lock(mutex_);
    n->attach(shards_.size());
    if (from) ++children_;
    namespaces_.emplace(std::move(name), n);
    return n;
}

std::shared_ptr<nsp_core> io_core::of(std::string_view name) {
    auto clean = clean_name(name);
    std::scoped_lock const making(making_);
    {
        std::scoped_lock const lock(mutex_);
        if (auto const found = namespaces_.find(clean); found != namespaces_.end())
            return found->second;
    }
    auto const from = parent_for(clean, json_view("{}"));
    if (!from) return add(std::move(clean), nullptr);
    auto n = make_child(clean, *from);
    if (!n)
        throw std::length_error("of: there are `max_child_namespaces` dynamic namespaces already");
    return n;  // counted as used, for ever
}

std::shared_ptr<nsp_core> io_core::of(std::function<bool(std::string_view, json_view)> wanted) {
    std::scoped_lock const lock(mutex_);
    auto n = std::make_shared<nsp_core>(*this, "/_" + std::to_string(parents_.size()), true);
    n->connect();
    parents_.push_back({std::move(wanted), n});
    return n;
}

std::shared_ptr<nsp_core> io_core::use(std::string_view name) {
    std::scoped_lock const lock(mutex_);
    auto const found = namespaces_.find(std::string(name));
    if (found == namespaces_.end() || !found->second->is_ready) return nullptr;
    ++found->second->users;
    return found->second;
}

std::shared_ptr<nsp_core> io_core::find_for(std::string_view name, json_view auth) {
    if (auto known = use(name)) return known;
    auto const from = parent_for(name, auth);
    return from ? make_child(name, *from) : nullptr;
}

std::shared_ptr<nsp_core> io_core::parent_for(std::string_view name, json_view auth) {
    std::vector<parent> parents;
    {
        std::scoped_lock const lock(mutex_);
        parents = parents_;
    }
    for (auto const& p : parents)
        if (p.wanted(name, auth)) return p.core;
    return nullptr;
}

/// Null when there are too many.
std::shared_ptr<nsp_core> io_core::make_child(std::string_view name, nsp_core const& from) {
    std::scoped_lock const making(making_);
    if (auto known = use(name)) return known;
    {
        std::scoped_lock const lock(mutex_);
        if (children_ >= options_.max_child_namespaces) return nullptr;
    }
    auto child = add(std::string(name), &from);
    for (auto const& config : {from.config(), main_->config()})
        for (auto const& f : config->new_namespace) (void)call([&] { f(nsp(child)); });
    std::scoped_lock const lock(mutex_);
    child->is_ready = true;
    ++child->users;
    return child;
}

void io_core::release(nsp_core& n) {
    std::shared_ptr<nsp_core> dying;
    std::scoped_lock const lock(mutex_);
    if (--n.users != 0 || !n.parent || !options_.clean_up_child_namespaces) return;
    auto const found = namespaces_.find(n.name());
    if (found == namespaces_.end() || found->second.get() != &n) return;
    --children_;
    dying = std::move(found->second);
    namespaces_.erase(found);
}

std::vector<std::shared_ptr<nsp_core>> io_core::children_of(nsp_core const& of) {
    std::vector<std::shared_ptr<nsp_core>> all;
    std::scoped_lock const lock(mutex_);
    for (auto const& [name, n] : namespaces_)
        if (n->parent == &of) all.push_back(n);
    return all;
}

void io_core::close() {
    for (std::size_t i = 0; i < shard_count(); ++i)
        (void)post(i, [self = shared_from_this(), i] {
            auto& at = self->shard(i);
            io_shard::entry const here(at);
            at.for_each_client([](client& c) { c.shut_down(); });
        });
}

}  // namespace anywire::socketio
