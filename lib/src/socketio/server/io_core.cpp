#include "io_core.hpp"

#include "client.hpp"
#include "nsp_core.hpp"
#include "recovery_sweep.hpp"
#include "socket_core.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace anywire::socketio {
namespace {

/// Something to be told once: in its place or, if that has gone, by whoever drops it.
class last_word {
public:
    last_word(std::shared_ptr<io_core> io, std::size_t shard, std::function<void()> fn)
        : io_(std::move(io)), shard_(shard), fn_(std::move(fn)) {}
    ~last_word() {
        // One that asks again would be told again, without an end.
        static thread_local bool is_saying = false;
        if (!fn_ || is_saying) return;
        is_saying = true;
        (void)io_->call(fn_);
        is_saying = false;
    }
    last_word(last_word const&) = delete;
    last_word& operator=(last_word const&) = delete;

    void say() {
        io_shard::entry const here(io_->shard(shard_));
        auto const fn = std::exchange(fn_, {});
        (void)io_->call(fn);
    }

private:
    std::shared_ptr<io_core> io_;
    std::size_t shard_;
    std::function<void()> fn_;
};

void require(bool good, char const* what) {
    if (!good) throw std::invalid_argument(std::string("socketio::options: ") + what);
}

/// Socket.IO as a layer over the sessions of its mount.
class io_layer final : public layer_of<client> {
public:
    explicit io_layer(std::shared_ptr<io_core> io) noexcept : io_(std::move(io)) {}

protected:
    std::unique_ptr<client> make(session_below below) override {
        auto& at = io_->shard(session_loop::shard_of(below->id()));
        return std::make_unique<client>(*io_, at, below);
    }

private:
    std::shared_ptr<io_core> io_;
};

}  // namespace

// -- the server -----------------------------------------------------------------------------------

io_core::io_core(options o)
    : options_(std::move(o)),
      decode_limits_{.max_attachments = options_.max_attachments,
                     .max_depth = options_.max_depth,
                     .max_namespace = options_.max_namespace_name},
      namespaces_(0, keyed_hash{hash_key_}),
      parents_(std::make_shared<std::vector<parent> const>()) {
    require(options_.connect_timeout.count() > 0, "connect_timeout must be positive");
    require(options_.max_depth >= 1 && options_.max_depth <= 512, "max_depth must be 1 to 512");
    require(options_.max_namespaces >= 1, "max_namespaces must be at least 1");
    require(options_.max_client_child_namespaces >= 1,
            "max_client_child_namespaces must be at least 1");
    require(options_.recovery.max_disconnection.count() > 0,
            "recovery.max_disconnection must be positive");
    require(!options_.parser || !options_.engine.eio3,
            "parser is for clients of Socket.IO 3 and newer: switch engine.eio3 off");
    ++unmounted_;
}

io_core::~io_core() {
    if (!group_) --unmounted_;
}

std::shared_ptr<io_core> io_core::make(options o) {
    auto made = std::make_shared<io_core>(std::move(o));
    made->main_ = made->add("/", nullptr);
    made->main_->is_ready = true;
    auto* const to = made.get();
    return {to, [made = std::move(made)](io_core*) mutable {
                made->let_go();
                made.reset();
            }};
}

void io_core::let_go() noexcept {
    keyed_map<std::shared_ptr<nsp_core>> namespaces(0, keyed_hash{hash_key_});
    std::shared_ptr<std::vector<parent> const> parents;
    std::shared_ptr<nsp_watchers const> watchers;
    std::vector<std::function<void()>> early;
    {
        std::scoped_lock const lock(mutex_);
        namespaces.swap(namespaces_);
        parents = std::exchange(parents_, std::make_shared<std::vector<parent> const>());
        watchers_.swap(watchers);
        early.swap(early_);
        idle_.clear();
    }
    main_.reset();
}

void io_core::log_thrown(char const* what) const noexcept {
    // Who is not on a shard has no logger to use.
    if (auto* const at = io_shard::current(*this))
        at->loop().log().write(log_level::error, "a socket.io handler threw: ", what);
}

// -- the mount ------------------------------------------------------------------------------------

void io_core::check_unmounted() const {
    if (is_attached_) throw std::logic_error("a socketio::server can be mounted once");
}

void io_core::attach(std::shared_ptr<shard_group> shards, std::string mount_path) {
    std::scoped_lock const lock(mutex_);
    group_ = std::move(shards);
    --unmounted_;
    mount_path_ = std::move(mount_path);
    draw_hash_key();
    for (std::size_t i = 0; i < group_->count(); ++i)
        shards_.push_back(std::make_unique<io_shard>(*this, i, group_->loop(i)));
    for (auto const& [name, n] : namespaces_) n->attach(shards_.size());
    if (options_.recovery.enabled)
        sweep_ = std::make_unique<recovery_sweep>(*this, group_->loop(0));
    is_attached_ = true;
    for (auto& fn : std::exchange(early_, {})) (void)group_->post(0, std::move(fn));
}

/// From now on clients choose names, too.
void io_core::draw_hash_key() {
    std::array<unsigned char, sizeof(siphash_key)> bytes{};
    group_->loop(0).fill_random(bytes);
    std::memcpy(hash_key_.data(), bytes.data(), bytes.size());
    keyed_map<std::shared_ptr<nsp_core>> keyed(0, keyed_hash{hash_key_});
    for (auto& [name, n] : namespaces_) keyed.emplace(name, std::move(n));
    namespaces_.swap(keyed);
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

void io_core::tell(std::size_t shard, std::function<void()> fn) {
    std::function<void()> const say =
        [word = std::make_shared<last_word>(shared_from_this(), shard, std::move(fn))] {
            word->say();
        };
    std::unique_lock lock(mutex_);
    if (!is_attached_) return early_.push_back(say);
    lock.unlock();
    (void)group_->post(shard, say);
}

void io_core::on_shards_gone() noexcept {
    sweep_.reset();  // the wheel it waits in goes, too
    // Handlers and stored data may hold what holds them.
    std::vector<std::shared_ptr<nsp_core>> all;
    std::shared_ptr<nsp_watchers const> watchers;
    {
        std::scoped_lock const lock(mutex_);
        watchers_.swap(watchers);
        for (auto const& [name, n] : namespaces_) all.push_back(n);
        for (auto const& p : *parents_) all.push_back(p.core);
    }
    for (auto const& n : all) n->forget_all();
}

handlers io_core::handlers_for_mount(std::shared_ptr<io_core> const& self) {
    auto h = layer::as_handlers(std::make_shared<io_layer>(self));
    h.authorize = self->options_.authorize;
    return h;
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
