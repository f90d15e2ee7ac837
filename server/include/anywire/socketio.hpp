#pragma once

// A Socket.IO server, and the server that it is mounted on.
#include <anywire/json.hpp>
#include <anywire/server.hpp>
#include <anywire/socketio/server.hpp>
