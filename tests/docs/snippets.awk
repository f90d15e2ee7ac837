# Turns the C++ of a Markdown file into something to compile: awk -f snippets.awk guide.md
#
#   ```cpp            the body of a function
#   ```cpp toplevel   definitions
#   ```cpp program    a program, its main renamed
#   | ... | In C++ |  each code span of such a column is a statement
#
# In client.md `io` and `socket` are the client's.
#
# Functions see the parameters below; what the compiler says names lines of the Markdown file.

function open_function(name) {
    if (FILENAME ~ /client\.md$/) {
        print "[[maybe_unused]] static void " name "(" \
              "[[maybe_unused]] anywire::client_context& context, " \
              "[[maybe_unused]] sio::client& io, [[maybe_unused]] sio::client_socket& socket) {"
        return
    }
    print "[[maybe_unused]] static void " name "(" \
          "[[maybe_unused]] anywire::server& server, [[maybe_unused]] sio::server& io, " \
          "[[maybe_unused]] sio::socket& socket, [[maybe_unused]] sio::options& options, " \
          "[[maybe_unused]] std::string const& id, " \
          "[[maybe_unused]] sio::remote_socket const& remote) {"
}
function here(n) { printf "#line %d \"%s\"\n", n, FILENAME }

BEGIN { print "#include \"prelude.hpp\"" }
FNR == 1 && FILENAME ~ /redis\.md$/ {
    print "#include <anywire/client_context.hpp>\n#include <anywire/redis/connection.hpp>"
}
FNR == 1 && FILENAME ~ /scaling-out\.md$/ {
    print "#include <anywire/redis/emitter.hpp>\n#include <anywire/redis/endpoint_bus.hpp>"
    print "#include <anywire/cluster.hpp>\n#include <anywire/folder_registry.hpp>"
}
FNR == 1 && FILENAME ~ /client\.md$/ { print "#include <anywire/socketio_client.hpp>" }
FNR == 1 && FILENAME ~ /(client|coroutines)\.md$/ { print "#include <anywire/coro.hpp>" }
FNR == 1 && FILENAME ~ /sticky/ { print "#include <anywire/cluster.hpp>" }
FNR == 1 && FILENAME ~ /(client|dialects|embedding|hosting|testing)/ { print "#include \"asio_prelude.hpp\"" }

/^```/ && fence { if (fence == "body") print "}"; fence = ""; next }
/^```cpp/ {
    fence = /toplevel/ ? "toplevel" : /program/ ? "program" : "body"
    if (fence == "body") open_function("block_" NR)
    here(NR + 1)
    next
}
/^```/ { fence = "other"; next }
fence == "other" { next }
fence == "program" { sub(/^int main\(\)/, "[[maybe_unused]] static void main_" NR "()") }
fence { print; next }

!/^\|/ { in_table = column = 0; next }
!in_table {
    in_table = 1
    n = split($0, cell, "|")
    for (i = 2; i < n; ++i) if (cell[i] ~ /In C\+\+/) column = i
    next
}
column {
    split($0, cell, "|")
    spans = split(cell[column], span, "`")
    if (spans < 2) next
    open_function("row_" NR)
    here(NR)
    for (i = 2; i <= spans; i += 2) printf "%s; ", span[i]
    print "}"
}
