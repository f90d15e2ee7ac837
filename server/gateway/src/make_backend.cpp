#include "make_backend.hpp"

#include "hooks_backend.hpp"
#include "program_backend.hpp"
#include "stream_backend.hpp"
#include "websocket_backend.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::gateway {

std::shared_ptr<backend> make_backend(route_settings const& settings,
                                      std::shared_ptr<upstreams> servers) {
    switch (settings.kind) {
        case backend_kind::websocket:
        case backend_kind::engineio: return make_websocket_backend(settings, std::move(servers));
        case backend_kind::program: return make_program_backend(settings, std::move(servers));
        case backend_kind::hooks: return make_hooks_backend(settings, std::move(servers));
        case backend_kind::stream: return make_stream_backend(settings, std::move(servers));
    }
    throw std::invalid_argument("no kind of backend has this number");
}

}  // namespace anywire::gateway
