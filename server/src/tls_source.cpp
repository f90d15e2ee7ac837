#include "tls_source.hpp"

#include <stdexcept>
#include <utility>

namespace anywire {

tls_source::tls_source(tls_options options) : options_(std::move(options)) {
    std::string error;
    current_ = std::make_shared<tls_context const>(options_, error);
    if (!error.empty()) throw std::invalid_argument(error);
}

std::shared_ptr<tls_context const> tls_source::current() const {
    std::scoped_lock const lock(mutex_);
    return current_;
}

std::string tls_source::reload() {
    std::string error;
    auto const fresh = std::make_shared<tls_context>(options_, error);
    if (!error.empty()) return error;
    fresh->accept_tickets_of(*current());
    std::scoped_lock const lock(mutex_);
    current_ = fresh;
    return {};
}

}  // namespace anywire
