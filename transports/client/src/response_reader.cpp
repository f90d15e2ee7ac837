#include "response_reader.hpp"

#include "ascii.hpp"
#include "beast_head.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace anywire::http {

/// The fields that decide where an answer ends.
struct response_reader::framing {
    std::string_view content_length{};
    std::string_view transfer_encoding{};
    std::string_view content_encoding{};
    bool has_length = false;
    bool contradicts = false;
    bool close = false;
    bool keep_alive = false;
    unsigned transfer_encodings = 0;

    void add(http_field const& field);
};

namespace {

constexpr std::uint8_t most_interim = 16;

/// Reads the head of an answer.
class parser final : public beast_head<false> {
public:
    parser(response_head& head, std::vector<http_field>& fields, std::size_t most) noexcept
        : head_(head), fields_(fields), most_(most) {
        skip(true);  // the body's framing is judged by us
    }

    /// Empty, or what is wrong.
    std::string_view parse(std::string_view head) {
        boost::beast::error_code ec;
        put({head.data(), head.size()}, ec);
        if (too_many_) return "has too many header fields";
        if (ec || !is_header_done()) return "is not one of HTTP/1.1";
        return {};
    }

private:
    void on_response_impl(int status,
                          boost::beast::string_view,
                          int version,
                          boost::beast::error_code&) override {
        head_.status = static_cast<unsigned>(status);
        head_.version = static_cast<unsigned>(version);
    }
    void on_field_impl(boost::beast::http::field,
                       boost::beast::string_view name,
                       boost::beast::string_view value,
                       boost::beast::error_code& ec) override {
        too_many_ = fields_.size() == most_;
        if (too_many_)
            ec = boost::beast::http::error::header_limit;
        else
            fields_.push_back({to_std(name), to_std(value)});
    }

    response_head& head_;
    std::vector<http_field>& fields_;
    std::size_t most_;
    bool too_many_ = false;
};

bool parse_length(std::string_view text, std::uint64_t& out) noexcept {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return false;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{} && end == text.data() + text.size();
}

}  // namespace

void response_reader::framing::add(http_field const& field) {
    if (iequals(field.name, "content-length")) {
        contradicts |= has_length && content_length != field.value;
        has_length = true;
        content_length = field.value;
    } else if (iequals(field.name, "transfer-encoding")) {
        ++transfer_encodings;
        transfer_encoding = field.value;
    } else if (iequals(field.name, "content-encoding")) {
        content_encoding = field.value;
    } else if (iequals(field.name, "connection")) {
        for (auto list = field.value; !list.empty();) {
            auto const option = take_element(list);
            close |= iequals(option, "close");
            keep_alive |= iequals(option, "keep-alive");
        }
    }
}

std::string_view response_head::field(std::string_view name) const noexcept {
    for (auto const& f : fields)
        if (iequals(f.name, name)) return f.value;
    return {};
}

std::string response_head::joined(std::string_view name) const {
    std::string out;
    for (auto const& f : fields)
        if (iequals(f.name, name)) out.append(out.empty() ? "" : ", ").append(f.value);
    return out;
}

response_reader::response_reader(response_limits const& limits, response_to what) noexcept
    : limits_(limits), what_(what), head_left_(limits.head) {}

response_reader::event response_reader::next(std::string_view& bytes) {
    has_begun_ |= !bytes.empty();
    if (std::exchange(kept_is_old_, false)) std::string{}.swap(kept_);
    switch (state_) {
        case state::head: return read_head(bytes);
        case state::chunked: return next_chunk(bytes);
        case state::length:
        case state::until_end: break;
        case state::done: return event::done;
        case state::failed: return event::failed;
    }
    if (state_ == state::length && left_ == 0) {
        state_ = state::done;
        return event::done;
    }
    if (bytes.empty()) return event::more;
    if (state_ == state::until_end && limits_.body != 0 && bytes.size() > left_) return too_long();
    auto const n = state_ == state::length
                       ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
                       : bytes.size();
    piece_ = bytes.substr(0, n);
    bytes.remove_prefix(n);
    left_ -= std::min<std::uint64_t>(left_, n);
    return event::piece;
}

response_reader::event response_reader::read_head(std::string_view& bytes) {
    for (;;) {
        auto const e = read_any_head(bytes);
        if (e != event::more || bytes.empty()) return e;
    }
}

