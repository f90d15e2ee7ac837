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

io_shard::io_shard(std::size_t index, session_loop& loop) noexcept : index_(index), loop_(loop) {}
io_shard::~io_shard() {
    for (auto* c : clients_) delete c;
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
        fn();
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
}

io_core::~io_core() = default;

void io_core::start() {
    main_ = add("/", nullptr);
}

void io_core::log_thrown(io_shard& at, char const* what) noexcept {
    at.loop().log().write(log_level::error, "a socket.io handler threw: ", what);
}

// ---- the mount
// -----------------------------------------------------------------------------------

void io_core::attach(std::shared_ptr<shard_group> shards) {
    std::scoped_lock const lock(mutex_);
    if (group_) throw std::logic_error("a socketio::server can be mounted once");
    group_ = std::move(shards);
    for (std::size_t i = 0; i < group_->count(); ++i)
        shards_.push_back(std::make_unique<io_shard>(i, group_->loop(i)));
    for (auto const& [name, n] : namespaces_) n->attach(shards_.size());
    is_attached_ = true;
}

std::size_t io_core::here() const noexcept {
    return is_attached_ ? group_->here() : shard_group::nowhere;
}
std::size_t io_core::shard_count() const noexcept {
    return is_attached_ ? shards_.size() : 0;
}
void io_core::post(std::size_t shard, std::function<void()> fn) {
    if (is_attached_) group_->post(shard, std::move(fn));
}

handlers io_core::handlers_for_mount() {
    auto const self = shared_from_this();
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
    h.on_close = [](session& s, close_event const& how) {
        auto* const c = client_of(s);
        if (!c) return;
        io_shard::entry const here(c->at());
        s.data().reset();
        c->on_close(how);
    };
    h.authorize = options_.authorize;
    return h;
}

// ---- namespaces
// ----------------------------------------------------------------------------------

/// Requires: the mutex is held, or nobody else is there yet.
std::shared_ptr<nsp_core> io_core::add(std::string name, nsp_core const* from) {
    auto n = std::make_shared<nsp_core>(*this, name, false);
    n->attach(shards_.size());
    if (from) {
        auto const copied = from->config();
        n->change_config([&](nsp_config& c) { c = *copied; });
    }
    namespaces_.emplace(std::move(name), n);
    return n;
}

std::shared_ptr<nsp_core> io_core::of(std::string_view name) {
    auto clean = clean_name(name);
    std::scoped_lock const lock(mutex_);
    if (auto const found = namespaces_.find(clean); found != namespaces_.end())
        return found->second;
    return add(std::move(clean), nullptr);
}

std::shared_ptr<nsp_core> io_core::of(std::function<bool(std::string_view, json_view)> wanted) {
    std::scoped_lock const lock(mutex_);
    auto const n = std::make_shared<nsp_core>(
        *this, "/_" + std::to_string(parents_.size()), true);
    parents_.push_back({std::move(wanted), n});
    return n;
}

std::shared_ptr<nsp_core> io_core::find_for(std::string_view name, json_view auth) {
    {
        std::scoped_lock const lock(mutex_);
        auto const found = namespaces_.find(std::string(name));
        if (found != namespaces_.end()) {
            ++found->second->users;
            return found->second;
        }
    }
    return make_child(name, auth);
}

std::shared_ptr<nsp_core> io_core::make_child(std::string_view name, json_view auth) {
    std::vector<parent> parents;
    {
        std::scoped_lock const lock(mutex_);
        parents = parents_;
    }
    for (auto const& p : parents) {
        if (!p.wanted(name, auth)) continue;
        std::shared_ptr<nsp_core> child;
        bool is_new = false;
        {
            std::scoped_lock const lock(mutex_);
            auto const found = namespaces_.find(std::string(name));
            is_new = found == namespaces_.end();
            child = is_new ? add(std::string(name), p.core.get()) : found->second;
            if (is_new) child->parent = p.core.get();
            ++child->users;
        }
        if (!is_new) return child;
        for (auto const& f : p.core->config()->new_namespace) f(nsp(child));
        for (auto const& f : main_->config()->new_namespace) f(nsp(child));
        return child;
    }
    return nullptr;
}

void io_core::release(nsp_core& n) {
    std::shared_ptr<nsp_core> dying;
    std::scoped_lock const lock(mutex_);
    if (--n.users != 0 || !n.parent || !options_.clean_up_child_namespaces) return;
    auto const found = namespaces_.find(n.name());
    if (found == namespaces_.end() || found->second.get() != &n) return;
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
        post(i, [self = shared_from_this(), i] {
            auto& at = self->shard(i);
            io_shard::entry const here(at);
            at.for_each_client([](client& c) { c.shut_down(); });
        });
}

}  // namespace anywire::socketio
