// What a server of Redis may send: the same is read of it however it was cut, no more than the
// limits let, and whatever an answer is taken for, it is refused or makes sense.
#include "kept_link.hpp"
#include "resp.hpp"
#include "settings.hpp"
#include "slots.hpp"
#include "stream_line.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::redis;

namespace {

redis::limits small() {
    redis::limits l;
    l.max_string = 200;
    l.max_reply = 2'000;
    l.max_elements = 20;
    l.max_nesting = 4;
    return l;
}

void require(bool held) {
    if (!held) std::abort();
}

/// The size of an answer as it is charged; requires that it is within the limits.
std::size_t size_of(reply const& r, unsigned depth = 0) {
    auto const l = small();
    require(r.text.size() <= l.max_string && r.elements.size() <= l.max_elements);
    require(depth <= l.max_nesting);
    auto size = r.text.size() + 64;
    for (auto const& e : r.elements) size += size_of(e, depth + 1);
    return size;
}

bool is_same(reply const& a, reply const& b) {
    if (a.kind != b.kind || a.integer != b.integer || a.text != b.text ||
        a.elements.size() != b.elements.size())
        return false;
    for (std::size_t i = 0; i < a.elements.size(); ++i)
        if (!is_same(a.elements[i], b.elements[i])) return false;
    return true;
}

/// All that is read before the end, or before what is refused, which is the result.
bool read(std::string_view bytes, std::size_t piece, std::vector<reply>& out) {
    using event = reply_reader::event;
    reply_reader reader(small());
    while (!bytes.empty()) {
        auto const now = bytes.substr(0, piece);
        bytes.remove_prefix(now.size());
        reader.feed(now);
        for (auto e = reader.next(); e != event::more; e = reader.next()) {
            if (e == event::failed) {
                require(reader.error() && !reader.text().empty());
                return false;
            }
            out.push_back(reader.take());
        }
    }
    return true;
}

void take_for_everything(reply r) {
    dial_target const by{.host = "h", .port = 1};
    failure why;
    if (auto const to = parse_redirection(r.text, by))
        require(to->slot < slot_count && to->to.port != 0 && !to->to.host.empty());
    if (auto const where = master_in(r, why))
        require(where->port != 0 && !where->host.empty());
    else
        require(bool(why.error));
    if (auto const map = slot_map::read(r, by)) {
        require(!map->masters().empty());
        for (std::uint16_t s = 0; s < slot_count; s += 7) (void)map->master_of(s);
    }
    (void)last_id_in(r);
    (void)entries_in(std::move(r));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::size_t const cut = data[0] % 16 + 1u;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    if (bytes.size() > reply_reader::most_at_once) return 0;
    std::vector<reply> whole;
    auto const is_good = read(bytes, bytes.size() + 1, whole);
    for (auto const piece : {cut, std::size_t{1}}) {
        std::vector<reply> pieces;
        require(read(bytes, piece, pieces) == is_good);
        require(pieces.size() == whole.size());
        for (std::size_t i = 0; i < whole.size(); ++i) require(is_same(pieces[i], whole[i]));
    }
    for (auto& r : whole) {
        require(size_of(r) <= small().max_reply);
        take_for_everything(std::move(r));
    }
    std::string wrong;
    if (auto const url = parse_redis_url(bytes, wrong))
        require(!url->server.host.empty() || !url->server.unix_socket.empty());
    else
        require(!wrong.empty());
    return 0;
}
