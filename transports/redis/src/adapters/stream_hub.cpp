#include "adapters/stream_hub.hpp"

#include <algorithm>
#include <utility>

namespace anywire::redis {
namespace {

/// More than that is not waited for: what was added is done without its place in the order.
constexpr std::size_t max_waiting = 65'536;

constexpr std::chrono::milliseconds retry_delay{1'000};

std::string const& field(entry_fields const& fields, std::string_view name) {
    static std::string const none;
    auto const found =
        std::find_if(fields.begin(), fields.end(), [&](auto const& f) { return f.first == name; });
    return found == fields.end() ? none : found->second;
}

}  // namespace

stream_hub::stream_hub(std::shared_ptr<stream_port> at,
                       std::string key,
                       streams_options const& with)
    : port_(std::move(at)),
      key_(std::move(key)),
      max_len_(with.max_len),
      read_count_(with.read_count),
      block_(with.block) {}

subscription stream_hub::join(std::string uid, entry_fn hear) {
    std::uint64_t id = 0;
    bool is_first = false;
    {
        std::scoped_lock const lock(mutex_);
        id = next_listener_++;
        listeners_.push_back({id, std::move(uid), std::make_shared<entry_fn>(std::move(hear))});
        is_first = !std::exchange(is_open_, true);
    }
    if (is_first) open();
    return subscription([weak = weak_from_this(), id] {
        if (auto const hub = weak.lock()) hub->leave(id);
    });
}

void stream_hub::leave(std::uint64_t id) {
    subscription reading;
    subscription watching;
    std::scoped_lock const lock(mutex_);
    std::erase_if(listeners_, [&](listener const& l) { return l.id == id; });
    if (!listeners_.empty()) return;
    is_open_ = false;
    reading = std::move(reading_);
    watching = std::move(watching_);
    added_.clear();
    unread_.clear();
}

bool stream_hub::is_own(std::string_view uid) const {
    return std::any_of(
        listeners_.begin(), listeners_.end(), [&](listener const& l) { return l.uid == uid; });
}

// -- reading --------------------------------------------------------------------------------------

void stream_hub::open() {
    auto watching = port_->watch([weak = weak_from_this()](state_change const& change) {
        if (auto const hub = weak.lock()) hub->on_state(change);
    });
    {
        std::scoped_lock const lock(mutex_);
        watching_ = std::move(watching);
    }
    find_end();
}

/// From where it is read: it has to be known, since what clients have missed is read up to there.
void stream_hub::find_end() {
    port_->command(
        {"XREVRANGE", key_, "+", "-", "COUNT", "1"},
        [weak = weak_from_this()](error_code e, reply const& r) {
            auto const hub = weak.lock();
            if (!hub) return;
            if (!e && r.is_array()) {
                auto const has_one = !r.elements.empty() && r.elements.front().is_array() &&
                                     !r.elements.front().elements.empty();
                auto const id =
                    has_one ? parse_entry_id(r.elements.front().elements.front().text) : entry_id{};
                if (id) return hub->read_from(*id);
            }
            auto retry = hub->port_->after(retry_delay, [weak] {
                if (auto const again = weak.lock()) again->find_end();
            });
            std::scoped_lock const lock(hub->mutex_);
            hub->retry_ = std::move(retry);
        });
}

void stream_hub::read_from(entry_id end) {
    last_read_ = end;
    auto reading =
        port_->read_stream({.key = key_, .from = end.text(), .count = read_count_, .block = block_},
                           [weak = weak_from_this()](stream_entry const& e) {
                               if (auto const hub = weak.lock()) hub->on_entry(e);
                           });
    std::scoped_lock const lock(mutex_);
    if (is_open_) reading_ = std::move(reading);
}

void stream_hub::on_entry(stream_entry const& e) {
    auto const id = parse_entry_id(e.id);
    if (!id) return;
    bool is_too_many = false;
    {
        std::scoped_lock const lock(mutex_);
        if (!is_open_) return;
        unread_.push_back({*id, field(e.fields, "uid"), e.fields});
        is_too_many = unread_.size() > max_waiting;
    }
    if (is_too_many) flush();
    pump();
}

void stream_hub::on_state(state_change const& change) {
    if (change.now == state::lost || change.now == state::closed) flush();
}

// -- adding ---------------------------------------------------------------------------------------

void stream_hub::add(entry_fields fields, do_fn in_order) {
    std::vector<std::string> args{"XADD", key_, "MAXLEN", "~", std::to_string(max_len_), "*"};
    for (auto& [name, value] : fields) {
        args.push_back(name);
        args.push_back(std::move(value));
    }
    auto const waits = in_order && port_->is_ready();
    if (in_order && !waits) {
        flush();
        in_order({});
    }
    // Under the lock, so that what waits is in the order of what is sent.
    std::unique_lock lock(mutex_);
    if (!waits || !is_open_) {
        port_->command(std::move(args), {});
        lock.unlock();
        if (waits) in_order({});
        return;
    }
    auto const serial = next_serial_++;
    added_.push_back({serial, {}, false, std::move(in_order)});
    port_->command(std::move(args),
                   [weak = weak_from_this(), serial](error_code e, reply const& r) {
                       if (auto const hub = weak.lock()) hub->on_added(serial, e, r);
                   });
    auto const is_too_many = added_.size() > max_waiting;
    lock.unlock();
    if (is_too_many) flush();
}

void stream_hub::on_added(std::uint64_t serial, error_code e, reply const& r) {
    {
        std::scoped_lock const lock(mutex_);
        if (added_.empty() || serial < added_.front().serial) return;
        auto const at = serial - added_.front().serial;
        if (at >= added_.size()) return;
        auto& one = added_[static_cast<std::size_t>(at)];
        if (!e) one.id = parse_entry_id(r.text);
        one.has_failed = !one.id;
    }
    pump();
}

// -- doing ----------------------------------------------------------------------------------------

void stream_hub::pump() {
    if (std::exchange(is_pumping_, true)) return;
    while (auto const next = take_next()) next();
    is_pumping_ = false;
}

std::function<void()> stream_hub::take_first(std::optional<entry_id> id) {
    auto fn = std::move(added_.front().fn);
    added_.pop_front();
    return [this, fn = std::move(fn), id] {
        if (id) last_read_ = std::max(*id, last_read_.value_or(entry_id{}));
        fn(id);
    };
}

std::function<void()> stream_hub::take_next() {
    std::scoped_lock const lock(mutex_);
    if (!added_.empty() && added_.front().has_failed) return take_first({});
    if (unread_.empty()) return {};
    auto const& next = unread_.front();
    if (!is_own(next.uid) || added_.empty()) return take_unread({});
    auto const first = added_.front().id;
    // It has been read before it is known to be this one.
    if (!first) return {};
    if (*first < next.id) return take_first(first);  // its entry was never read
    return take_unread(*first == next.id ? take_first(first) : nullptr);
}

std::function<void()> stream_hub::take_unread(std::function<void()> own) {
    auto const e = std::make_shared<entry>(std::move(unread_.front()));
    unread_.pop_front();
    return [this, e, own = std::move(own), all = listeners_] {
        last_read_ = std::max(e->id, last_read_.value_or(entry_id{}));
        if (own) own();
        // Other namespaces of that name in this process hear of it as of another server's.
        for (auto const& l : all)
            if (l.uid != e->uid) (*l.hear)(e->id, e->fields);
    };
}

void stream_hub::flush() {
    std::deque<added> all;
    {
        std::scoped_lock const lock(mutex_);
        all.swap(added_);
    }
    for (auto const& one : all) one.fn(one.id);
}

}  // namespace anywire::redis
