#include "server_link.hpp"

#include <boost/asio/ip/address.hpp>

#include <utility>

namespace anywire::redis {
namespace {

bool is_literal_address(std::string const& host) {
    boost::system::error_code ec;
    (void)net::ip::make_address(host, ec);
    return !ec;
}

link_route route_to(link_terms const& terms, settings const& how) {
    link_route way;
    way.server = terms.to;
    way.host = terms.to.host;
    way.is_literal = is_literal_address(terms.to.host);
    way.port = terms.to.port;
    if (terms.secure) way.tls = how.tls;
    return way;
}

bool is_refusal(std::string_view text) noexcept {
    return has_code(text, "NOAUTH") || has_code(text, "WRONGPASS");
}

}  // namespace

server_link::server_link(io_host& host,
                         std::shared_ptr<settings const> how,
                         link_terms terms,
                         events& to)
    : host_(host),
      how_(std::move(how)),
      terms_(std::move(terms)),
      to_(to),
      time_(host.loop(), [this] { on_time(); }) {}

server_link::~server_link() {
    if (socket_) socket_->abandon();
}

void server_link::start() {
    time_.set(how_->given.connect_timeout);
    dial_options const dialing{.keep_alive = std::chrono::seconds{60},
                               .next_address = std::chrono::milliseconds{250}};
    link_opener::events& self = *this;
    opener_ = std::make_unique<link_opener>(host_, dialing, route_to(terms_, *how_), self);
    opener_->start();
}

void server_link::on_link(byte_stream stream) {
    auto const done = std::move(opener_);  // it has called, and goes when this returns
    socket_ =
        new server_socket(host_, std::move(stream), how_->given.limits, 2 * terms_.silence, *this);
    socket_->begin();
    greet();
}

void server_link::on_no_link(client_failure const& why) {
    auto const done = std::move(opener_);
    to_.on_link_down({why.error, why.text});
}

/// All that has to be said first, in one write.
void server_link::greet() {
    std::string out;
    auto const add = [this](step s) { steps_.push_back(s); };
    if (!terms_.as.password.empty()) {
        add(step::sign_in);
        if (terms_.as.user.empty())
            append_words(out, "AUTH", terms_.as.password);
        else
            append_words(out, "AUTH", terms_.as.user, terms_.as.password);
    }
    if (!how_->given.client_name.empty()) {
        add(step::name);
        append_words(out, "CLIENT", "SETNAME", how_->given.client_name);
    }
    if (terms_.database != 0) {
        add(step::database);
        append_words(out, "SELECT", std::to_string(terms_.database));
    }
    if (terms_.must_be_master) {
        add(step::role);
        append_words(out, "ROLE");
    }
    add(step::ping);
    append_words(out, "PING");
    socket_->write(out);
}

void server_link::on_answer(reply&& r) {
    has_asked_ = false;
    if (is_up_) return to_.on_link_reply(std::move(r));
    on_greeted(r);
}

void server_link::on_greeted(reply const& r) {
    auto const what = steps_[done_++];
    auto const refused = [&](errc why) { fail({why, "has refused: " + r.text}); };
    if (r.is_error()) {
        if (what == step::sign_in || is_refusal(r.text)) return refused(errc::not_authenticated);
        if (what == step::database) return refused(errc::error_reply);
        // A user who may not ask is served, too.
        if (what == step::ping && !has_code(r.text, "NOPERM")) return refused(errc::error_reply);
    }
    if (what == step::role && r.is_array() && !r.elements.empty() && r.elements[0].text != "master")
        return fail({errc::not_a_master, "is not a master, but a " + r.elements[0].text});
    if (done_ < steps_.size()) return;
    is_up_ = true;
    time_.set(terms_.silence);
    to_.on_link_up();
}

void server_link::on_time() {
    if (!is_up_) {
        auto const text = opener_ ? opener_->doing() : terms_.to.text() + " did not answer";
        auto const done = std::move(opener_);
        if (socket_) std::exchange(socket_, nullptr)->abandon();
        return to_.on_link_down({errc::timed_out, text + " in time"});
    }
    auto const quiet = host_.loop().now() - socket_->heard();
    auto const longest = to_ticks(terms_.silence);
    if (quiet < longest) {
        // To the tick: the deadline sets itself again by milliseconds.
        time_.set(tick_length * static_cast<int>(longest - quiet));
        return;
    }
    if (has_asked_) return fail({errc::timed_out, "is silent, and does not answer"});
    has_asked_ = true;
    time_.set(terms_.silence);
    to_.on_link_silent();
}

void server_link::on_socket_end(failure const& why) {
    socket_ = nullptr;
    to_.on_link_down({why.error, terms_.to.text() + " " + why.text});
}

void server_link::fail(failure why) {
    time_.clear();
    if (socket_) std::exchange(socket_, nullptr)->abandon();
    why.text = terms_.to.text() + " " + why.text;
    to_.on_link_down(why);
}

}  // namespace anywire::redis
