#pragma once

// All of the typed JSON that Socket.IO events carry.
#include <anywire/socketio/arguments.hpp>
#include <anywire/socketio/convert.hpp>
#include <anywire/socketio/convert_containers.hpp>
#include <anywire/socketio/json_value.hpp>
#include <anywire/socketio/json_view.hpp>
#include <anywire/socketio/json_writer.hpp>
#include <anywire/socketio/object.hpp>
#include <anywire/socketio/typed_arguments.hpp>
