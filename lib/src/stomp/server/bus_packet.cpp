#include "bus_packet.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace anywire::stomp {
namespace {

constexpr char has_message = 1;
constexpr std::size_t most_headers = 1024;

void append_size(std::string& out, std::size_t n) {
    for (auto shift = 0U; shift < 32; shift += 8)
        out.push_back(static_cast<char>((n >> shift) & 0xff));
}
void append_text(std::string& out, std::string_view text) {
    append_size(out, text.size());
    out.append(text);
}

/// Takes parts from the front; what is not there is empty, and makes it bad.
class parts {
public:
    explicit parts(std::string_view bytes) noexcept : rest_(bytes) {}

    bool is_good() const noexcept { return good_; }
    bool is_done() const noexcept { return good_ && rest_.empty(); }
    char take_byte() noexcept {
        auto const one = take(1);
        return one.empty() ? '\0' : one.front();
    }
    std::size_t take_size() noexcept {
        std::size_t n = 0;
        auto const four = take(4);
        for (std::size_t i = 0; i < four.size(); ++i)
            n |= std::size_t{static_cast<unsigned char>(four[i])} << (8 * i);
        return n;
    }
    std::string take_text() { return std::string(take(take_size())); }

private:
    std::string_view take(std::size_t n) noexcept {
        if (!good_ || n > rest_.size()) {
            good_ = false;
            return {};
        }
        auto const front = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return front;
    }

    std::string_view rest_;
    bool good_ = true;
};

}  // namespace

std::string encode_packet(bus_packet const& p) {
    std::string out;
    out.push_back(static_cast<char>(p.what));
    append_text(out, p.whom);
    append_text(out, p.text);
    out.push_back(p.message ? has_message : '\0');
    if (!p.message) return out;
    auto const& m = *p.message;
    append_text(out, m.destination);
    append_text(out, m.what.content_type);
    append_text(out, m.what.body);
    append_size(out, m.more.size());
    for (auto const& [name, value] : m.more) {
        append_text(out, name);
        append_text(out, value);
    }
    return out;
}

std::optional<bus_packet> decode_packet(std::string_view bytes) {
    parts in(bytes);
    bus_packet p;
    auto const what = static_cast<std::uint8_t>(in.take_byte());
    if (what > static_cast<std::uint8_t>(bus_packet::kind::give)) return std::nullopt;
    p.what = static_cast<bus_packet::kind>(what);
    p.whom = in.take_text();
    p.text = in.take_text();
    if (in.take_byte() == has_message) {
        auto m = std::make_shared<published>();
        m->destination = in.take_text();
        m->what.content_type = in.take_text();
        m->what.body = in.take_text();
        auto const count = in.take_size();
        if (count > most_headers) return std::nullopt;
        for (std::size_t i = 0; i < count && in.is_good(); ++i) {
            auto name = in.take_text();
            m->more.emplace_back(std::move(name), in.take_text());
        }
        p.message = std::move(m);
    }
    using kind = bus_packet::kind;
    auto const needs_message =
        p.what != kind::disconnect && p.what != kind::have && p.what != kind::pull;
    if (!in.is_done() || needs_message != (p.message != nullptr)) return std::nullopt;
    return p;
}

}  // namespace anywire::stomp
