#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <span>
#include <stdexcept>
#include <vector>

namespace anywire {

/// The executors of Asio that a service works on, one shard each; or one that clients run on.
///
/// Each has to run one function at a time: an `io_context` that one thread runs, or a strand.
/// Handlers are called on it, and sessions may be used in every function that it runs, also in the
/// program's own.
class executors {
public:
    struct one {
        boost::asio::any_io_executor executor;
        std::function<bool()> is_here;
    };

    /// Throws: `std::invalid_argument` for an `any_io_executor` that holds something else than an
    ///         executor of an `io_context` or a `thread_pool`, or a strand of one.
    template <class Executor>
    requires requires(Executor const& e) { boost::asio::any_io_executor(e); }
    executors(Executor const& executor) { add(executor); }  // NOLINT: meant to convert
    template <class Executor>
    executors(std::vector<Executor> const& all) {  // NOLINT
        for (auto const& e : all) add(e);
    }

    std::span<one const> all() const noexcept { return all_; }

private:
    template <class Executor>
    void add(Executor const& executor) {
        if constexpr (requires { executor.running_in_this_thread(); })
            all_.push_back({executor, [executor] { return executor.running_in_this_thread(); }});
        else
            add_any(executor);
    }
    template <class Known>
    bool add_if(boost::asio::any_io_executor const& executor) {
        auto const* const known = executor.target<Known>();
        if (known) add(*known);
        return known != nullptr;
    }
    void add_any(boost::asio::any_io_executor const& executor) {
        using context = boost::asio::io_context::executor_type;
        using pool = boost::asio::thread_pool::executor_type;
        if (add_if<context>(executor) || add_if<boost::asio::strand<context>>(executor) ||
            add_if<boost::asio::strand<boost::asio::any_io_executor>>(executor) ||
            add_if<pool>(executor) || add_if<boost::asio::strand<pool>>(executor))
            return;
        throw std::invalid_argument(
            "executors: an executor of an unknown kind; give the executor "
            "of an io_context, or a strand, itself");
    }

    std::vector<one> all_{};
};

}  // namespace anywire
