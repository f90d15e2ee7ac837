#include "census.hpp"

#include <utility>

namespace demo {

census::mount& census::at(std::string const& name, std::string const& dialect) {
    std::scoped_lock const lock(mutex_);
    auto& m = mounts_[name];
    if (!m) {
        m = std::make_unique<mount>();
        m->name = name;
        m->dialect = dialect;
    }
    return *m;
}

void census::enter(mount& m, anywire::endpoint const& where, std::string_view id) {
    ++m.opened;
    std::scoped_lock const lock(mutex_);
    residents_.insert_or_assign(std::string(id), resident{&m, where, nullptr});
}

void census::enter(mount& m, anywire::socketio::nsp const& where, std::string_view id) {
    ++m.opened;
    std::scoped_lock const lock(mutex_);
    residents_.insert_or_assign(
        std::string(id), resident{&m, {}, std::make_shared<anywire::socketio::nsp const>(where)});
}

void census::leave(mount& m, std::string_view id) {
    ++m.closed;
    std::scoped_lock const lock(mutex_);
    residents_.erase(std::string(id));
}

void census::clear() {
    std::scoped_lock const lock(mutex_);
    residents_.clear();
    coming_.clear();
    shown_.clear();
    for (auto const& [name, m] : mounts_) m->closed.store(m->opened);
}

void census::note(std::string const& name, std::size_t queued) {
    std::scoped_lock const lock(mutex_);
    auto& t = coming_[name];
    ++t.sessions;
    t.queued_bytes += queued;
}

void census::sample() {
    std::vector<std::pair<std::string, resident>> all;
    {
        std::scoped_lock const lock(mutex_);
        shown_ = std::exchange(coming_, {});
        all.assign(residents_.begin(), residents_.end());
    }
    auto const ask = [this](std::string const& dialect) {
        return [this, dialect](auto& s) {
            auto const transport = std::string(s.transport());
            note(dialect + " " + (transport.empty() ? "between two requests" : transport),
                 s.queued_bytes());
        };
    };
    for (auto const& [id, who] : all) {
        if (who.nsp)
            who.nsp->post(id, ask(who.at->dialect));
        else
            who.where.post(id, ask(who.at->dialect));
    }
}

std::map<std::string, transport_view> census::transports() const {
    std::scoped_lock const lock(mutex_);
    return shown_;
}

std::vector<mount_view> census::mounts() const {
    std::scoped_lock const lock(mutex_);
    std::vector<mount_view> out;
    for (auto const& [name, m] : mounts_)
        out.push_back({name, m->opened, m->opened - m->closed, m->received, m->sent});
    return out;
}

std::size_t census::session_count() const {
    std::scoped_lock const lock(mutex_);
    return residents_.size();
}

}  // namespace demo
