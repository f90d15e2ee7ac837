// anywire-gateway: transport fallback in front of any server. docs/gateway.md says all of it.
#include "flags.hpp"
#include "gate.hpp"

int main(int argc, char** argv) {
    (void)argc, (void)argv;
    return 0;
}
