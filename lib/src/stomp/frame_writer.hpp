#pragma once

#include "frame.hpp"

#include <string>
#include <string_view>

namespace anywire::stomp {

/// Appends a frame. Nothing in a name or a value makes another header or another frame: both are
/// escaped where the version has escapes. What it cannot express becomes a blank: a NUL in every
/// version, line ends in 1.0 and in the frames of the handshake, a carriage return in 1.1.
///
/// Spec: STOMP 1.2, 1.1 and 1.0, "Value Encoding".
class frame_writer {
public:
    /// The command's line.
    frame_writer(std::string& out, command c, version v);

    /// Requires: a name that is not empty.
    frame_writer& add(std::string_view name, std::string_view value);
    /// Its end: `content-length` where there is a body, the body, and the NUL.
    void finish(std::string_view body = {});

private:
    std::string& out_;
    version version_;
    bool escapes_;
};

/// The same for one header, e.g. of a part that many frames share.
void append_header(std::string& out, std::string_view name, std::string_view value, version v);

}  // namespace anywire::stomp
