// The outbox beside a model of it that counts anew at each step.
#include "core/outbox.hpp"
#include "support/outbox_frames.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::literals;

namespace {

/// The same as lists, counted anew at each step.
struct model {
    enum class kind { message, own, attachment, shared };
    struct item {
        std::string text;
        kind what;
        std::size_t cost() const { return text.size() + frame::overhead; }
    };
    std::deque<item> kept{};
    std::deque<item> waiting{};

    template <class Pick>
    std::size_t sum(std::deque<item> const& of, Pick pick) const {
        std::size_t n = 0;
        for (auto const& i : of)
            if (pick(i)) n += i.cost();
        return n;
    }
    std::size_t bytes() const {
        return sum(waiting, [](auto const&) { return true; });
    }
    bool drop_oldest() {
        auto const may_go = [](item const& i) {
            return i.what == kind::message || i.what == kind::shared;
        };
        auto const first = std::find_if(waiting.begin(), waiting.end(), may_go);
        if (first == waiting.end()) return false;
        auto const end = std::find_if(
            first + 1, waiting.end(), [](item const& i) { return i.what != kind::attachment; });
        waiting.erase(first, end);
        return true;
    }
    /// Takes the oldest: in their order, told as messages and their bytes.
    void check_taken(outbox& q, std::size_t n) const {
        std::vector<frame*> batch(3);
        q.copy_to(batch, n);
        REQUIRE(batch.size() == n);
        std::size_t messages = 0;
        std::size_t size = 0;
        for (std::size_t i = 0; i < n; ++i) {
            REQUIRE(batch[i]->text() == waiting[i].text);
            if (waiting[i].what == kind::own) continue;
            messages += waiting[i].what == kind::attachment ? 0 : 1;
            size += waiting[i].text.size();
        }
        auto const taken = q.take(n);
        REQUIRE(taken.messages == messages);
        REQUIRE(taken.bytes == size);
    }
    void check(outbox const& q) const {
        REQUIRE(q.size() == waiting.size());
        REQUIRE(q.empty() == waiting.empty());
        REQUIRE(q.kept() == kept.size());
        for (std::size_t i = 0; i < waiting.size(); ++i)
            REQUIRE(q.at(i)->text() == waiting[i].text);
        auto const all = [](auto const&) { return true; };
        REQUIRE(q.bytes() == bytes());
        REQUIRE(q.kept_bytes() == sum(kept, all));
        REQUIRE(q.own_bytes() == sum(waiting, [](auto const& i) { return i.what == kind::own; }));
        std::size_t shared_text = 0;
        for (auto const& i : waiting)
            if (i.what == kind::shared) shared_text += i.text.size();
        REQUIRE(q.exclusive_bytes() == bytes() - shared_text + sum(kept, all));
    }
};

frame_ptr frame_of(model::item const& i) {
    switch (i.what) {
        case model::kind::own: return own(i.text);
        case model::kind::attachment: return attachment(i.text);
        case model::kind::shared: return shared(i.text);
        case model::kind::message: break;
    }
    return make(i.text);
}

}  // namespace

TEST_CASE("an outbox counts as a recount of its model does, whatever is done to it") {
    auto const retains = GENERATE(false, true);
    std::mt19937 random(20);
    outbox q;
    if (retains) q.retain();
    model m;
    for (int step = 0; step < 40'000; ++step) {
        switch (random() % 8) {
            case 0:
            case 1:
            case 2: {
                auto const what = std::array{model::kind::message,
                                             model::kind::message,
                                             model::kind::own,
                                             model::kind::attachment,
                                             model::kind::shared}[random() % 5];
                model::item const i{std::to_string(random() % 100'000), what};
                q.push(frame_of(i));
                m.waiting.push_back(i);
                break;
            }
            case 3: {
                auto const n = random() % 4 % (m.waiting.size() + 1);
                m.check_taken(q, n);
                for (std::size_t i = 0; i < n; ++i) {
                    if (retains) m.kept.push_back(m.waiting.front());
                    m.waiting.pop_front();
                }
                break;
            }
            case 4: {
                auto const n = random() % 4 % (m.kept.size() + 1);
                q.acknowledge(n);
                m.kept.erase(m.kept.begin(), m.kept.begin() + static_cast<std::ptrdiff_t>(n));
                break;
            }
            case 5: REQUIRE(q.drop_oldest() == m.drop_oldest()); break;
            case 6:
                if (random() % 20 != 0) break;
                q.rewind();
                m.waiting.insert(m.waiting.begin(), m.kept.begin(), m.kept.end());
                m.kept.clear();
                break;
            default:
                if (random() % 50 != 0) break;
                q.clear();
                m = {};
        }
        m.check(q);
    }
}

TEST_CASE("whatever is offered and taken, an outbox keeps its bounds and owes an account") {
    auto const policy = GENERATE(overflow_policy::close,
                                 overflow_policy::refuse,
                                 overflow_policy::drop_oldest,
                                 overflow_policy::drop_newest);
    std::mt19937 random(21);
    auto const limits = small(policy);
    outbox q;
    tick now = 0;
    std::size_t offered = 0;
    std::size_t taken = 0;
    std::size_t refused = 0;
    for (int step = 0; step < 40'000; ++step) {
        now += static_cast<tick>(random() % 20);
        std::size_t const elsewhere = random() % 3 == 0 ? random() % 300 : 0;
        if (random() % 3 != 0) {
            ++offered;
            auto const held_none = q.empty() && elsewhere == 0;
            std::string const text(random() % 40, 'x');
            auto const what = offer(q, limits, now, text, elsewhere);
            if (held_none) REQUIRE(what == verdict::take);
            if (what == verdict::refuse || what == verdict::close) ++refused;
            if (what == verdict::take && q.size() > 1)
                REQUIRE(q.bytes() + elsewhere <= limits.max_burst_bytes);
        } else {
            auto const n = random() % 4 % (q.size() + 1);
            q.take(n);
            taken += n;
            if (n != 0) q.on_progress(elsewhere, limits.max_queued_bytes);
        }
        if (q.is_over() && not_after(q.grace_end(), now))
            (void)q.on_grace_over(elsewhere, limits, now);
        REQUIRE(offered == taken + refused + q.size() + q.dropped());
    }
    if (policy == overflow_policy::close || policy == overflow_policy::refuse)
        CHECK(refused > 0);
    else
        CHECK(q.dropped() > 0);
}
