// The command line of the programs in demo/ and of the servers that tests start.
#pragma once

#include <charconv>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace demo {

/// Reads the words of a command line: flags, each with the values it wants.
///
/// Errors: throws `std::invalid_argument` that says what is wrong with which flag.
class flag_reader {
public:
    flag_reader(int count, char const* const* words) : count_(count), words_(words) {}

    /// Goes on to the next flag; false behind the last word.
    bool next() {
        if (at_ >= count_) return false;
        flag_ = words_[at_++];
        return true;
    }
    bool is(std::string_view flag) const { return flag_ == flag; }

    /// Whether the next word is a value: there is one, and it is no flag.
    bool has_value() const {
        return at_ < count_ && !std::string_view(words_[at_]).starts_with("--");
    }
    std::string_view value() {
        if (at_ >= count_) throw std::invalid_argument(flag_ + " wants a value");
        return words_[at_++];
    }
    template <class Number>
    Number number(Number most = std::numeric_limits<Number>::max()) {
        auto const text = value();
        Number n{};
        auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
        if (ec != std::errc{} || end != text.data() + text.size() || n > most)
            throw std::invalid_argument(flag_ + " wants a number up to " + std::to_string(most) +
                                        ", not '" + std::string(text) + "'");
        return n;
    }
    [[noreturn]] void refuse() const {
        throw std::invalid_argument("unknown option '" + flag_ + "'; see --help");
    }

private:
    int count_;
    char const* const* words_;
    int at_ = 1;
    std::string flag_{};
};

}  // namespace demo
