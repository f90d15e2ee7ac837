#include <anywire/error.hpp>

#include <cstdio>

int main() {
    anywire::error_code const ec = make_error_code(anywire::errc::send_queue_full);
    std::puts(ec.message().c_str());
    return ec.category() == anywire::error_category() ? 0 : 1;
}
