// anywire-cli: talks to any server of ours or of others, says what gets through, measures.
#include "talk.hpp"

#include <cstdio>
#include <exception>

int main(int count, char** words) {
    using namespace anywire::cli;
    settings s;
    auto code = exit_code::done;
    if (!read_command_line(count, words, s, code)) return static_cast<int>(code);
    try {
        switch (s.what) {
            case command::probe: code = probe(s); break;
            case command::bench: code = bench(s); break;
            case command::talk:
                code = s.speaks == language::socketio ? talk_socketio(s) : talk(s);
                break;
        }
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-cli: %s\n", e.what());
        code = exit_code::usage;
    }
    return static_cast<int>(code);
}
