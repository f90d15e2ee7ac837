#include "tls_source.hpp"

#include "service_bounds.hpp"

#include <stdexcept>
#include <utility>

namespace anywire {

void require_sound(tls_options const& tls) {
    require_service_option(!tls.key.empty() || tls.certificate.empty(),
                           "tls.certificate is given without its private key, tls.key");
    require_service_option(
        !tls.certificate.empty() || tls.key.empty(),
        "tls.key is given without the certificate it belongs to, tls.certificate");
    for (auto const& one : tls.more)
        require_service_option(!one.certificate.empty() && !one.key.empty(),
                               "each of tls.more needs a certificate and its key");
    require_service_option(!tls.certificate.empty() || tls.more.empty(),
                           "tls.more is given without tls.certificate, which clients get that name "
                           "no host");
    require_service_option((tls.clients == client_auth::off) == tls.client_ca.empty(),
                           "tls.client_ca belongs to tls.clients: give both or none");
    require_service_option(!tls.certificate.empty() || tls.clients == client_auth::off,
                           "tls.clients is given without tls.certificate: there is no TLS");
}

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
