#include "name_lookup.hpp"

#include <boost/asio/ip/address.hpp>

#include <utility>

namespace anywire {

void name_lookup::start(io_host& host, std::string const& name, std::uint16_t port, answer then) {
    error_code none;
    auto const literal = net::ip::make_address(name, none);
    if (!none) return then({}, {{literal, port}});
    then_ = std::make_shared<answer>(std::move(then));
    auto resolver = std::make_shared<net::ip::tcp::resolver>(host.executor());
    resolver->async_resolve(name,
                            std::to_string(port),
                            net::ip::resolver_base::numeric_service,
                            [resolver, kept = then_, &host](error_code ec, auto const& found) {
                                // The host may have gone with him who asked.
                                auto const call = std::exchange(*kept, nullptr);
                                if (!call) return;
                                std::vector<net::ip::tcp::endpoint> all;
                                for (auto const& one : found) all.push_back(one.endpoint());
                                if (!ec && all.empty()) ec = net::error::host_not_found;
                                host.begin_event("a name's addresses");
                                (void)host.guard("a name's addresses", [&] { call(ec, all); });
                                host.end_event();
                            });
}

}  // namespace anywire