/// `more` after an interim answer, too, which may leave bytes.
response_reader::event response_reader::read_any_head(std::string_view& bytes) {
    // An end may lie across what is kept and what has come.
    auto const old = kept_.size();
    auto const take = std::min(bytes.size(), head_left_ + 1);
    std::string_view text = bytes.substr(0, take);
    if (old != 0) {
        kept_.append(text);
        text = kept_;
    }
    auto const from = old < 3 ? 0 : old - 3;
    auto const end = text.find("\r\n\r\n", from);
    if (end == std::string_view::npos) {
        if (take > head_left_) return fail("has a head that is too long");
        if (old == 0) kept_.assign(text);
        head_left_ -= take;
        bytes.remove_prefix(take);
        return event::more;
    }
    auto const size = end + 4;
    auto const used = size - old;
    if (used > head_left_) return fail("has a head that is too long");
    head_left_ -= used;
    bytes.remove_prefix(used);
    auto const e = parse(text.substr(0, size));
    has_head_ = e == event::head;
    if (e == event::more)
        kept_.clear();  // a 1xx
    else
        kept_is_old_ = true;
    return e;
}

/// `more` for an interim answer.
response_reader::event response_reader::parse(std::string_view head) {
    fields_.clear();
    parser p(head_, fields_, limits_.fields);
    if (auto const wrong = p.parse(head); !wrong.empty()) return fail(std::string(wrong));
    head_.fields = fields_;
    if (head_.status < 100 || head_.status > 599) return fail("has no valid status");
    if (head_.status < 200 && !(head_.status == 101 && what_ == response_to::upgrade)) {
        if (head_.status == 101) return fail("changes to a protocol that was not asked for");
        if (++interim_ > most_interim) return fail("has too many interim answers before it");
        return event::more;
    }
    framing f;
    for (auto const& field : fields_) f.add(field);
    keeps_alive_ = !f.close && (head_.version >= 11 || f.keep_alive);
    return decide_body(f);
}

response_reader::event response_reader::decide_body(framing const& f) {
    auto const none = head_.status == 101 || head_.status == 204 || head_.status == 304 ||
                      what_ == response_to::head ||
                      (what_ == response_to::connect && head_.status < 300);
    if (none) {
        state_ = state::length;
        left_ = 0;
        return event::head;
    }
    if (!limits_.any_coding && !f.content_encoding.empty() &&
        !iequals(f.content_encoding, "identity"))
        return fail("is compressed, which was not asked for");
    if (f.transfer_encodings == 0) return decide_length(f);
    if (f.transfer_encodings != 1 || !iequals(f.transfer_encoding, "chunked") || head_.version < 11)
        return fail("has a transfer coding that was not asked for");
    // Who reads the length instead sees another answer next on this connection.
    if (f.has_length) keeps_alive_ = false;
    state_ = state::chunked;
    chunks_ =
        chunked_body(limits_.body != 0 ? limits_.body : ~std::uint64_t{0}, limits_.chunk_overhead);
    return event::head;
}

response_reader::event response_reader::decide_length(framing const& f) {
    if (!f.has_length) {
        state_ = state::until_end;
        keeps_alive_ = false;
        left_ = limits_.body;
        return event::head;
    }
    if (f.contradicts || !parse_length(f.content_length, left_))
        return fail("has no valid Content-Length");
    if (limits_.body != 0 && left_ > limits_.body) return too_long();
    state_ = state::length;
    return event::head;
}

response_reader::event response_reader::next_chunk(std::string_view& bytes) {
    using status = chunked_body::status;
    std::size_t used = 0;
    auto const s = chunks_.next(bytes, used, piece_);
    bytes.remove_prefix(used);
    switch (s) {
        case status::need_more: return event::more;
        case status::data: return event::piece;
        case status::done: state_ = state::done; return event::done;
        case status::malformed: return fail("has a body that is not chunked as it says");
        case status::body_too_long: return too_long();
        case status::overhead_too_long:
            return fail("has too many bytes of chunk extensions or trailers");
    }
    return event::failed;
}

response_reader::event response_reader::on_end(bool orderly) {
    if (state_ == state::done) return event::done;
    if (state_ == state::failed) return event::failed;
    if (state_ == state::until_end && orderly) {
        state_ = state::done;
        return event::done;
    }
    if (!has_begun_) return fail("did not come: the connection ended");
    return fail(state_ == state::head ? "broke off within its head" : "broke off within its body");
}

response_reader::event response_reader::fail(std::string text) {
    state_ = state::failed;
    failure_ = "the answer " + text;
    return event::failed;
}

response_reader::event response_reader::too_long() {
    return fail("has a body of more than " + std::to_string(limits_.body) + " bytes");
}

}  // namespace anywire::http
