#pragma once

// All of the typed JSON that Socket.IO events carry: that of every dialect, under the names that
// events use, and arguments.
#include <anywire/json.hpp>
#include <anywire/socketio/arguments.hpp>
#include <anywire/socketio/typed_arguments.hpp>

namespace anywire::socketio {

using anywire::field;
using anywire::json_array;
using anywire::json_elements;
using anywire::json_kind;
using anywire::json_member;
using anywire::json_members;
using anywire::json_object;
using anywire::json_value;
using anywire::json_view;
using anywire::json_writer;
using anywire::object;
using anywire::read_value;
using anywire::readable;
using anywire::to_json;
using anywire::writable;
using anywire::write_value;

}  // namespace anywire::socketio
