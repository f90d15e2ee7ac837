#include "uploads.hpp"

#include "http_connection.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire {

class uploads::upload final : public body_watch {
public:
    upload(uploads& all, http_connection& from, std::string sid, std::shared_ptr<void const> keeps)
        : keeps_(std::move(keeps)),
          all_(all),
          sid_(std::move(sid)),
          from_(std::make_shared<http_connection*>(&from)) {}
    ~upload() override { all_.end(sid_, !done_); }
    upload(upload const&) = delete;
    upload& operator=(upload const&) = delete;

    void done() noexcept override { done_ = true; }
    std::weak_ptr<http_connection*> from() const noexcept { return from_; }

private:
    std::shared_ptr<void const> keeps_;
    uploads& all_;
    std::string sid_;
    std::shared_ptr<http_connection*> from_;  // expires with this, on the connection's thread
    bool done_ = false;
};

std::unique_ptr<body_watch> uploads::begin(shard& here,
                                           http_connection& from,
                                           std::string sid,
                                           std::shared_ptr<void const> keeps) {
    place first;
    {
        std::scoped_lock const lock(mutex_);
        auto const [at, is_first] = places_.try_emplace(sid);
        if (is_first) {
            auto u = std::make_unique<upload>(*this, from, std::move(sid), std::move(keeps));
            at->second = {&here, u->from()};
            count_.store(places_.size(), std::memory_order_release);
            return u;
        }
        first = at->second;
    }
    overlap(first, sid);
    return nullptr;
}

bool uploads::check(std::string const& sid) {
    if (count_.load(std::memory_order_acquire) == 0) return true;
    place first;
    {
        std::scoped_lock const lock(mutex_);
        auto const found = places_.find(sid);
        if (found == places_.end()) return true;
        first = found->second;
    }
    overlap(first, sid);
    return false;
}

void uploads::cut(std::string const& sid) {
    if (count_.load(std::memory_order_acquire) == 0) return;
    std::scoped_lock const lock(mutex_);
    if (auto const found = places_.find(sid); found != places_.end()) drop(found->second);
}

void uploads::drop(place const& p) {
    p.here->post([from = p.from] {
        if (auto const still = from.lock()) (*still)->drop();
    });
}

void uploads::overlap(place const& first, std::string const& sid) {
    drop(first);
    listener_.on_upload_failed(sid, "data request overlap from client");
}

void uploads::end(std::string const& sid, bool broke_off) noexcept {
    {
        std::scoped_lock const lock(mutex_);
        places_.erase(sid);
        shrink_sparse(places_);
        count_.store(places_.size(), std::memory_order_release);
    }
    if (broke_off) listener_.on_upload_failed(sid, "data request connection closed prematurely");
}

}  // namespace anywire
