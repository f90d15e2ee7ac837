// The same for the pages about programs on Asio and Beast.
#pragma once

#include <anywire/asio.hpp>
#include <anywire/fault_proxy.hpp>
#include <anywire/test.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
