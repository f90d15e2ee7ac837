#pragma once

#include <anywire/log.hpp>

#include "core/scratch.hpp"

#include <exception>
#include <string>
#include <string_view>

namespace anywire {

/// Formats log lines into one reused buffer, which a long line does not make larger for good, and
/// only those that somebody wants.
///
/// Thread: one per shard.
class logger {
public:
    explicit logger(log_sink const& sink) noexcept : sink_(&sink) {}

    bool wants(log_level level) const noexcept {
        return sink_->write && static_cast<int>(level) <= static_cast<int>(sink_->level);
    }

    /// Joins `parts` into one line and hands it to the sink. A sink that throws, and a line for
    /// which there is no memory, cost that line and nothing else.
    template <class... Parts>
    void write(log_level level, Parts const&... parts) noexcept {
        if (!wants(level)) return;
        try {
            line_.clear();
            (append(parts), ...);
            sink_->write(level, line_);
        } catch (...) {
            line_.clear();
        }
        give_back(line_);
    }

    /// Logs the exception that is being handled: "`what` threw: ...".
    void failed(std::string_view what) noexcept {
        try {
            std::rethrow_exception(std::current_exception());
        } catch (std::exception const& e) {
            write(log_level::error, what, " threw: ", e.what());
        } catch (...) {
            write(log_level::error, what, " threw something that is not a std::exception");
        }
    }

private:
    void append(std::string_view text) { line_.append(text); }
    void append(char const* text) { line_.append(text); }
    void append(std::string const& text) { line_.append(text); }
    template <class Number>
    requires std::is_arithmetic_v<Number>
    void append(Number n) { line_.append(std::to_string(n)); }

    log_sink const* sink_;
    std::string line_{};
};

}  // namespace anywire
