#pragma once

#include "http_request.hpp"
#include "support/feed.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Requests read whole and in pieces, for the tests of the reader and of its guard.
namespace anywire::test {

using namespace anywire::http;
using status = request_reader::status;

/// What a request came to, copied out of the reader.
struct outcome {
    status end = status::need_more;
    unsigned error = 0;
    std::string method{}, target{}, path{}, query{}, host{}, body{};
    unsigned version = 0;
    bool keep_alive = false, upgrade = false, expect_continue = false;
    std::size_t fields = 0;
    std::size_t used = 0;  ///< Bytes consumed.
};

inline outcome copy_of(request_reader const& reader, status end, std::size_t used) {
    auto const& r = reader.request();
    outcome o{end, reader.error_status()};
    o.used = used;
    if (end != status::done) return o;
    o.method = r.method;
    o.target = r.target;
    o.path = r.path;
    o.query = r.query;
    o.host = r.host;
    o.body = r.body;
    o.version = r.version;
    o.keep_alive = r.keep_alive;
    o.upgrade = r.upgrade;
    o.expect_continue = r.expect_continue;
    o.fields = r.fields.size();
    return o;
}

/// Feeds pieces as a connection does: what is not consumed comes again, in a buffer of its own.
template <class Next>
inline outcome drive(request_limits const& limits, Next next) {
    request_reader reader(limits);
    std::size_t total = 0;
    std::string tail;
    auto end = status::need_more;
    while (end == status::need_more || end == status::head_complete) {
        std::string_view const piece = next();
        if (piece.empty()) break;
        tail.append(piece);
        // Exactly sized and freed, so that a view kept too long is seen by the sanitizer.
        auto const bytes = std::make_unique<std::vector<char>>(tail.begin(), tail.end());
        std::size_t used = 0;
        end = reader.feed({bytes->data(), bytes->size()}, used);
        total += used;
        tail.erase(0, used);
        if (end == status::done || end == status::error) return copy_of(reader, end, total);
        reader = request_reader(std::move(reader));  // as a move to the heap
    }
    return copy_of(reader, end, total);
}

/// Reads `bytes` in every way of cutting them, and checks that all come to the same.
inline outcome read(std::string const& bytes, request_limits const& limits = {}) {
    std::unique_ptr<outcome> first;
    feed_every_way(bytes, [&](auto next) {
        auto const o = drive(limits, next);
        if (!first) {
            first = std::make_unique<outcome>(o);
            return;
        }
        CHECK(o.end == first->end);
        CHECK(o.error == first->error);
        CHECK(o.method == first->method);
        CHECK(o.target == first->target);
        CHECK(o.path == first->path);
        CHECK(o.query == first->query);
        CHECK(o.host == first->host);
        CHECK(o.body == first->body);
        CHECK(o.version == first->version);
        CHECK(o.keep_alive == first->keep_alive);
        CHECK(o.upgrade == first->upgrade);
        CHECK(o.expect_continue == first->expect_continue);
        CHECK(o.fields == first->fields);
        if (o.end == status::done) CHECK(o.used == first->used);
    });
    return *first;
}

inline outcome read_with(std::string const& fields, std::string const& body = "") {
    return read("POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body);
}

inline unsigned error_of(std::string const& bytes, request_limits const& limits = {}) {
    auto const o = read(bytes, limits);
    CHECK((o.end == status::error) == (o.error != 0));
    return o.error;
}

inline unsigned error_with(std::string const& fields, std::string const& body = "") {
    return error_of("POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body);
}

inline unsigned error_of_chunks(std::string const& chunks) {
    return error_with("Transfer-Encoding: chunked\r\n", chunks);
}

}  // namespace anywire::test
