#include <anywire/listener.hpp>

#include "listen_fds.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>

namespace anywire {
namespace {

constexpr int first_descriptor = 3;      // SD_LISTEN_FDS_START
constexpr long most_descriptors = 4096;  // far beyond what a unit has

long number(char const* variable, std::string_view text) {
    long value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || value < 0)
        throw std::invalid_argument(std::string("systemd_listeners: ") + variable + "='" +
                                    std::string(text) + "' is no number");
    return value;
}

std::optional<std::string_view> variable(char const* name) {
    auto const* const value = std::getenv(name);
    return value ? std::optional<std::string_view>(value) : std::nullopt;
}

}  // namespace

std::vector<int> listen_descriptors(listen_variables const& v, long pid, std::string_view name) {
    std::vector<int> out;
    if (!v.pid || !v.count || number("LISTEN_PID", *v.pid) != pid) return out;
    auto const count = number("LISTEN_FDS", *v.count);
    if (count > most_descriptors)
        throw std::invalid_argument("systemd_listeners: LISTEN_FDS='" + std::string(*v.count) +
                                    "' is too many");
    auto names = v.names.value_or("");
    for (long i = 0; i < count; ++i) {
        auto const colon = std::min(names.find(':'), names.size());
        auto const own = names.substr(0, colon);
        names.remove_prefix(std::min(names.size(), colon + 1));
        if (name.empty() || own == name) out.push_back(first_descriptor + static_cast<int>(i));
    }
    return out;
}

std::vector<listener_options> systemd_listeners(std::string_view name) {
    std::vector<listener_options> out;
    for (auto const descriptor : listen_descriptors({.pid = variable("LISTEN_PID"),
                                 .count = variable("LISTEN_FDS"),
                                 .names = variable("LISTEN_FDNAMES")},
                                                    ::getpid(),
                                                    name)) {
        if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
            throw std::invalid_argument("systemd_listeners: descriptor " +
                                        std::to_string(descriptor) + " is not open");
        listener_options l;
        l.descriptor = descriptor;
        out.push_back(std::move(l));
    }
    return out;
}

}  // namespace anywire
