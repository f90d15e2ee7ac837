#include "sockjs/body_readers.hpp"

#include "core/json_hex.hpp"

#include <algorithm>
#include <utility>

namespace anywire::sockjs {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

std::optional<std::string_view> line_reader::next(std::string_view& in) {
    if (given_) line_.clear();
    given_ = false;
    while (!in.empty() && !error_) {
        auto const end = in.find('\n');
        auto const piece = in.substr(0, end);
        if (piece.size() > max_line_ - line_.size()) {
            error_ = errc::message_too_big;
            std::string{}.swap(line_);
            break;
        }
        in.remove_prefix(end == in.npos ? in.size() : end + 1);
        if (end == std::string_view::npos) {
            line_.append(piece);
            return std::nullopt;
        }
        if (line_.empty()) {
            if (piece.empty()) continue;
            return piece;
        }
        line_.append(piece);
        given_ = true;
        return line_;
    }
    in = {};
    return std::nullopt;
}

std::optional<event_stream_reader::event> event_stream_reader::next(std::string_view& in) {
    if (given_) {
        data_.clear();
        type_.clear();
        has_data_ = given_ = false;
    }
    while (!in.empty() && !error_) {
        if (std::exchange(after_cr_, false) && in.front() == '\n') {
            in.remove_prefix(1);
            continue;
        }
        auto const end = in.find_first_of("\r\n");
        auto const piece = in.substr(0, end);
        // A line is its field's name, too.
        if (piece.size() > max_ + sizeof "data: " - line_.size()) {
            fail();
            break;
        }
        if (end == in.npos) {
            line_.append(piece);
            in = {};
            return std::nullopt;
        }
        after_cr_ = in[end] == '\r';
        in.remove_prefix(end + 1);
        if (!end_line(piece)) continue;
        given_ = true;
        return event{type_.empty() ? std::string_view{"message"} : type_, data_};
    }
    in = {};
    return std::nullopt;
}

/// Takes the last piece of a line; true where it ends an event.
bool event_stream_reader::end_line(std::string_view piece) {
    if (line_.empty()) return take_line(piece);
    line_.append(piece);
    auto const ended = take_line(line_);
    line_.clear();
    return ended;
}

/// Takes a line without its end; true where it ends an event.
bool event_stream_reader::take_line(std::string_view line) {
    if (std::exchange(at_start_, false) && line.starts_with(byte_order_mark))
        line.remove_prefix(byte_order_mark.size());
    if (line.empty()) {
        if (!has_data_) type_.clear();
        return has_data_;
    }
    auto const colon = line.find(':');
    auto const name = line.substr(0, colon);
    auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "data") {
        auto const more = value.size() + std::size_t{has_data_};
        if (more > max_ - data_.size()) {
            fail();
            return false;
        }
        if (has_data_) data_.push_back('\n');
        data_.append(value);
        has_data_ = true;
    } else if (name == "event") {
        type_.assign(value);
    }
    return false;
}

void event_stream_reader::fail() noexcept {
    error_ = errc::message_too_big;
    has_data_ = false;
    std::string{}.swap(line_);
    std::string{}.swap(data_);
    std::string{}.swap(type_);
}

std::string_view decode_event_data(std::string_view data, std::string& room) {
    constexpr std::string_view stays = ";/?:@&=+$,#";
    if (data.find('%') == data.npos) return data;
    room.clear();
    while (!data.empty()) {
        auto const clean = std::min(data.find('%'), data.size());
        room.append(data.substr(0, clean));
        data.remove_prefix(clean);
        if (data.empty()) break;
        auto const high = data.size() > 2 ? detail::decode_hex_digit(data[1]) : std::nullopt;
        auto const low = data.size() > 2 ? detail::decode_hex_digit(data[2]) : std::nullopt;
        auto const byte = high && low ? static_cast<char>(*high << 4 | *low) : '%';
        if (!high || !low || stays.find(byte) != stays.npos) {
            room.push_back('%');
            data.remove_prefix(1);
            continue;
        }
        room.push_back(byte);
        data.remove_prefix(3);
    }
    return room;
}

}  // namespace anywire::sockjs
