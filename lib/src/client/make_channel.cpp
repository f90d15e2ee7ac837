#include "client/engineio_channel.hpp"
#include "client/reconnector.hpp"
#include "client/sockjs_channel.hpp"
#include "client/websocket_channel.hpp"

#include <utility>

namespace anywire {

std::unique_ptr<client_channel> make_channel(client_network& net,
                                             std::shared_ptr<client_settings const> settings,
                                             client_channel_events& to) {
    switch (settings->options.dialect) {
        case client_dialect::sockjs:
            return std::make_unique<sockjs_channel>(net, std::move(settings), to);
        case client_dialect::engineio:
            return std::make_unique<engineio_channel>(net, std::move(settings), to);
        case client_dialect::websocket: break;
    }
    return std::make_unique<websocket_channel>(net, std::move(settings), to);
}

}  // namespace anywire
