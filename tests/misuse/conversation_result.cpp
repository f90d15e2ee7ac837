// write [](anywire::session& session) -> anywire::task<> { ... }
#include <anywire/coro.hpp>
anywire::handlers program() {
    return anywire::conversation([](anywire::session& s) { s.close(); });
}
