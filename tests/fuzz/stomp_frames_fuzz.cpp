// What either end of STOMP may send: the same is read of it however it was cut and no more than the
// limits let, and what was read is read again when it is written.
#include "stomp/frame_reader.hpp"
#include "stomp/frame_writer.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::stomp;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

frame_limits small() {
    frame_limits l;
    l.max_frame = 400;
    l.max_head = 200;
    l.max_header_line = 50;
    l.max_headers = 5;
    return l;
}

struct kept_frame {
    command what{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};

    bool operator==(kept_frame const&) const = default;
};

kept_frame keep(frame_view const& f) {
    kept_frame out{f.what, {}, std::string(f.body)};
    for (auto const& h : f.headers) out.headers.emplace_back(h.name, h.value);
    return out;
}

struct outcome {
    std::vector<kept_frame> frames{};
    frame_fault fault{};

    bool operator==(outcome const&) const = default;
};

outcome read(end self, version v, std::string_view bytes, std::size_t piece) {
    using event = frame_reader::event;
    frame_reader reader(self, small());
    reader.set_version(v);
    outcome out;
    while (!bytes.empty()) {
        // Of its own memory: a frame that borrows too long is seen by the sanitizer.
        std::string const now(bytes.substr(0, piece));
        bytes.remove_prefix(now.size());
        std::string_view rest(now);
        for (auto e = reader.read(rest); e != event::more; e = reader.read(rest)) {
            require(reader.kept_bytes() <= small().max_frame + small().max_header_line + 1);
            if (e == event::failed) {
                out.fault = reader.fault();
                require(out.fault != frame_fault::none && !text_of(out.fault).empty());
                (void)reader.receipt_of_failed();
                return out;
            }
            if (e == event::frame) out.frames.push_back(keep(reader.frame()));
        }
        require(rest.empty());
    }
    return out;
}

/// Requires of a frame that was read that it survives being written, where the version can say it.
void check_written(end self, version v, kept_frame const& f) {
    std::string bytes;
    frame_writer w(bytes, f.what, v);
    for (auto const& [name, value] : f.headers)
        if (name != "content-length") w.add(name, value);
    w.finish(f.body);
    auto limits = small();
    limits.max_frame = limits.max_head = limits.max_header_line = 4'000;
    ++limits.max_headers;  // content-length
    frame_reader reader(self, limits);
    reader.set_version(v);
    std::string_view rest(bytes);
    require(reader.read(rest) == frame_reader::event::frame && rest.empty());
    auto const again = keep(reader.frame());
    require(again.what == f.what && again.body == f.body);
    if (v != version::v1_2) return;
    std::size_t i = 0;
    for (auto const& h : f.headers) {
        if (h.first == "content-length") continue;
        require(i < again.headers.size() && again.headers[i++] == h);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2 || size > 4'000) return 0;
    auto const self = (data[0] & 1u) != 0 ? end::client : end::server;
    auto const v = static_cast<version>((data[0] >> 1u) % 3u);
    std::size_t const cut = data[1] % 16 + 1u;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 2, size - 2);
    auto const whole = read(self, v, bytes, bytes.size() + 1);
    for (auto const piece : {cut, std::size_t{1}}) require(read(self, v, bytes, piece) == whole);
    for (auto const& f : whole.frames) check_written(self, v, f);
    return 0;
}
