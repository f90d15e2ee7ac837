#pragma once

#include "ascii.hpp"
#include "beast_head.hpp"
#include "core/fault.hpp"
#include "http_request.hpp"
#include "request_guard.hpp"

#include <cstddef>
#include <string_view>

namespace anywire::http {

/// Reads the head of a request.
template <class Fields>
class head_parser final : public beast_head<true> {
public:
    head_parser(request_view& view, Fields& fields, std::size_t max_fields) noexcept
        : view_(view), fields_(fields), max_fields_(max_fields) {}

    /// Reads the head into `view` and `fields`.
    refusal parse(std::string_view head, body_framing& body) {
        boost::beast::error_code ec;
        put({head.data(), head.size()}, ec);
        if (refused_) return refused_;
        if (ec && view_.method.empty()) return bad_request_line(head.substr(0, head.find('\r')));
        if (ec || !is_header_done())
            return {status_of(fault::malformed_request), "The header fields are malformed."};
        view_.fields = {fields_.data(), fields_.size()};
        view_.keep_alive = !close_ && (view_.version >= 11 || keep_alive_);
        view_.upgrade = upgrade_ && has_upgrade_field_ && view_.version >= 11;
        return check_framing(framing_, view_, body);
    }

private:
    void on_request_impl(boost::beast::http::verb,
                         boost::beast::string_view method,
                         boost::beast::string_view target,
                         int version,
                         boost::beast::error_code& ec) override {
        view_.method = to_std(method);
        view_.target = to_std(target);
        view_.version = static_cast<unsigned>(version);
        refused_ = split_target(view_);
        if (refused_) ec = boost::beast::http::error::bad_target;
    }

    void on_field_impl(boost::beast::http::field id,
                       boost::beast::string_view name,
                       boost::beast::string_view value,
                       boost::beast::error_code& ec) override {
        if (fields_.size() == max_fields_) {
            refused_ = {status_of(fault::head_too_long),
                        "There are too many header fields: server_limits::header_fields says how "
                        "many are read."};
            ec = boost::beast::http::error::header_limit;
            return;
        }
        fields_.push_back({to_std(name), to_std(value)});
        note(id, to_std(value));
    }

    void note(boost::beast::http::field id, std::string_view value) {
        switch (id) {
            case boost::beast::http::field::transfer_encoding:
                framing_.transfer_encoding = value;
                ++framing_.transfer_encodings;
                break;
            case boost::beast::http::field::content_length:
                framing_.content_length = value;
                ++framing_.content_lengths;
                break;
            case boost::beast::http::field::host:
                framing_.host = value;
                ++framing_.hosts;
                break;
            case boost::beast::http::field::expect: framing_.expect = value; break;
            case boost::beast::http::field::upgrade: has_upgrade_field_ = true; break;
            case boost::beast::http::field::connection: note_connection(value); break;
            default: break;
        }
    }

    void note_connection(std::string_view list) noexcept {
        while (!list.empty()) {
            auto const option = take_element(list);
            close_ |= iequals(option, "close");
            keep_alive_ |= iequals(option, "keep-alive");
            upgrade_ |= iequals(option, "upgrade");
        }
    }

    request_view& view_;
    Fields& fields_;
    std::size_t max_fields_;
    framing_fields framing_{};
    refusal refused_{};
    bool close_ = false;
    bool keep_alive_ = false;
    bool upgrade_ = false;
    bool has_upgrade_field_ = false;
};

}  // namespace anywire::http
