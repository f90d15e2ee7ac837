#pragma once

#include <anywire/log.hpp>

#include "core/scratch.hpp"

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

    /// Joins `parts` into one line and hands it to the sink.
    template <class... Parts>
    void write(log_level level, Parts const&... parts) {
        if (!wants(level)) return;
        line_.clear();
        (append(parts), ...);
        sink_->write(level, line_);
        give_back(line_);
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
