#pragma once

#include <anywire/frame.hpp>
#include <anywire/session.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace anywire {

/// Messages that wait for their turn, one after the other in one piece of memory: a body may hold
/// hundreds of thousands of a byte each.
struct message_box {
    using head = std::uint32_t;
    static constexpr head binary_bit = 0x80000000;  // a message has 1 GiB at most

    void push(message_view m) {
        // What was taken lies before the rest: it goes when it is most of it.
        if (begin > text.size() / 2) text.erase(0, std::exchange(begin, 0));
        auto const size = static_cast<head>(m.data.size()) | (m.binary ? binary_bit : 0);
        std::array<char, sizeof size> bytes_of_size{};
        std::memcpy(bytes_of_size.data(), &size, sizeof size);
        text.append(bytes_of_size.data(), bytes_of_size.size());
        try {
            text.append(m.data);
        } catch (...) {
            text.resize(text.size() - sizeof size);
            throw;
        }
        bytes += m.data.size() + frame::overhead;
    }
    /// Requires: it is not empty.
    std::pair<std::string, bool> pop() {
        head size = 0;
        std::memcpy(&size, text.data() + begin, sizeof size);
        std::pair<std::string, bool> m{text.substr(begin + sizeof size, size & ~binary_bit),
                                       (size & binary_bit) != 0};
        begin += sizeof size + m.first.size();
        bytes -= m.first.size() + frame::overhead;
        return m;
    }
    bool is_empty() const noexcept { return begin == text.size(); }

    std::string text{};
    std::size_t begin = 0;
    std::size_t bytes = 0;
};

}  // namespace anywire
