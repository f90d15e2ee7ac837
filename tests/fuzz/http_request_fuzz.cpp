// A request must come to the same whole and in any pieces; nothing beyond the limits is stored,
// and what is consumed is exactly the request.
#include "http_request.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

using namespace anywire::http;
using status = request_reader::status;

namespace {

constexpr request_limits limits{
    .header = 512, .line = 256, .body = 64, .chunk_overhead = 32, .fields = 40};

void require(bool held) {
    if (!held) std::abort();
}

struct outcome {
    status end = status::need_more;
    unsigned error = 0;
    std::size_t used = 0;
    std::string text{};  // all of the request, joined

    bool operator==(outcome const&) const = default;
};

std::string describe(request_view const& r) {
    std::string out;
    for (auto const part : {r.method, r.target, r.path, r.query, r.host, r.body})
        out.append(part).push_back('\n');
    for (auto const& f : r.fields) {
        require(f.name.find_first_of("\r\n \t:") == f.name.npos && !f.name.empty());
        require(f.value.find_first_of(std::string_view("\r\n\0", 3)) == f.value.npos);
        out.append(f.name).append("=").append(f.value).push_back('\n');
    }
    out.append({r.keep_alive ? 'k' : '-', r.upgrade ? 'u' : '-', r.expect_continue ? 'e' : '-'});
    require(r.version == 10 || r.version == 11);
    return out;
}

/// What a request that is `done` promises whoever uses it.
void check_request(request_view const& r, std::size_t used) {
    require(r.body.size() <= limits.body);
    require(r.fields.size() <= limits.fields);
    require(!r.method.empty() && r.method.size() <= 32);
    require(!r.target.empty() && r.target.find_first_of(" \t\r\n#") == r.target.npos);
    require(r.version == 10 || r.count("Host") == 1);
    require(r.path.size() + r.query.size() <= r.target.size());
    require(r.count("Content-Length") + r.count("Transfer-Encoding") <= 1);
    require(used <= 8 + limits.header + 22 * limits.body + 22 + limits.chunk_overhead * 6 + 4);
}

/// Head and framed body, and nothing else: the smuggling invariant.
void check_framing(std::string_view bytes, request_view const& r, std::size_t used) {
    auto const start = bytes.find_first_not_of("\r\n");
    auto const head_end = bytes.find("\r\n\r\n", start) + 4;
    require(head_end <= used);
    if (r.has_header("Transfer-Encoding")) {
        require(r.version == 11 && bytes.substr(used - 4, 4) == "\r\n\r\n");
        return;
    }
    auto const length = r.header("Content-Length");
    require(r.body.size() == std::strtoull(std::string(length).c_str(), nullptr, 10));
    require(used == head_end + r.body.size());
    require(bytes.substr(head_end, r.body.size()) == r.body);
}

outcome read_whole(std::string_view bytes) {
    request_reader reader(limits);
    outcome o;
    o.end = reader.feed(bytes, o.used);
    require(o.used <= bytes.size());
    o.error = reader.error_status();
    require((o.end == status::error) == (o.error >= 400 && o.error <= 505));
    if (o.end == status::head_complete) require(o.used == bytes.size());
    if (o.end != status::done) return o;
    check_request(reader.request(), o.used);
    check_framing(bytes, reader.request(), o.used);
    o.text = describe(reader.request());
    return o;
}

/// The lengths of the pieces come from `cuts`, taken again and again.
outcome read_in_pieces(std::string_view bytes, std::string_view cuts) {
    auto reader = std::make_unique<request_reader>(limits);
    outcome o;
    std::string tail;
    bool announced = false;
    for (std::size_t at = 0, turn = 0; at < bytes.size(); ++turn) {
        auto const cut = cuts.empty() ? 1U : static_cast<unsigned char>(cuts[turn % cuts.size()]);
        auto const piece = bytes.substr(at, 1 + cut % 64);
        at += piece.size();
        tail.append(piece);
        auto buffer = std::make_unique<char[]>(tail.size());  // exact: reads past it are seen
        std::copy(tail.begin(), tail.end(), buffer.get());
        std::size_t used = 0;
        o.end = reader->feed({buffer.get(), tail.size()}, used);
        require(used <= tail.size());
        o.used += used;
        tail.erase(0, used);
        if (o.end == status::done) o.text = describe(reader->request());
        if (o.end == status::done || o.end == status::error) break;
        require(tail.size() <= limits.header);
        if (o.end == status::head_complete) require(!std::exchange(announced, true));
        if (announced) require(tail.empty());
        buffer.reset();
        if (announced) (void)describe(reader->request());  // its own copy
        reader = std::make_unique<request_reader>(std::move(*reader));
    }
    o.error = reader->error_status();
    return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view bytes(reinterpret_cast<char const*>(data), size);
    std::string_view cuts;
    if (!bytes.empty()) {  // the first byte says how many more are the cuts
        auto const n = std::min<std::size_t>(data[0] % 8, size - 1);
        cuts = bytes.substr(1, n);
        bytes.remove_prefix(1 + n);
    }
    auto whole = read_whole(bytes);
    auto pieces = read_in_pieces(bytes, cuts);
    if (whole.end == status::head_complete) whole.end = status::need_more;
    if (pieces.end == status::head_complete) pieces.end = status::need_more;
    if (whole.end == status::error) whole.used = pieces.used = 0;
    require(whole == pieces);
    return 0;
}
