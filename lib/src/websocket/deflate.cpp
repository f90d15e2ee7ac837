#include "websocket/deflate.hpp"

#include "websocket/grow.hpp"
#include "websocket/inflate.hpp"

#include <boost/assert.hpp>
#include <boost/beast/zlib/deflate_stream.hpp>

#include <algorithm>
#include <utility>

namespace anywire::websocket {

namespace zlib = boost::beast::zlib;

namespace {

/// How a flushed block ends; on the wire it is left out. Spec: RFC 7692, section 7.2.1.
constexpr std::string_view flush_tail{"\0\0\xff\xff", 4};

}  // namespace

// -- deflater -------------------------------------------------------------------------------------

struct deflater::stream {
    zlib::deflate_stream z{};
    bool forgets = false;
};

deflater::deflater(deflate_params const& agreed, int level, int mem_level)
    : stream_{std::make_unique<stream>()} {
    stream_->z.reset(level, agreed.server_max_window_bits, mem_level, zlib::Strategy::normal);
    stream_->forgets = agreed.server_no_context_takeover;
}

deflater::deflater(deflater&&) noexcept = default;
deflater& deflater::operator=(deflater&&) noexcept = default;
deflater::~deflater() = default;

void deflater::compress(std::string_view message, std::string& out) {
    if (message.empty()) {  // the stream does not flush twice in a row
        out.push_back('\0');
        return;
    }
    if (stream_->forgets) stream_->z.reset();

    zlib::z_params zs;
    zs.next_in = message.data();
    zs.avail_in = message.size();
    for (;;) {
        auto const size = out.size();
        auto const room = std::clamp<std::size_t>(zs.avail_in / 2, 256, 16384);
        out.resize(size + room);
        zs.next_out = out.data() + size;
        zs.avail_out = room;
        boost::system::error_code ec;
        stream_->z.write(zs, zlib::Flush::sync, ec);
        out.resize(out.size() - zs.avail_out);
        if (zs.avail_out != 0) break;  // flushed
    }
    BOOST_ASSERT(std::string_view{out}.ends_with(flush_tail));
    out.resize(out.size() - flush_tail.size());
}

// -- inflater -------------------------------------------------------------------------------------

struct inflater::stream {
    // 9, because zlib's own deflater takes 9 when asked for 8.
    explicit stream(deflate_params const& agreed)
        : blocks(std::max(agreed.client_max_window_bits, 9)),
          forgets(agreed.client_no_context_takeover) {}

    error_code write(std::string_view in, std::string& out, std::size_t max_out);

    inflate_stream blocks;
    bool forgets;
    bool in_message = false;
    std::size_t begin = 0;  // of the message, in what it inflates to
};

inflater::inflater(deflate_params const& agreed) : stream_{std::make_unique<stream>(agreed)} {}

inflater::inflater(inflater&&) noexcept = default;
inflater& inflater::operator=(inflater&&) noexcept = default;
inflater::~inflater() = default;

error_code inflater::stream::write(std::string_view in, std::string& out, std::size_t max_out) {
    using enum inflate_stream::status;
    if (!std::exchange(in_message, true)) begin = out.size();
    for (auto what = need_room; what == need_room;) {
        if (out.size() > max_out) return errc::message_too_big;
        auto const size = out.size();
        // As much again as there is already: a bomb that has hardly any input left is not worked
        // off in small steps.
        auto const room =
            std::min(std::clamp<std::size_t>(std::max(in.size() * 4, size - begin), 512, 65536),
                     max_out - size + 1);
        // What is long goes on to be, and each step is a copy, into memory that has to be fetched
        // from the system: most of what a single bomb costs.
        constexpr std::size_t is_long = 65536;
        grow(out, size + room, max_out + 1, size < is_long ? 2 : 16);
        out.resize(size + room);
        inflate_stream::text text{out.data() + begin, out.data() + size, out.data() + size + room};
        what = blocks.write(in, text);
        out.resize(static_cast<std::size_t>(text.at - out.data()));
        if (what == bad) return errc::bad_deflate;
    }
    return out.size() > max_out ? errc::message_too_big : error_code{};
}

error_code inflater::inflate(std::string_view piece, std::string& out, std::size_t max_out) {
    if (piece.empty()) return {};
    return stream_->write(piece, out, max_out);
}

error_code inflater::finish(std::string& out, std::size_t max_out) {
    auto& s = *stream_;
    auto& blocks = s.blocks;
    // A client may leave out the empty block after a final one: then the tail is not due.
    if (blocks.has_begun()) {
        if (auto const ec = s.write(flush_tail, out, max_out)) return ec;
        if (!blocks.has_begun() || !blocks.is_at_boundary()) return errc::bad_deflate;
    }
    auto const message = s.in_message ? std::string_view{out}.substr(s.begin) : std::string_view{};
    blocks.end_message(message, !s.forgets);
    s.in_message = false;
    return {};
}

std::size_t inflater::footprint() const noexcept {
    return sizeof(stream) + stream_->blocks.footprint();
}

}  // namespace anywire::websocket
