#pragma once

#include "settings.hpp"

namespace anywire::cli {

/// Sends what the command line and the input say, prints what comes.
exit_code talk(settings const& s);

/// The same in Socket.IO: lines are events.
exit_code talk_socketio(settings const& s);

/// Tries every transport of the dialect, one after the other, and prints a table.
exit_code probe(settings const& s);

/// Round trips, one at a time, and what they took.
exit_code bench(settings const& s);

}  // namespace anywire::cli
