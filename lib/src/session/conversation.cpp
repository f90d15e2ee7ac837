#include <anywire/conversation.hpp>
#include <anywire/endpoint.hpp>
#include <anywire/layer.hpp>

#include <memory>
#include <string>
#include <utility>

namespace anywire {
namespace detail {

void inbox::receive(receiver to) {
    if (is_closed_) return to(make_error_code(errc::session_closed));
    if (waiting_)
        return to(error_code(boost::system::errc::operation_not_supported,
                             boost::system::generic_category()));
    waiting_ = std::move(to);
    session_.resume();
}

void inbox::on_message(message_view m) {
    auto const to = std::exchange(waiting_, nullptr);
    if (to) to(message{std::string(m.data), m.binary});
    if (!waiting_) session_.pause();
}

void inbox::on_close() {
    is_closed_ = true;
    if (auto const to = std::exchange(waiting_, nullptr)) to(make_error_code(errc::session_closed));
}

namespace {

class conversation_part final : public layer_session {
public:
    conversation_part(session_below below, starter const& start) noexcept
        : session_(*below), start_(start), messages_(session_) {}

    void on_open() override {
        session_.pause();
        start_(session_, messages_);
    }
    void on_message(message_view m) override { messages_.on_message(m); }
    void on_close(close_event const&) override { messages_.on_close(); }

private:
    session& session_;
    starter const& start_;
    inbox messages_;
};

class conversation_layer final : public layer_of<conversation_part> {
public:
    explicit conversation_layer(starter start) noexcept : start_(std::move(start)) {}

private:
    std::unique_ptr<conversation_part> make(session_below below) override {
        return std::make_unique<conversation_part>(below, start_);
    }

    starter start_;
};

}  // namespace

handlers make_conversation(starter start) {
    return layer::as_handlers(std::make_shared<conversation_layer>(std::move(start)));
}

poster poster_of(session& s) {
    return [all = s.endpoint(), id = std::string(s.id())](std::function<void()> fn) {
        all.post(id, [fn = std::move(fn)](session&) { fn(); });
    };
}

}  // namespace detail
}  // namespace anywire
