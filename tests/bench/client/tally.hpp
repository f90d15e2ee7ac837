#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// What clients of an echo do: each has so many messages under way at a time.
struct load {
    std::size_t clients = 1;
    std::size_t at_once = 1;
    std::size_t messages = 1;  ///< Of each; a multiple of `at_once`.
    std::size_t size = 64;     ///< Bytes of one.
};

/// CPU of this process so far, user and system.
inline std::chrono::nanoseconds own_cpu_time() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

/// Counts what comes back to the clients of one loop: they begin when all are open, the first tenth
/// is not measured, and the loop is stopped after the last.
class tally {
public:
    tally(boost::asio::io_context& loop, load const& of)
        : text(of.size, 'x'),
          loop_(loop),
          load_(of),
          total_(of.clients * of.messages),
          warm_(total_ / 10 + 1) {}

    /// `begin` sends a client's first messages.
    void on_open(std::function<void()> begin) {
        begins_.push_back(std::move(begin));
        if (begins_.size() < load_.clients) return;
        for (auto const& b : begins_) b();
    }
    void on_answer() {
        ++got_;
        if (got_ == warm_) began_ = own_cpu_time();
        if (got_ < total_) return;
        ended_ = own_cpu_time();
        loop_.stop();
    }
    void fail(std::string why) {
        if (problem.empty()) problem = std::move(why);
        loop_.stop();
    }

    std::size_t at_once() const noexcept { return load_.at_once; }
    std::size_t messages() const noexcept { return load_.messages; }
    double us_per_message() const noexcept {
        return std::chrono::duration<double, std::micro>(ended_ - began_).count() /
               static_cast<double>(total_ - warm_);
    }

    std::string const text;
    std::string problem{};

private:
    boost::asio::io_context& loop_;
    load load_;
    std::size_t total_;
    std::size_t warm_;
    std::size_t got_ = 0;
    std::vector<std::function<void()>> begins_{};
    std::chrono::nanoseconds began_{};
    std::chrono::nanoseconds ended_{};
};

/// One client's part of it.
struct turns {
    std::size_t answers = 0;
    std::size_t sent = 0;

    /// How many messages to send after one has come back.
    std::size_t after_answer(tally& all) noexcept {
        ++answers;
        return answers < sent ? 0 : next(all);
    }
    /// The same at the beginning.
    std::size_t next(tally& all) noexcept {
        auto const n = sent < all.messages() ? all.at_once() : 0;
        sent += n;
        return n;
    }
};

}  // namespace bench
