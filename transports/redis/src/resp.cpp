#include "resp.hpp"

#include <charconv>
#include <hiredis/read.h>
#include <new>
#include <utility>

namespace anywire::redis {
namespace {

constexpr std::size_t element_charge = 64;

template <class Text>
void append_all(std::string& out, std::span<Text const> args) {
    auto const append_head = [&out](char type, std::size_t n) {
        out.push_back(type);
        out.append(std::to_string(n)).append("\r\n");
    };
    append_head('*', args.size());
    for (auto const& a : args) {
        append_head('$', a.size());
        out.append(a).append("\r\n");
    }
}

unsigned depth_of(redisReadTask const* task) noexcept {
    unsigned depth = 0;
    for (; task; task = task->parent) ++depth;
    return depth;
}

}  // namespace

void append_command(std::string& out, std::span<std::string_view const> args) {
    append_all(out, args);
}

void append_command(std::string& out, std::span<std::string const> args) {
    append_all(out, args);
}

bool has_code(std::string_view text, std::string_view code) noexcept {
    return text.starts_with(code) && (text.size() == code.size() || text[code.size()] == ' ');
}

/// What hiredis' reader makes of an answer. Null makes it fail; nothing may throw through it.
struct reply_reader::functions {
    template <class Fill>
    static void* make(redisReadTask const* task, std::size_t bytes, Fill fill) noexcept {
        auto& self = *static_cast<reply_reader*>(task->privdata);
        try {
            auto* const made = self.add(task, bytes);
            if (made) fill(self, *made);
            return made;
        } catch (std::bad_alloc const&) {
            return nullptr;
        }
    }
    static void* string(redisReadTask const* task, char* text, std::size_t size) noexcept {
        return make(task, size, [&](reply_reader&, reply& r) {
            r.kind = task->type == REDIS_REPLY_STATUS  ? reply_kind::status
                     : task->type == REDIS_REPLY_ERROR ? reply_kind::error
                                                       : reply_kind::string;
            r.text.assign(text, size);
        });
    }
    static void* array(redisReadTask const* task, int count) noexcept {
        auto& self = *static_cast<reply_reader*>(task->privdata);
        auto const is_long =
            count < 0 || static_cast<std::size_t>(count) > self.limits_.max_elements;
        if (is_long || depth_of(task) > self.limits_.max_nesting) {
            self.error_ = errc::reply_too_big;
            return nullptr;
        }
        return make(task, 0, [](reply_reader&, reply& r) { r.kind = reply_kind::array; });
    }
    static void* integer(redisReadTask const* task, long long value) noexcept {
        return make(task, 0, [value](reply_reader&, reply& r) {
            r.kind = reply_kind::integer;
            r.integer = value;
        });
    }
    static void* nil(redisReadTask const* task) noexcept {
        return make(task, 0, [](reply_reader&, reply&) {});
    }
    static void free(void*) noexcept {}  // all of it lies in `root_`

    static redisReplyObjectFunctions all_;
};

redisReplyObjectFunctions reply_reader::functions::all_{&string, &array, &integer, &nil, &free};

void reply_reader::freed::operator()(redisReader* r) const noexcept {
    redisReaderFree(r);
}

reply_reader::reply_reader(limits const& l)
    : limits_(l), reader_(redisReaderCreateWithFunctions(&functions::all_)) {
    if (!reader_) throw std::bad_alloc();
    reader_->privdata = this;
}

reply_reader::~reply_reader() = default;

/// Room for one more value, where the answer has it. A vector that is being filled grows only when
/// its last element is complete, so the pointers that the reader has stay good.
reply* reply_reader::add(redisReadTask const* task, std::size_t bytes) {
    if (!task->parent) {
        root_ = {};
        size_ = 0;
    }
    size_ += bytes + element_charge;
    if (bytes > limits_.max_string || size_ > limits_.max_reply) {
        error_ = errc::reply_too_big;
        return nullptr;
    }
    if (!task->parent) return &root_;
    return &static_cast<reply*>(task->parent->obj)->elements.emplace_back();
}

void reply_reader::feed(std::string_view piece) {
    if (redisReaderFeed(reader_.get(), piece.data(), piece.size()) != REDIS_OK)
        error_ = make_error_code(boost::system::errc::not_enough_memory);
}

reply_reader::event reply_reader::next() {
    if (!text_.empty()) return event::failed;
    void* whole = nullptr;
    if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK) {
        if (error_ == errc::reply_too_big)
            return fail(errc::reply_too_big, "an answer has more parts or bytes than the limit");
        if (reader_->err == REDIS_ERR_PROTOCOL)
            return fail(errc::protocol_error, std::string("not RESP: ") + reader_->errstr);
        throw std::bad_alloc();
    }
    if (whole) return event::reply;
    return check_rest();
}

/// Judges what the reader has kept of a value that is not whole.
reply_reader::event reply_reader::check_rest() {
    auto const& r = *reader_;
    std::string_view const rest(r.buf + r.pos, r.len - r.pos);
    if (r.ridx < 0 || rest.empty()) return event::more;
    if (r.rstack[r.ridx].type != REDIS_REPLY_STRING) {
        if (rest.size() <= max_line) return event::more;
        return fail(errc::reply_too_big, "a line is longer than 16 KiB");
    }
    constexpr std::size_t longest_number = 20;
    std::uint64_t size = 0;
    auto const [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
    if (ec == std::errc::result_out_of_range || size > limits_.max_string)
        return fail(errc::reply_too_big, "a string is longer than limits::max_string");
    auto const digits = static_cast<std::size_t>(end - rest.data());
    if (rest.size() > longest_number && (digits == 0 || digits > longest_number))
        return fail(errc::protocol_error, "not RESP: a string without a length");
    return event::more;
}

reply_reader::event reply_reader::fail(errc why, std::string text) {
    error_ = why;
    text_ = std::move(text);
    root_ = {};
    return event::failed;
}

}  // namespace anywire::redis
