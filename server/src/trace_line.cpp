#include "trace_line.hpp"

namespace anywire {
namespace {

void append_escaped(std::string& out, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (auto const c : bytes) {
        auto const n = static_cast<unsigned char>(c);
        if (n >= 0x20 && n < 0x7f && c != '\\') {
            out.push_back(c);
            continue;
        }
        out.append("\\x").append(1, digits[n >> 4]).append(1, digits[n & 15]);
    }
}

}  // namespace

std::string trace_line(std::string_view mount,
                       std::string_view address,
                       std::string_view session,
                       traced_packet const& p,
                       std::size_t max_bytes) {
    std::string line(mount.empty() ? "/" : mount);
    line.append(1, ' ').append(address);
    line.append(1, ' ').append(session);
    line.append(p.way == packet_way::in ? " in " : " out ");
    line.append(p.transport.empty() ? "none" : p.transport);
    auto const size = p.data.size() + p.more.size();
    line.append(1, ' ').append(p.kind).append(1, ' ').append(std::to_string(size)).append(": ");
    auto const first = p.data.substr(0, max_bytes);
    append_escaped(line, first);
    append_escaped(line, p.more.substr(0, max_bytes - first.size()));
    if (size > max_bytes) line.append("...");
    return line;
}

}  // namespace anywire
