#include "websocket/deflate.hpp"

#include "websocket/grow.hpp"

#include <boost/assert.hpp>
#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>

#include <algorithm>

namespace anywire::websocket {

namespace zlib = boost::beast::zlib;

namespace {

/// How a flushed block ends; the wire leaves it out. Spec: RFC 7692, section 7.2.1.
constexpr std::string_view flush_tail{"\0\0\xff\xff", 4};

}  // namespace

// -- deflater -----------------------------------------------------------------

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

// -- inflater -----------------------------------------------------------------

struct inflater::stream {
    zlib::inflate_stream z{};
    int window_bits = 15;
    bool forgets = false;
    /// Bytes came since the message began or a final block ended.
    bool fed = false;
    /// The last bytes ended a block and a byte alike.
    bool at_boundary = true;

    void reset() {
        z.reset(window_bits);
        fed = false;
        at_boundary = true;
    }
    error_code write(zlib::z_params& zs, std::string& out, std::size_t max_out);
};

inflater::inflater(deflate_params const& agreed) : stream_{std::make_unique<stream>()} {
    // 9, because zlib's own deflater takes 9 when asked for 8.
    stream_->window_bits = std::max(agreed.client_max_window_bits, 9);
    stream_->forgets = agreed.client_no_context_takeover;
    stream_->reset();
}

inflater::inflater(inflater&&) noexcept = default;
inflater& inflater::operator=(inflater&&) noexcept = default;
inflater::~inflater() = default;

/// One call of the stream: until the input is used, the room given is full or a final block ends.
error_code inflater::stream::write(zlib::z_params& zs, std::string& out, std::size_t max_out) {
    constexpr unsigned unread_bits = 63, ends_block = 128;  // in `data_type`

    auto const size = out.size();
    auto const room =
        std::min(std::clamp<std::size_t>(zs.avail_in * 4, 512, 65536), max_out - size + 1);
    grow(out, size + room, max_out + 1);
    out.resize(size + room);
    zs.next_out = out.data() + size;
    zs.avail_out = room;

    auto const before = zs.avail_in;
    boost::system::error_code ec;
    z.write(zs, zlib::Flush::none, ec);
    out.resize(out.size() - zs.avail_out);
    if (out.size() > max_out) return errc::message_too_big;

    auto const flags = static_cast<unsigned>(zs.data_type);
    if (ec == zlib::error::end_of_stream) {
        // What the stream has read of the bytes behind the block must be read again.
        auto const ahead = (flags & unread_bits) / 8;
        if (ahead > before - zs.avail_in) return errc::bad_deflate;
        zs.next_in = static_cast<char const*>(zs.next_in) - ahead;
        zs.avail_in += ahead;
        reset();
        return {};
    }
    if (ec == zlib::error::need_buffers && before == 0) return {};
    if (ec) return errc::bad_deflate;
    fed = true;
    at_boundary = (flags & ends_block) != 0 && (flags & unread_bits) == 0;
    return {};
}

error_code inflater::inflate(std::string_view piece, std::string& out, std::size_t max_out) {
    if (piece.empty()) return {};
    zlib::z_params zs;
    zs.next_in = piece.data();
    zs.avail_in = piece.size();
    zs.avail_out = 0;
    // Output that filled its room may have more behind it, without further input.
    while (zs.avail_in != 0 || (zs.avail_out == 0 && stream_->fed)) {
        if (auto const ec = stream_->write(zs, out, max_out)) return ec;
    }
    return {};
}

error_code inflater::finish(std::string& out, std::size_t max_out) {
    auto& s = *stream_;
    if (s.fed) {
        zlib::z_params zs;
        zs.next_in = flush_tail.data();
        zs.avail_in = flush_tail.size();
        zs.avail_out = 0;
        while (s.fed && (zs.avail_in != 0 || zs.avail_out == 0))
            if (auto const ec = s.write(zs, out, max_out)) return ec;
        // A client may leave out the empty block behind a final one: then the tail is not due.
        auto const used = flush_tail.size() - zs.avail_in;
        if (s.fed ? !s.at_boundary : used != 0) return errc::bad_deflate;
    }
    s.fed = false;
    if (s.forgets) s.reset();
    return {};
}

std::size_t inflater::footprint() const noexcept {
    return sizeof(stream) + (std::size_t{1} << stream_->window_bits);
}

}  // namespace anywire::websocket
