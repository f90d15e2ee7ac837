#include <anywire/socketio/json.hpp>

#include "core/json_check.hpp"
#include "socketio/assembler.hpp"
#include "socketio/packet.hpp"
#include "support/json_walk.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::socketio;
using namespace anywire::socketio::wire;

namespace {

constexpr std::size_t max_bytes = 256;

void require(bool claim) {
    if (!claim) std::abort();
}

// The packet's text and its attachments, one a line.
std::vector<std::string> lines_of(std::string_view input) {
    std::vector<std::string> lines;
    for (;;) {
        auto const end = input.find('\n');
        lines.emplace_back(input.substr(0, end));
        if (end == input.npos) return lines;
        input.remove_prefix(end + 1);
    }
}

// Feeds the lines; true if that completed the packet within the limit.
bool assemble(assembler& a, std::vector<std::string> lines) {
    auto const decoded = decode_packet(lines[0], protocol::v5, {});
    if (!decoded.value || decoded.value->attachments == 0) return false;
    auto const original = lines[0];
    a.begin(lines[0], *decoded.value);
    lines[0].assign(lines[0].size(), '!');
    std::size_t bytes = original.size();
    for (std::size_t i = 1; i < lines.size() && a.awaiting(); ++i) {
        require(a.text() == original && a.attachments().size() == i - 1);
        bytes += lines[i].size();
        auto const step = a.add(lines[i]);
        require((step == assembler::step::too_big) == (bytes > max_bytes));
        if (step == assembler::step::complete) {
            require(i == a.head().attachments && !a.awaiting());
            require(std::equal(lines.begin() + 1,
                               lines.begin() + 1 + static_cast<long>(i),
                               a.attachments().begin()));
            return true;
        }
    }
    return false;
}

// The bytes of a value: where each begins.
void list_bytes(json_view v, std::vector<std::byte const*>& out) {
    if (auto const bytes = v.as_bytes()) return out.push_back(bytes->data());
    for (auto const e : v.elements()) list_bytes(e, out);
    for (auto const m : v.members()) list_bytes(m.value, out);
}

bool has_equal(std::vector<std::byte const*> all) {
    std::sort(all.begin(), all.end());
    return std::adjacent_find(all.begin(), all.end()) != all.end();
}

// Every placeholder is bytes, and a copy of the arguments means the same.
void check_values(packet const& head, std::vector<std::string> const& attachments) {
    json_view const whole(head.payload.empty() ? "[]" : head.payload, attachments);
    auto const count = test::count_binary(whole);
    std::vector<std::byte const*> bytes;
    list_bytes(whole, bytes);
    require(bytes.size() == count);
    auto const right = has_sound_placeholders(head.payload, attachments.size());
    auto const may_pass = right && count <= std::max<std::size_t>(attachments.size(), 10);
    auto const passes = check_placeholders(head.payload, attachments);
    require(may_pass ? passes || has_equal(bytes) : !passes);

    std::string text;
    json_writer out(text);
    out.begin_array();
    write_arguments(out, "copy", arguments(head.payload, attachments));
    out.end_array();
    require(!check_json(text, 129));
    require(out.attachments().size() == count);
    if (!right) return;

    require(check_placeholders(text, out.attachments()));
    arguments const before(head.payload, attachments);
    arguments const after(text, out.attachments(), true);
    require(before.size() == after.size());
    for (std::size_t i = 0; i < before.size(); ++i)
        require(test::meaning(before[i]) == test::meaning(after[i]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static assembler a(max_bytes);
    a.reset();
    if (assemble(a, lines_of({reinterpret_cast<char const*>(data), size})))
        check_values(a.head(), a.attachments());
    return 0;
}
