#include "command_line.hpp"

#include <utility>

namespace anywire::gateway {
namespace {

class command_splitter {
public:
    explicit command_splitter(std::string_view text) noexcept : rest_(text) {}

    bool run() {
        while (!rest_.empty() && error_.empty()) {
            auto const c = take();
            switch (c) {
                case ' ':
                case '\t': end_word(); break;
                case '\'': take_quoted(); break;
                case '"': take_double_quoted(); break;
                case '\\':
                    if (rest_.empty())
                        error_ = "it ends in a \\; write \\\\ for one";
                    else
                        add(take());
                    break;
                default: take_plain(c); break;
            }
        }
        end_word();
        if (error_.empty() && (words_.empty() || words_.front().empty()))
            error_ = "it names no program; write stdio:/usr/local/bin/program argument";
        return error_.empty();
    }

    std::vector<std::string> words_{};
    std::string error_{};

private:
    char take() {
        auto const c = rest_.front();
        rest_.remove_prefix(1);
        if (c == '\0') error_ = "it holds a NUL";
        return c;
    }
    void add(char c) {
        in_word_ = true;
        word_.push_back(c);
    }
    void end_word() {
        if (std::exchange(in_word_, false)) words_.push_back(std::exchange(word_, {}));
    }

    void take_plain(char c) {
        constexpr std::string_view acted_upon = "|&;<>()$`\n\r";
        if (acted_upon.find(c) == acted_upon.npos) return add(c);
        auto const shown =
            c == '\n' || c == '\r' ? std::string("a line end") : std::string{'\'', c, '\''};
        error_ = "no shell runs it, so " + shown +
                 " has no meaning; put it in quotes, or write sh -c '...'";
    }

    void take_quoted() {
        in_word_ = true;
        auto const end = rest_.find('\'');
        if (end == rest_.npos) {
            error_ = "a ' lacks its end";
            return;
        }
        for (auto n = end; n > 0; --n) add(take());
        rest_.remove_prefix(1);
    }

    void take_double_quoted() {
        in_word_ = true;
        while (!rest_.empty()) {
            auto c = take();
            if (c == '"') return;
            if (c == '\\' && !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\\'))
                c = take();
            add(c);
        }
        error_ = "a \" lacks its end";
    }

    std::string_view rest_;
    std::string word_{};
    bool in_word_ = false;
};

}  // namespace

std::optional<std::vector<std::string>> split_command(std::string_view text, std::string& error) {
    command_splitter s(text);
    if (s.run()) return std::move(s.words_);
    error.append("'").append(text).append("' cannot be run: ").append(s.error_);
    return std::nullopt;
}

}  // namespace anywire::gateway
