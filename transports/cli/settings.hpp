// What the command line of anywire-cli says.
#pragma once

#include <anywire/client_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anywire::cli {

/// What the program ends with.
enum class exit_code : int {
    done = 0,
    usage = 1,     ///< The command line or the URL is not valid.
    no_way = 2,    ///< No transport led to a session.
    ended = 3,     ///< The session ended before all was done.
    too_late = 4,  ///< `--timeout` was over.
};

enum class command : std::uint8_t { talk, probe, bench };

/// What is spoken: Socket.IO is a layer, so it is no dialect of `client_options`.
enum class language : std::uint8_t { guess, websocket, sockjs, engineio, socketio };

struct settings {
    command what = command::talk;
    language speaks = language::guess;
    client_options options{};

    // -- talk
    std::vector<std::string> send{};       ///< Messages to be sent first.
    std::vector<std::string> send_file{};  ///< Files, each of which is one message.
    bool binary = false;                   ///< What is sent is.
    std::size_t expect = 0;                ///< Messages to wait for; 0 is none.
    double wait = 0;                       ///< Seconds to stay after the last line of the input.
    double timeout = 0;                    ///< Seconds for everything; 0 is none.
    bool trace = false;
    bool quiet = false;  ///< Only messages.

    // -- Socket.IO
    std::string nsp{"/"};
    std::string auth{};  ///< JSON.

    // -- probe
    double watch = 3;  ///< Seconds that each transport is watched for.

    // -- bench
    std::size_t clients = 1;
    std::size_t messages = 1'000;  ///< Of each client; 0 measures idle ones.
    std::size_t size = 64;         ///< Bytes of each.
};

/// Reads the command line. Where there is nothing to do (`--help`) or it is not valid, prints what
/// there is to say, and `code` is what to end with.
bool read_command_line(int count, char const* const* words, settings& to, exit_code& code);

/// What a URL is likely to speak: `guess` never comes back.
language guess_language(std::string const& url);

/// "websocket", "sockjs", "engineio" or "socketio".
char const* name_of(language l) noexcept;

}  // namespace anywire::cli
