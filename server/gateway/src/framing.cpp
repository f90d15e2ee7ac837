#include "framing.hpp"

#include "core/utf8.hpp"

namespace anywire::gateway {

deframed_message deframer::next(std::string_view& in) {
    drop_given();
    if (failure_ != deframed::nothing) {
        in = {};
        return {failure_, {}};
    }
    return options_.kind == framing_kind::lines ? next_line(in) : next_length32(in);
}

deframed_message deframer::finish() {
    drop_given();
    if (failure_ != deframed::nothing) return {failure_, {}};
    if (options_.kind == framing_kind::length32)
        return head_bytes_ == 0 ? deframed_message{} : fail(deframed::cut_off);
    if (part_.empty()) return {};
    is_given_ = true;
    return judge(part_);
}

deframed_message deframer::next_line(std::string_view& in) {
    auto const end = in.find('\n');
    auto line = in.substr(0, end);
    auto const size = part_.size() + line.size();
    // A CR in front of a LF that has not come yet is no part of the message.
    auto const last = line.empty() ? std::string_view(part_) : line;
    auto const most = options_.max_message;
    if (size > most && (size - most > 1 || !last.ends_with('\r'))) return fail(deframed::too_long);
    in.remove_prefix(end == in.npos ? in.size() : end + 1);
    if (end == in.npos) {
        part_.append(line);
        return {};
    }
    if (!part_.empty()) {
        part_.append(line);
        line = part_;
        is_given_ = true;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    return judge(line);
}

deframed_message deframer::next_length32(std::string_view& in) {
    if (!take_head(in)) return {};
    if (length_ > options_.max_message) return fail(deframed::too_long);
    auto const missing = length_ - part_.size();
    auto piece = in.substr(0, missing);
    in.remove_prefix(piece.size());
    if (piece.size() < missing || !part_.empty()) part_.append(piece);
    if (piece.size() < missing) return {};
    head_bytes_ = 0;
    is_given_ = !part_.empty();
    return judge(is_given_ ? std::string_view(part_) : piece);
}

bool deframer::take_head(std::string_view& in) {
    if (head_bytes_ == head_.size()) return true;
    while (head_bytes_ < head_.size() && !in.empty()) {
        head_[head_bytes_++] = static_cast<unsigned char>(in.front());
        in.remove_prefix(1);
    }
    if (head_bytes_ < head_.size()) return false;
    length_ = 0;
    for (auto const byte : head_) length_ = length_ << 8u | byte;
    return true;
}

deframed_message deframer::judge(std::string_view message) {
    if (message.size() > options_.max_message) return fail(deframed::too_long);
    if (!options_.binary && !is_utf8(message)) return fail(deframed::not_utf8);
    return {deframed::message, message};
}

deframed_message deframer::fail(deframed why) {
    failure_ = why;
    std::string{}.swap(part_);
    return {why, {}};
}

/// An idle stream keeps no memory.
void deframer::drop_given() {
    if (!is_given_) return;
    is_given_ = false;
    std::string{}.swap(part_);
}

unframed append_framed(std::string& out, framing_kind kind, std::string_view message) {
    if (kind == framing_kind::lines) {
        if (message.find_first_of("\r\n") != message.npos) return unframed::has_line_end;
        out.append(message).push_back('\n');
        return unframed::no;
    }
    if (message.size() > 0xffff'ffffu) return unframed::too_long;
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(message.size() >> static_cast<unsigned>(shift) & 0xffu));
    out.append(message);
    return unframed::no;
}

}  // namespace anywire::gateway
