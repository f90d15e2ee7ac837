#include "check_files.hpp"

#include "command_line.hpp"
#include "problem_list.hpp"

#include <string_view>

namespace anywire::gateway {
namespace {

class file_checks {
public:
    explicit file_checks(settings_source const& from) : from_(from) {}

    void check(std::string const& key, std::string const& path, file_kind kind) {
        std::string error;
        if (path.empty() || from_.look(path, kind, error)) return;
        to_.add(key,
                std::move(error),
                kind == file_kind::folder    ? "name a folder that the gateway's user may read"
                : kind == file_kind::program ? "name a program that the gateway's user may run"
                                             : "name a file that the gateway's user may read");
    }
    void check(std::string const& listener, tls_options const& t) {
        auto const key = listener + ".tls";
        check(key + ".certificate", t.certificate, file_kind::file);
        check(key + ".key", t.key, file_kind::file);
        check(key + ".client_ca", t.client_ca, file_kind::file);
        for (std::size_t i = 0; i < t.more.size(); ++i) {
            auto const more = item_key(key + ".more", i);
            check(more + ".certificate", t.more[i].certificate, file_kind::file);
            check(more + ".key", t.more[i].key, file_kind::file);
        }
    }
    /// "stdio:/usr/bin/jq ...": only where it is a path, for others the environment's PATH decides.
    void check_program(std::string const& key, std::string_view url) {
        constexpr std::string_view scheme = "stdio:";
        if (!url.starts_with(scheme)) return;
        url.remove_prefix(scheme.size());
        std::string error;
        auto const words = split_command(url, error);
        if (words && words->front().starts_with('/'))
            check(key, words->front(), file_kind::program);
    }
    std::vector<settings_problem> take() noexcept { return to_.take(); }

private:
    settings_source const& from_;
    problem_list to_{};
};

}  // namespace

std::vector<settings_problem> check_files(gateway_settings const& s, settings_source const& from) {
    if (!from.look) return {};
    file_checks to(from);
    for (std::size_t i = 0; i < s.listeners.size(); ++i)
        to.check(item_key("listen", i), s.listeners[i].tls);
    for (std::size_t i = 0; i < s.systemd.size(); ++i)
        to.check(item_key("systemd", i), s.systemd[i].tls);
    to.check("site.files", s.site.files, file_kind::folder);
    for (std::size_t i = 0; i < s.routes.size(); ++i) {
        auto const key = item_key("route", i);
        auto const& r = s.routes[i];
        to.check(key + ".backend_ca", r.backend_ca, file_kind::file);
        for (std::size_t b = 0; b < r.backends.size(); ++b)
            to.check_program(item_key(key + ".backend", b) + ".url", r.backends[b].url);
        to.check(key + ".program.folder", r.program.folder, file_kind::folder);
    }
    return to.take();
}

}  // namespace anywire::gateway
