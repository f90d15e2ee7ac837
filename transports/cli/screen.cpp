#include "screen.hpp"

#include <array>
#include <cstdio>

namespace anywire::cli {
namespace {

constexpr std::size_t most_traced = 2'000;

std::string hex(std::string_view bytes, std::size_t most) {
    std::string out;
    for (auto const byte : bytes.substr(0, most)) {
        auto const c = static_cast<unsigned char>(byte);
        std::array<char, 4> two{};
        std::snprintf(two.data(), two.size(), "%02x ", c);
        out += two.data();
    }
    if (!out.empty()) out.pop_back();
    if (bytes.size() > most) out += " ... (" + std::to_string(bytes.size()) + " bytes)";
    return out;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
    std::string out;
    for (auto const byte : text.substr(0, most)) {
        auto const c = static_cast<unsigned char>(byte);
        if ((c >= 0x20 && c != 0x7f) || c == '\t') {
            out += byte;
            continue;
        }
        std::array<char, 5> escaped{};
        std::snprintf(escaped.data(), escaped.size(), "\\x%02x", c);
        out += c == '\n' ? "\\n" : escaped.data();
    }
    if (text.size() > most) out += " ... (" + std::to_string(text.size()) + " bytes)";
    return out;
}

std::string milliseconds(std::chrono::nanoseconds t) {
    std::array<char, 32> text{};
    auto const ms = static_cast<double>(t.count()) / 1e6;
    std::snprintf(text.data(), text.size(), ms < 10 ? "%.2f ms" : "%.0f ms", ms);
    return text.data();
}

std::string describe(client_failure const& why) {
    std::string text(to_string(why.stage));
    text += ": " + printable(why.text, 500);
    if (why.text.empty()) text += why.error.message();
    if (!why.body.empty()) text += " (" + printable(why.body, 120) + ")";
    return text;
}

std::string describe(close_event const& how) {
    auto text = "code " + std::to_string(static_cast<unsigned>(how.code)) + ", " +
                std::string(to_string(how.reason));
    if (!how.text.empty()) text += ": " + printable(how.text, 200);
    return text;
}

void screen::message(std::string_view text, bool binary) {
    std::lock_guard const lock(guard_);
    if (binary)
        std::printf("%s\n", hex(text, text.size()).c_str());
    else
        std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
    std::fflush(stdout);
}

void screen::note(std::string const& text) {
    if (quiet_) return;
    std::lock_guard const lock(guard_);
    std::fprintf(stderr, "%s\n", text.c_str());
}

void screen::error(std::string const& text) {
    std::lock_guard const lock(guard_);
    std::fprintf(stderr, "anywire-cli: %s\n", text.c_str());
}

void screen::trace(client_trace const& t) {
    std::string line = milliseconds(std::chrono::steady_clock::now() - began_);
    line += t.sent ? " > " : " < ";
    line += std::string(t.exchange) + " " + printable(t.what, most_traced);
    if (!t.data.empty())
        line += "  " + (t.binary ? hex(t.data, 64) : printable(t.data, most_traced));
    std::lock_guard const lock(guard_);
    std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace anywire::cli
