#include "workload.hpp"
#include <cstdio>
int main(int argc, char** argv) {
    using namespace bench;
    raise_descriptor_limit();
    cores::pin_generator();
    std::vector<std::string> cmd(argv + 1, argv + argc);
    static event_loop loop;
    for (auto const& w : {workload{}, workload{.burst=16}, workload{.what=work::broadcast,.clients=500}, workload{.what=work::churn}, workload{.what=work::idle,.clients=5000}})
    for (auto const& t : all_transports) {
        if (w.what == work::churn && t.over != wire::websocket) continue;
        process p(cmd);
        auto const o = run_workload(loop, p, nullptr, w, {t.id}, {});
        std::printf("%d %-20s cpu %.2f us  p50 %.1f p99 %.1f  %.0f/s  bytes %.0f  %s\n", (int)w.what, t.name.data(), o.cpu_us, o.p50_us, o.p99_us, o.per_second, o.bytes_per_client, o.problem.c_str());
        std::fflush(stdout);
    }
}
