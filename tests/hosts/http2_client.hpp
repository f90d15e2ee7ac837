#pragma once

#include "support/tls_client.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// A client of HTTP/2 that blocks, with a limit: many streams over one TLS connection.
///
/// Errors: as `raw_client`.
class http2_client {
public:
    struct stream {
        int status = 0;
        std::map<std::string, std::string> fields{};
        std::string body{};
        bool is_closed = false;
        std::uint32_t error = 0;  ///< With which it was closed.
    };

    explicit http2_client(std::uint16_t port, std::string const& protocols = "\x02h2") : tls(port) {
        int const on = 1;
        ::setsockopt(tls.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        SSL_set_alpn_protos(tls.native(),
                            reinterpret_cast<unsigned char const*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
        is_open = tls.shake_hands();
        if (!is_open) return;
        nghttp2_session_callbacks* calls = nullptr;
        nghttp2_session_callbacks_new(&calls);
        nghttp2_session_callbacks_set_on_header_callback(
            calls,
            [](nghttp2_session*,
               nghttp2_frame const* f,
               std::uint8_t const* name,
               std::size_t n,
               std::uint8_t const* value,
               std::size_t size,
               std::uint8_t,
               void* data) {
                std::string const key(reinterpret_cast<char const*>(name), n);
                std::string text(reinterpret_cast<char const*>(value), size);
                auto& s = of(data).all_[f->hd.stream_id];
                if (key == ":status") s.status = std::atoi(text.c_str());
                s.fields[key] = std::move(text);
                return 0;
            });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            calls,
            [](nghttp2_session* session,
               std::uint8_t,
               std::int32_t id,
               std::uint8_t const* bytes,
               std::size_t size,
               void* data) {
                of(data).all_[id].body.append(reinterpret_cast<char const*>(bytes), size);
                nghttp2_session_consume_connection(session, size);
                if (of(data).stopped_.contains(id))
                    of(data).unread_[id] += size;
                else
                    nghttp2_session_consume_stream(session, id, size);
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            calls, [](nghttp2_session*, std::int32_t id, std::uint32_t error, void* data) {
                of(data).all_[id].is_closed = true;
                of(data).all_[id].error = error;
                return 0;
            });
        nghttp2_option* options = nullptr;
        nghttp2_option_new(&options);
        nghttp2_option_set_no_auto_window_update(options, 1);
        nghttp2_session_client_new2(&session_, calls, this, options);
        nghttp2_option_del(options);
        nghttp2_session_callbacks_del(calls);
        nghttp2_submit_settings(session_, 0, nullptr, 0);
    }
    ~http2_client() { nghttp2_session_del(session_); }
    http2_client(http2_client const&) = delete;
    http2_client& operator=(http2_client const&) = delete;

    /// Sends a request whole and returns its stream.
    std::int32_t send(std::string method,
                      std::string target,
                      std::string body = {},
                      std::vector<std::pair<std::string, std::string>> more = {}) {
        more.insert(more.begin(),
                    {{":method", std::move(method)},
                     {":scheme", "https"},
                     {":authority", "localhost"},
                     {":path", std::move(target)}});
        std::vector<nghttp2_nv> fields;
        auto const bytes = [](std::string& s) { return reinterpret_cast<std::uint8_t*>(s.data()); };
        for (auto& [name, value] : more)
            fields.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
        nghttp2_data_provider from{};
        from.read_callback = [](nghttp2_session*,
                                std::int32_t id,
                                std::uint8_t* to,
                                std::size_t room,
                                std::uint32_t* flags,
                                nghttp2_data_source*,
                                void* data) {
            auto& left = of(data).bodies_[id];
            auto const n = std::min(room, left.size());
            std::copy_n(left.data(), n, to);
            left.erase(0, n);
            if (left.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
            return static_cast<ssize_t>(n);
        };
        auto const id = nghttp2_submit_request(session_,
                                               nullptr,
                                               fields.data(),
                                               fields.size(),
                                               body.empty() ? nullptr : &from,
                                               nullptr);
        bodies_[id] = std::move(body);
        flush();
        return id;
    }
    stream const& at(std::int32_t id) { return all_[id]; }

    /// Reads until `is_true()`.
    template <class Condition>
    void wait_until(Condition is_true) {
        while (!is_true()) {
            if (!tls.read_more()) throw std::runtime_error("the connection ended");
            feed();
        }
    }
    stream const& read_response(std::int32_t id) {
        wait_until([&] { return all_[id].is_closed; });
        return all_[id];
    }
    stream const& fetch(std::string method, std::string target, std::string body = {}) {
        return read_response(send(std::move(method), std::move(target), std::move(body)));
    }
    /// Reads until the body holds `text`.
    void read_until(std::int32_t id, std::string_view text) {
        wait_until([&] { return all_[id].body.find(text) != std::string::npos; });
    }
    bool is_ended_by_peer() {
        while (tls.read_more()) feed();
        return true;
    }

    void reset(std::int32_t id) {
        nghttp2_submit_rst_stream(session_, 0, id, NGHTTP2_CANCEL);
        flush();
    }
    /// Leaves what comes unread, so that the server may send one window of it.
    void stop_reading(std::int32_t id) { stopped_.insert(id); }
    void read_on(std::int32_t id) {
        stopped_.erase(id);
        nghttp2_session_consume_stream(session_, id, std::exchange(unread_[id], 0));
        flush();
    }

    tls_client tls;
    bool is_open = false;

private:
    static http2_client& of(void* data) { return *static_cast<http2_client*>(data); }
    void feed() {
        auto const bytes = tls.read_exactly(tls.received().size());
        auto const n = nghttp2_session_mem_recv(
            session_, reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
        if (n < 0) throw std::runtime_error(nghttp2_strerror(static_cast<int>(n)));
        flush();
    }
    void flush() {
        std::string out;
        for (;;) {
            std::uint8_t const* bytes = nullptr;
            auto const n = nghttp2_session_mem_send(session_, &bytes);
            if (n <= 0) break;
            out.append(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(n));
        }
        if (!out.empty()) (void)tls.try_send(out);
    }

    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, stream> all_{};
    std::map<std::int32_t, std::string> bodies_{};
    std::map<std::int32_t, std::size_t> unread_{};
    std::set<std::int32_t> stopped_{};
};

}  // namespace anywire::test
