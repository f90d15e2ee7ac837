#pragma once

#include "core/utf8.hpp"
#include "websocket/reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

// What the targets that read frames share: however the bytes are cut, a reader hears the same, and
// holds no more than its limits.
namespace anywire::websocket::fuzz {

inline void require(bool condition) {
    if (!condition) std::abort();
}

struct heard_event {
    event_kind kind = event_kind::none;
    std::string data{};
    std::uint16_t code = 0;
};

inline void check(event const& e, reader_options const& options) {
    switch (e.kind) {
        case event_kind::text: require(is_utf8(e.data)); [[fallthrough]];
        case event_kind::binary: require(e.data.size() <= options.max_message); break;
        case event_kind::ping:
        case event_kind::pong: require(e.data.size() <= 125); break;
        case event_kind::close:
            require(e.code == 1005 || is_valid_close_code_from_peer(e.code));
            require(is_utf8(e.data) && e.data.size() <= 123);
            break;
        case event_kind::error:
            require(e.code == 1002 || e.code == 1007 || e.code == 1009);
            require(!e.data.empty());
            break;
        case event_kind::none: break;
    }
}

/// What is heard when the pieces' sizes repeat those of `cuts`.
inline std::vector<heard_event> listen(std::string_view bytes,
                                       std::string_view cuts,
                                       reader_options const& options,
                                       deflate_params const* agreed,
                                       role side) {
    std::vector<heard_event> heard;
    std::uint64_t most = options.ratio_burst + std::uint64_t{bytes.size()} * options.max_ratio;
    message_reader reader{options, side};
    if (agreed != nullptr) reader.enable_inflate(*agreed);
    constexpr std::uint32_t forgiven = 16;
    auto const slack = std::size_t{1024} + (agreed != nullptr ? 16384u + 32768u : 0u);
    for (std::size_t i = 0; !bytes.empty(); ++i) {
        auto const size = cuts.empty()
                              ? bytes.size()
                              : std::size_t{1} + static_cast<unsigned char>(cuts[i % cuts.size()]);
        // A heap copy of the exact size, so that AddressSanitizer sees every step outside.
        std::vector<char> piece(
            bytes.begin(),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(size, bytes.size())));
        bytes.remove_prefix(piece.size());
        char* at = piece.data();
        char* const end = at + piece.size();
        for (;;) {
            auto const e = reader.next(at, end);
            require(reader.partial_bytes() <= options.max_message + slack);
            if (e.kind == event_kind::none) break;
            check(e, options);
            if (options.max_ratio != 0 &&
                (e.kind == event_kind::text || e.kind == event_kind::binary)) {
                require(e.data.size() <= most);
                most -= e.data.size();
                require(reader.excess() <= options.ratio_burst);
                if (options.max_fragments != 0) {  // as if time passed, wherever the bytes are cut
                    most += std::min(reader.excess(), forgiven);
                    reader.forgive(forgiven);
                }
            }
            heard.push_back({e.kind, std::string{e.data}, e.code});
        }
        require(at == end);
        if (agreed == nullptr) require(reader.has_partial() == (reader.partial_bytes() != 0));
    }
    return heard;
}

inline void compare(std::string_view bytes,
                    std::string_view cuts,
                    reader_options const& options,
                    deflate_params const* agreed,
                    role side) {
    auto const whole = listen(bytes, {}, options, agreed, side);
    auto const cut = listen(bytes, cuts, options, agreed, side);
    for (std::size_t i = 0; i < whole.size() || i < cut.size(); ++i) {
        auto const a = i < whole.size() ? whole[i] : heard_event{};
        auto const b = i < cut.size() ? cut[i] : heard_event{};
        require(a.kind == b.kind);
        // Inflated output over the limit and garbage behind it may hide one another.
        bool const either = agreed != nullptr && a.code != 1002 && b.code != 1002;
        if (a.kind == event_kind::error)
            require(a.code == b.code || either);
        else
            require(a.data == b.data && a.code == b.code);
    }
}

/// Reads one input of a target: a byte of options, four of cuts, then the frames.
template <class Prepare>
void run(std::string_view in, role side, Prepare prepare) {
    if (in.size() < 6) return;
    auto const choice = static_cast<unsigned char>(in[0]);
    auto const cuts = in.substr(1, 4);
    std::string const bytes = prepare(in.substr(5));
    reader_options const options{.max_message = choice % 2 == 0 ? 300u : 100'000u,
                                 .max_fragments = choice % 4 < 2 ? 5u : 0u,
                                 .max_ratio = (choice & 4) != 0 ? 2u : 0u,
                                 .ratio_burst = 64};
    if ((choice & 0x80) == 0) return compare(bytes, cuts, options, nullptr, side);
    deflate_params agreed{.client_no_context_takeover = (choice & 0x40) != 0,
                          .client_max_window_bits = 9 + choice / 8 % 7};
    if (side == role::client) agreed = swapped(agreed);
    compare(bytes, cuts, options, &agreed, side);
}

}  // namespace anywire::websocket::fuzz
