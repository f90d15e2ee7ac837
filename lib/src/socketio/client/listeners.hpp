#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace anywire::socketio {

/// Functions of one kind that the application has registered. Each that was there when a telling
/// began is called, be it removed meanwhile, as in Node.
template <class... A>
class listeners {
public:
    using function = std::function<void(A...)>;

    void add(std::uint64_t id, function f, bool first = false) {
        all_.insert(first ? all_.begin() : all_.end(),
                    std::make_shared<entry>(entry{id, std::move(f)}));
    }
    void remove(std::uint64_t id) {
        std::erase_if(all_, [id](auto const& each) { return each->id == id; });
    }
    void clear() noexcept { all_.clear(); }
    bool empty() const noexcept { return all_.empty(); }

    /// Calls them by `call(fn)`, which says whether to go on.
    template <class Call>
    bool tell(Call call, A... with) const {
        auto const all = all_;
        for (auto const& each : all)
            if (!call([&] { each->fn(with...); })) return false;
        return true;
    }

private:
    struct entry {
        std::uint64_t id;
        function fn;
    };
    std::vector<std::shared_ptr<entry>> all_{};
};

}  // namespace anywire::socketio
