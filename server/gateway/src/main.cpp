// anywire-gateway: transport fallback in front of any server. docs/gateway.md says all of it.
#include "admin.hpp"
#include "flags.hpp"
#include "gate.hpp"
#include "process_log.hpp"
#include "service_manager.hpp"
#include "signal_thread.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

using namespace anywire::gateway;

namespace {

constexpr int failed = 1;

void print(std::FILE* to, std::string const& text) {
    (void)std::fputs(text.c_str(), to);
    (void)std::fflush(to);
}

/// What the gateway does at each signal.
class signal_orders {
public:
    signal_orders(gate& g, anywire::log_sink log, int count, char const* const* words)
        : gate_(g), log_(std::move(log)), count_(count), words_(words) {}

    void operator()(int signal) {
        if (signal == SIGTERM || signal == SIGINT) return end();
        if (signal == SIGUSR1) return reopen();
        if (signal == SIGHUP) return reload();
    }

private:
    void end() {
        if (is_ending_) {
            say("told to end twice: ending at once");
            return gate_.stop();
        }
        is_ending_ = true;
        notify_service_manager("STOPPING=1");
        say("draining: new sessions are refused, clients are told goodbye");
        gate_.drain();
    }
    void reload() {
        notify_service_manager("RELOADING=1");
        try {
            auto const told = read_command_line(count_, words_);
            if (told.what == command::kind::run)
                gate_.reload(told.settings);
            else
                say("not reloaded, as the settings are not valid: " + told.text);
        } catch (std::exception const& e) {
            log_.write(anywire::log_level::error, std::string("not reloaded: ") + e.what());
        }
        notify_service_manager("READY=1");
    }
    void reopen() {
        auto const wrong = gate_.reopen_log();
        say(wrong ? "the access log was not reopened: " + wrong.message()
                  : std::string("the access log was reopened"));
    }
    void say(std::string const& text) const { log_.write(anywire::log_level::info, text); }

    gate& gate_;
    anywire::log_sink log_;
    int count_;
    char const* const* words_;
    bool is_ending_ = false;
};

int run(gateway_settings const& settings, int count, char const* const* words) {
    block_signals();
    auto const log = make_process_log(settings.log);
    gate g(settings, log);
    std::optional<admin> operators;
    for (std::size_t i = 0; i < g.listener_count(); ++i)
        log.write(anywire::log_level::info, "listening on " + g.url(i));
    if (settings.admin.is_wanted()) {
        operators.emplace(
            settings.admin, log, [&g] { return g.numbers(); }, g.publishers());
        log.write(anywire::log_level::info, "status and metrics on " + operators->url());
    }
    signal_thread const signals(signal_orders(g, log, count, words));
    notify_service_manager("READY=1");
    g.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        auto const told = read_command_line(argc, argv);
        switch (told.what) {
            case command::kind::run: return run(told.settings, argc, argv);
            case command::kind::mistake: print(stderr, told.text); break;
            case command::kind::check:
            case command::kind::help: print(stdout, told.text); break;
        }
        return told.exit_code;
    } catch (std::exception const& e) {
        print(stderr, std::string("anywire-gateway: ") + e.what() + "\n");
    }
    return failed;
}
