#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::redis {

/// The other servers that a question has gone to, where it is known who they are: who has answered,
/// and who has gone.
///
/// Limits: one entry for each server that was named, or has answered.
class asked_servers {
public:
    /// These were asked; what others have to say does not count.
    void name(std::vector<std::string> servers) { named_ = std::move(servers); }

    void on_answer(std::string_view server) { at(server).has_answered = true; }
    /// It has asked so many clients,
    void on_clients(std::string_view server, std::size_t n) {
        auto& s = at(server);
        s.has_answered = true;
        s.clients += n;
    }
    /// and one of them has answered.
    void on_client_answer(std::string_view server) { ++at(server).answers; }
    /// It says nothing more. Returns whether something is missing of it.
    bool on_gone(std::string_view server) {
        auto& s = at(server);
        auto const was_asked =
            named_ && std::find(named_->begin(), named_->end(), server) != named_->end();
        auto const is_whole = s.has_answered && s.answers >= s.clients;
        s.has_gone = true;
        return was_asked && !is_whole;
    }

    bool is_known(std::string_view server) const { return all_.contains(server); }
    /// Whether nobody is waited for.
    bool are_done() const {
        return named_ && std::all_of(named_->begin(), named_->end(), [this](auto const& name) {
                   auto const found = all_.find(name);
                   if (found == all_.end()) return false;
                   auto const& s = found->second;
                   return s.has_gone || (s.has_answered && s.answers >= s.clients);
               });
    }

private:
    struct part {
        bool has_answered = false;
        bool has_gone = false;
        std::size_t clients = 0;  // that it has asked
        std::size_t answers = 0;  // of these
    };
    part& at(std::string_view name) {
        auto const found = all_.find(name);
        return found != all_.end() ? found->second
                                   : all_.try_emplace(std::string(name)).first->second;
    }

    std::optional<std::vector<std::string>> named_{};
    std::map<std::string, part, std::less<>> all_{};
};

}  // namespace anywire::redis
