#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

// capture.txt beside this: what servers of Node sent to Redis, as MONITOR shows it.
namespace anywire::test {

/// One command: its words, as the bytes they are.
struct captured_command {
    std::string section{};  ///< "pubsub", "sharded" or "streams".
    std::string call{};     ///< What was called on the server.
    std::vector<std::string> words{};
    bool is_cut = false;  ///< The last word is longer than what was kept of it.
};

inline unsigned hex_digit(char c) {
    return static_cast<unsigned>(std::string_view("0123456789abcdef").find(c));
}

/// Takes one word in quotation marks; false where its end is cut off.
inline bool take_word(std::string_view& line, std::string& out) {
    constexpr std::string_view names = "abnrt";
    constexpr std::string_view bytes = "\a\b\n\r\t";
    line.remove_prefix(1);
    while (!line.empty() && line.front() != '"') {
        auto c = line.front();
        line.remove_prefix(1);
        if (c == '\\' && !line.empty()) {
            c = line.front();
            line.remove_prefix(1);
            if (auto const at = names.find(c); at != names.npos) c = bytes[at];
            if (c == 'x' && line.size() >= 2) {
                c = static_cast<char>(hex_digit(line[0]) * 16 + hex_digit(line[1]));
                line.remove_prefix(2);
            }
        }
        out.push_back(c);
    }
    if (line.empty()) return false;
    line.remove_prefix(1);
    return true;
}

inline std::vector<captured_command> read_capture(std::string const& path) {
    std::vector<captured_command> all;
    std::ifstream in(path);
    std::string section;
    std::string call;
    for (std::string text; std::getline(in, text);) {
        if (text.starts_with("==== ")) section = text.substr(5);
        if (text.starts_with("# ")) call = text.substr(2);
        if (!text.starts_with('"')) continue;
        captured_command c{section, call, {}, false};
        std::string_view line(text);
        while (line.starts_with('"')) {
            c.is_cut = !take_word(line, c.words.emplace_back());
            if (line.starts_with(' ')) line.remove_prefix(1);
        }
        all.push_back(std::move(c));
    }
    return all;
}

}  // namespace anywire::test
