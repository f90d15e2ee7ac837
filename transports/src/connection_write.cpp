// How a connection writes, and what it keeps of what did not go out.
#include "connection.hpp"

#include <algorithm>
#include <array>
#include <sys/uio.h>

namespace anywire {
namespace {

/// As it leaves: with the rest of a headed frame.
std::size_t size_of(frame const& f) noexcept {
    return f.ws().size() + f.rest_size();
}

/// The bytes of a frame as it leaves, but for the first `skipped`: one piece, or two where it is
/// headed.
template <class Visit>
void for_each_piece(frame const& f, std::size_t skipped, Visit visit) {
    auto const own = f.ws();
    if (skipped < own.size()) visit(own.substr(skipped));
    if (auto const* const rest = f.rest())
        visit(rest->text().substr(skipped < own.size() ? 0 : skipped - own.size()));
}

}  // namespace

connection::unsent::~unsent() {
    for (auto* f : frames) f->unref();
}

template <class Bytes>
io_result connection::write_out(Bytes bytes) noexcept {
    auto const r = stream_.write(bytes);
    host_.numbers().bytes_out.add(r.bytes);
    return r;
}

bool connection::send(std::string_view bytes) {
    if (dropped_ || broken_) return true;
    if (!unsent_) {
        auto const r = write_out(bytes);
        if (r.what == io_result::status::failed || r.what == io_result::status::end) {
            break_off();
            return true;
        }
        bytes.remove_prefix(r.bytes);
        if (bytes.empty()) return true;
    }
    frame_ptr const rest(frame::make(bytes, frame_kind::raw));
    std::array<frame*, 1> const batch{rest.get()};
    keep(batch, 0);
    return false;
}

bool connection::send_frames(std::span<frame* const> frames) {
    if (!unsent_) frames = frames.subspan(send_some_frames(frames));
    if (dropped_ || broken_) return true;
    if (frames.empty()) return !unsent_;
    keep(frames, 0);
    return false;
}

std::size_t connection::send_some_frames(std::span<frame* const> frames) {
    if (dropped_ || broken_) return frames.size();
    if (frames.size() == 1 && !frames[0]->rest()) {
        // What an echo and a broadcast are made of, without the loops below.
        auto const bytes = frames[0]->ws();
        auto const r = write_out(bytes);
        if (r.bytes == bytes.size()) return 1;
        if (r.what == io_result::status::failed || r.what == io_result::status::end)
            break_off();
        else
            keep(frames, r.bytes);
        return 1;
    }
    auto const sent = write_frames(frames, 0);
    if (broken_ || sent.frames == frames.size()) return frames.size();
    // At least one is kept, or nobody would say when the socket takes more.
    keep(frames.subspan(sent.frames, 1), sent.offset);
    return sent.frames + 1;
}

/// Writes a prefix of `frames`, the first from `offset` on: how many bytes were tried.
std::size_t connection::write_some_frames(std::span<frame* const> frames,
                                          std::size_t offset,
                                          std::size_t& taken,
                                          io_result& r) {
    // Copying small frames into one buffer is cheaper than a system call with many pieces.
    constexpr std::size_t flat_limit = io_host::flat_size / 2;

    if (frames.size() == 1 && !frames[0]->rest()) {
        auto const bytes = frames[0]->ws().substr(offset);
        taken = 1;
        r = write_out(bytes);
        return bytes.size();
    }
    auto total = size_of(*frames[0]) - offset;
    taken = 1;
    while (taken < frames.size() && total < flat_limit) total += size_of(*frames[taken++]);
    auto const visit_taken = [&](auto visit) {
        for_each_piece(*frames[0], offset, visit);
        for (std::size_t i = 1; i < taken; ++i) for_each_piece(*frames[i], 0, visit);
    };
    auto const is_plain = stream_.is_plain_socket();
    if (total <= io_host::flat_size && !(is_plain && frames.size() == 1)) {
        auto* to = host_.flat();
        visit_taken([&](std::string_view b) { to = std::copy(b.begin(), b.end(), to); });
        r = write_out(std::string_view{host_.flat(), total});
        return total;
    }
    if (!is_plain) {
        auto& flat = host_.out();
        visit_taken([&](std::string_view b) { flat.append(b); });
        r = write_out(std::string_view{flat});
        return total;
    }
    return write_pieces(frames, offset, taken, r);
}

/// The same in one system call, of a plain socket, from where the frames are.
std::size_t connection::write_pieces(std::span<frame* const> frames,
                                     std::size_t offset,
                                     std::size_t& taken,
                                     io_result& r) {
    std::array<iovec, 64> pieces;
    std::size_t count = 0;
    std::size_t total = 0;
    for (taken = 0; taken < frames.size() && count + 2 <= pieces.size(); ++taken)
        for_each_piece(*frames[taken], taken == 0 ? offset : 0, [&](std::string_view b) {
            pieces[count++] = {const_cast<char*>(b.data()), b.size()};
            total += b.size();
        });
    r = write_out(std::span<iovec const>{pieces.data(), count});
    return total;
}

/// Writes a prefix of `frames`, the first from `offset` on, until the socket takes no more.
connection::written connection::write_frames(std::span<frame* const> frames, std::size_t offset) {
    written all{.frames = 0, .offset = offset, .bytes = 0};
    while (all.frames < frames.size()) {
        io_result r;
        std::size_t taken = 0;
        auto const tried = write_some_frames(frames.subspan(all.frames), all.offset, taken, r);
        if (r.what == io_result::status::failed || r.what == io_result::status::end) break_off();
        all.bytes += r.bytes;
        if (r.bytes == tried) {
            all.frames += taken;
            all.offset = 0;
            continue;
        }
        all.offset += r.bytes;
        while (all.offset >= size_of(*frames[all.frames]))
            all.offset -= size_of(*frames[all.frames++]);
        break;
    }
    return all;
}

void connection::keep(std::span<frame* const> frames, std::size_t already_sent) {
    if (!unsent_) unsent_ = std::make_unique<unsent>();
    for (auto* f : frames) {
        auto const size = size_of(*f);
        if (already_sent >= size) {
            already_sent -= size;
            continue;
        }
        if (unsent_->frames.empty()) unsent_->offset = already_sent;
        unsent_->bytes += size - already_sent;
        already_sent = 0;
        f->ref();
        unsent_->frames.push_back(f);
    }
    stall_deadline_ = loop().now() + write_stall_;
    arm();
    if (!in_event_) watch();
}

void connection::flush_unsent() {
    auto const sent = write_frames(unsent_->frames, unsent_->offset);
    if (broken_) {
        unsent_.reset();
        return;
    }
    unsent_->bytes -= sent.bytes;
    if (sent.bytes > 0) stall_deadline_ = loop().now() + write_stall_;
    for (std::size_t i = 0; i < sent.frames; ++i) unsent_->frames[i]->unref();
    unsent_->frames.erase(unsent_->frames.begin(),
                          unsent_->frames.begin() + static_cast<std::ptrdiff_t>(sent.frames));
    unsent_->offset = sent.offset;
    if (!unsent_->frames.empty()) return;
    unsent_.reset();
    on_sent();
}

}  // namespace anywire
