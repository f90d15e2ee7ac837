#include "asker.hpp"

namespace anywire::redis {

void asker::start(std::vector<dial_target> whom, link_terms terms, std::string question) {
    if (is_busy()) return;
    whom_ = std::move(whom);
    terms_ = std::move(terms);
    question_ = std::move(question);
    next_ = 0;
    ask_next();
}

void asker::ask_next() {
    terms_.to = whom_[next_++];
    server_link::events& self = *this;
    link_ = std::make_unique<server_link>(host_, how_, terms_, self);
    link_->start();
}

void asker::on_link_reply(reply&& r) {
    auto const done = std::move(link_);  // it has called, and goes when this returns
    auto why = to_.on_asked(std::move(r), terms_.to);
    if (!why.error) return;
    why.text = terms_.to.text() + " " + why.text;
    go_on(why);
}

void asker::on_link_down(failure const& why) {
    auto const done = std::move(link_);
    go_on(why);
}

void asker::go_on(failure const& why) {
    if (next_ < whom_.size()) return ask_next();
    to_.on_nobody(why);
}

}  // namespace anywire::redis
