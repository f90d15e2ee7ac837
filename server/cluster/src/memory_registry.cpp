#include <anywire/session_registry.hpp>

#include "core/keyed_hash.hpp"
#include "random_pool.hpp"

#include <mutex>
#include <utility>

namespace anywire {
namespace {

using std::chrono::steady_clock;

class memory_registry final : public session_registry {
public:
    void announce(registered_node node, std::chrono::milliseconds lives, done then) override {
        error_code wrong;
        {
            std::scoped_lock const lock(mutex_);
            auto const known = nodes_.find(node.id);
            if (known != nodes_.end() && is_alive(known->second.until) &&
                known->second.address != node.address)
                wrong = boost::system::errc::make_error_code(boost::system::errc::address_in_use);
            else
                nodes_.insert_or_assign(node.id, place{node.address, steady_clock::now() + lives});
        }
        then(wrong);
    }
    void withdraw(std::string node) override {
        std::scoped_lock const lock(mutex_);
        nodes_.erase(node);
    }
    void list(listed then) override {
        std::vector<registered_node> all;
        {
            std::scoped_lock const lock(mutex_);
            for (auto const& [id, p] : nodes_)
                if (is_alive(p.until)) all.push_back({id, p.address});
        }
        then({}, std::move(all));
    }

    void claim(std::string session,
               std::string node,
               std::chrono::milliseconds lives,
               owned then) override {
        std::string has;
        {
            std::scoped_lock const lock(mutex_);
            has = owner(session);
            if (has.empty()) has = node;
            if (has == node)
                sessions_.insert_or_assign(std::move(session),
                                           place{node, steady_clock::now() + lives});
        }
        then({}, std::move(has));
    }
    void find(std::string session, owned then) override {
        std::string has;
        {
            std::scoped_lock const lock(mutex_);
            has = owner(session);
        }
        then({}, std::move(has));
    }
    void release(std::string session, std::string node) override {
        std::scoped_lock const lock(mutex_);
        auto const at = sessions_.find(session);
        if (at != sessions_.end() && at->second.address == node) sessions_.erase(at);
    }

private:
    struct place {
        std::string address{};  ///< Of a session: the node.
        steady_clock::time_point until{};
    };

    static bool is_alive(steady_clock::time_point until) { return until > steady_clock::now(); }
    std::string owner(std::string const& session) const {
        auto const at = sessions_.find(session);
        if (at == sessions_.end() || !is_alive(at->second.until)) return {};
        auto const node = nodes_.find(at->second.address);
        return node != nodes_.end() && is_alive(node->second.until) ? node->first : std::string{};
    }

    std::mutex mutex_{};
    keyed_map<place> nodes_{0, keyed_hash{draw_hash_key()}};
    keyed_map<place> sessions_{0, keyed_hash{draw_hash_key()}};
};

}  // namespace

std::shared_ptr<session_registry> make_memory_registry() {
    return std::make_shared<memory_registry>();
}

}  // namespace anywire
