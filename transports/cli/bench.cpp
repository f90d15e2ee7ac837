#include <anywire/client.hpp>

#include "outcome.hpp"
#include "screen.hpp"
#include "talk.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace anywire::cli {
namespace {

using clock = std::chrono::steady_clock;

std::chrono::nanoseconds percentile(std::vector<clock::duration> const& sorted, double p) {
    auto const at = static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1));
    return sorted[at];
}

/// One message under way at a time.
class rounds {
public:
    rounds(settings const& s) : left_(s.messages), message_(s.size, 'x') { times_.reserve(left_); }

    void begin(client& c) {
        began_ = clock::now();
        c.send({message_, false});
    }
    /// True when that was the last one.
    bool on_answer(client& c) {
        times_.push_back(clock::now() - began_);
        if (times_.size() == left_) return true;
        begin(c);
        return false;
    }
    void print(std::string const& transport) {
        if (times_.empty()) return;
        std::sort(times_.begin(), times_.end());
        clock::duration sum{};
        for (auto const t : times_) sum += t;
        std::printf("%zu round trips of %zu bytes over %s\n",
                    times_.size(),
                    message_.size(),
                    transport.c_str());
        std::printf(
            "mean %s  median %s  99%% %s  worst %s  %.0f a second\n",
            milliseconds(sum / static_cast<long>(times_.size())).c_str(),
            milliseconds(percentile(times_, 0.5)).c_str(),
            milliseconds(percentile(times_, 0.99)).c_str(),
            milliseconds(times_.back()).c_str(),
            static_cast<double>(times_.size()) / std::chrono::duration<double>(sum).count());
    }

private:
    std::size_t left_;
    std::string message_;
    clock::time_point began_{};
    std::vector<clock::duration> times_{};
};

}  // namespace

exit_code bench(settings const& s) {
    screen out(s.quiet);
    outcome end;
    auto options = s.options;
    options.reconnect.enabled = false;
    rounds measured(s);
    std::string transport;
    client_handlers h;
    h.on_open = [&](client& c) {
        end.set_open();
        measured.begin(c);
    };
    h.on_message = [&](client& c, message_view) {
        if (!measured.on_answer(c)) return;
        transport = c.transport();
        end.set(exit_code::done);
    };
    h.on_failure = [&](client&, client_failure const& why) { out.error(describe(why)); };
    h.on_close = [&](client&, close_event const& how) {
        if (!end.is_set()) out.error("the session ended: " + describe(how));
    };
    h.on_end = [&](client&) { end.set_ended(); };

    client_context context;
    client c(context, options, h);
    c.connect();
    if (!end.wait_open(s.timeout)) return end.code(exit_code::too_late);
    end.wait(s.timeout, exit_code::too_late);
    if (end.code(exit_code::done) == exit_code::too_late) out.error("no answer: does it echo?");
    c.close();
    end.wait_ended();
    measured.print(transport);
    return end.code(exit_code::done);
}

}  // namespace anywire::cli
