#pragma once

/// Handlers that are coroutines, and what they await. `docs/coroutines.md` explains it.

#include <anywire/conversation.hpp>
#include <anywire/operation.hpp>
#include <anywire/socketio/async.hpp>
#include <anywire/task.hpp>
