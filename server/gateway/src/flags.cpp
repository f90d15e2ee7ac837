#include "flags.hpp"

#include "check_files.hpp"
#include "flag_words.hpp"
#include "quantity.hpp"
#include "settings_visitor.hpp"
#include "toml_settings.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace anywire::gateway {
namespace {

constexpr int bad_settings = 2;

/// Puts what flags say over what a file says, or the defaults.
class flag_settings {
public:
    flag_settings(flag_words const& words, gateway_settings& s, settings_origins& origins)
        : words_(words), s_(s), origins_(origins) {}

    /// What is wrong with the flags themselves.
    std::vector<settings_problem> apply() {
        apply_listeners();
        apply_server();
        apply_operation();
        if (words_.config.empty()) {
            apply_routes();
        } else {
            refuse_routes();
            if (words_.print_config)
                add_problem("--print-config",
                            "there is a file already",
                            "leave --config out, to have flags as a file");
        }
        return std::move(problems_);
    }

private:
    void add_problem(std::string flag, std::string text, std::string remedy) {
        origins_.set(flag, flag);
        problems_.push_back(
            {.key = std::move(flag), .text = std::move(text), .remedy = std::move(remedy)});
    }
    std::optional<listen_place> read_place(std::string const& flag, std::string const& text) {
        auto place = parse_listen_place(text);
        if (!place)
            add_problem(flag + " " + text,
                        "it is no address with a port",
                        "write 127.0.0.1:8080, 0.0.0.0:8080 for all addresses of this machine, "
                        "[::1]:8080 or unix:/run/gateway.sock");
        return place;
    }

    void apply_listeners() {
        auto const is_tls = !words_.certificate.empty() || !words_.key.empty();
        auto const is_said = !words_.listen.empty() || !words_.systemd.empty();
        if (is_tls && !is_said && !words_.config.empty())
            return add_problem("--tls-certificate",
                               "the listeners are in the file, and so are their certificates",
                               "write [listen.tls] in the file, or add --listen");
        if (!is_tls && !is_said) return;
        s_.listeners.clear();
        s_.systemd.clear();
        origins_.forget("listen");
        origins_.forget("systemd");
        tls_options tls;
        tls.certificate = words_.certificate;
        tls.key = words_.key;
        for (auto const& text : words_.listen) {
            auto const place = read_place("--listen", text);
            if (!place) continue;
            add_origin("listen", s_.listeners.size(), "--listen " + text);
            auto& l = s_.listeners.emplace_back();
            if (place->path.empty()) l.address = place->address;
            l.port = place->path.empty() ? place->port : l.port;
            l.path = place->path;
            l.tls = tls;
        }
        for (auto const& name : words_.systemd) {
            add_origin("systemd", s_.systemd.size(), "--systemd " + name);
            s_.systemd.push_back({.name = name, .tls = tls});
        }
        if (is_said) return;
        add_origin("listen", 0, "--tls-certificate");
        s_.listeners.emplace_back().tls = tls;
    }
    void add_origin(std::string const& list, std::size_t index, std::string place) {
        auto const key = list + "[" + std::to_string(index) + "]";
        origins_.cover(key, place);
    }

    void apply_server() {
        apply_list(
            "trusted_proxies", "--trusted-proxy", words_.trusted_proxies, s_.trusted_proxies);
        apply_list("hosts", "--host", words_.hosts, s_.hosts);
        if (words_.threads) {
            s_.threads = *words_.threads;
            origins_.cover("threads", "--threads " + std::to_string(s_.threads));
        }
        if (words_.drain.empty()) return;
        origins_.cover("drain", "--drain " + words_.drain);
        if (auto const d = parse_duration(words_.drain))
            s_.drain = *d;
        else
            add_problem("--drain " + words_.drain, "it is no time", "write it as 10s or 2m");
    }
    void apply_list(std::string const& key,
                    std::string const& flag,
                    std::vector<std::string> const& from,
                    std::vector<std::string>& to) {
        if (from.empty()) return;
        to = from;
        for (std::size_t i = 0; i < to.size(); ++i) add_origin(key, i, flag + " " + to[i]);
    }

    void apply_operation() {
        if (!words_.admin.empty()) {
            origins_.cover("admin", "--admin " + words_.admin);
            if (auto const place = read_place("--admin", words_.admin)) {
                s_.admin = {.port = place->port, .path = place->path};
                if (place->path.empty()) s_.admin.address = place->address;
            }
        }
        apply_text("site.files", "--files", words_.files, s_.site.files);
        apply_text("site.pass_to", "--pass-to", words_.pass_to, s_.site.pass_to);
        if (words_.format) s_.log.format = *words_.format;
        if (words_.level) s_.log.level = *words_.level;
        if (words_.access_log.empty()) return;
        origins_.cover("log.access_file", "--access-log " + words_.access_log);
        s_.log.access_file = access_file_from(words_.access_log);
    }
    void apply_text(std::string const& key,
                    std::string const& flag,
                    std::string const& from,
                    std::string& to) {
        if (from.empty()) return;
        to = from;
        origins_.cover(key, flag + " " + from);
    }

    void refuse_routes() {
        for (auto const& [flag, said] : {std::pair{"--sockjs", &words_.sockjs},
                                         std::pair{"--engineio", &words_.engineio},
                                         std::pair{"--websocket", &words_.websocket},
                                         std::pair{"--all", &words_.all},
                                         std::pair{"--origin", &words_.origins},
                                         std::pair{"--backend", &words_.backends}})
            if (!said->empty())
                add_problem(flag,
                            "routes are in the file that --config names",
                            "write [[route]] there, or leave --config out");
    }
    void apply_routes() {
        add_fronts("--sockjs", words_.sockjs, true, false, false);
        add_fronts("--engineio", words_.engineio, false, true, false);
        add_fronts("--websocket", words_.websocket, false, false, true);
        add_fronts("--all", words_.all, true, true, true);
        if (s_.routes.empty() && !words_.backends.empty())
            add_problem("--backend " + words_.backends.front(),
                        "nothing says where clients come in",
                        "add --sockjs /live, --engineio /live, --websocket /live or --all /live");
        if (s_.routes.empty() && !words_.origins.empty())
            add_problem("--origin " + words_.origins.front(),
                        "nothing says where clients come in",
                        "add --sockjs /live --backend ws://127.0.0.1:9000");
        for (std::size_t i = 0; i < s_.routes.size(); ++i) {
            auto const key = "route[" + std::to_string(i) + "]";
            auto& r = s_.routes[i];
            apply_list(key + ".origins", "--origin", words_.origins, r.origins);
            for (auto const& url : words_.backends) {
                add_origin(key + ".backend", r.backends.size(), "--backend " + url);
                r.backends.push_back({.url = url});
            }
        }
    }
    void add_fronts(std::string const& flag,
                    std::vector<std::string> const& paths,
                    bool sockjs,
                    bool engineio,
                    bool websocket) {
        auto const said = flag + " ";
        for (auto const& path : paths) {
            auto found = std::ranges::find(s_.routes, path, &route_settings::path);
            if (found == s_.routes.end()) {
                add_origin("route", s_.routes.size(), said + path);
                s_.routes.push_back({.path = path});
                found = std::prev(s_.routes.end());
            }
            found->sockjs = found->sockjs || sockjs;
            found->engineio = found->engineio || engineio;
            found->websocket = found->websocket || websocket;
        }
    }

    flag_words const& words_;
    gateway_settings& s_;
    settings_origins& origins_;
    std::vector<settings_problem> problems_{};
};

std::string counted(std::size_t n, std::string_view what) {
    return std::to_string(n).append(" ").append(what).append(n == 1 ? "" : "s");
}

/// What could not be read has its default, which is not to be blamed once more.
void add_unless_blamed(std::vector<settings_problem>& to, std::vector<settings_problem> more) {
    auto const count = to.size();
    for (auto& p : more) {
        auto const is_blamed = [&p](settings_problem const& other) {
            return is_within(p.key, other.key) || is_within(other.key, p.key);
        };
        auto const end = to.begin() + static_cast<std::ptrdiff_t>(count);
        if (std::none_of(to.begin(), end, is_blamed)) to.push_back(std::move(p));
    }
}

/// Reads what `words` says into `out`; false: `out` says what is wrong.
void read_settings(flag_words const& words, settings_source const& from, command& out) {
    settings_reading read;
    out.exit_code = bad_settings;
    if (!words.config.empty()) {
        std::string text;
        std::string error;
        if (!from.file || !from.file(words.config, text, error)) {
            out.text = "anywire-gateway: " + error + "\n";
            return;
        }
        read = read_toml(text, words.config, from);
    }
    auto problems = std::move(read.problems);
    auto const of_flags = flag_settings(words, read.settings, read.origins).apply();
    problems.insert(problems.end(), of_flags.begin(), of_flags.end());
    complete(read.settings);
    if (!read.is_broken) {
        add_unless_blamed(problems, check_settings(read.settings));
        add_unless_blamed(problems, check_files(read.settings, from));
    }
    auto const name = words.config.empty() ? std::string("anywire-gateway") : words.config;
    out.text = to_text(problems, read.origins, name);
    if (!problems.empty()) return;
    out.settings = std::move(read.settings);
    out.exit_code = 0;
}

/// What `check` says of settings that are good.
std::string praise(flag_words const& words, gateway_settings const& s) {
    return (words.config.empty() ? "the settings" : words.config) + ": good, with " +
           counted(s.routes.size(), "route") + " and " +
           counted(s.listeners.size() + s.systemd.size(), "listener") + "\n";
}

}  // namespace

command read_command_line(int count, char const* const* words, settings_source const& from) {
    command out;
    auto flags = read_flags(count, words);
    if (!flags.text.empty()) {
        out.text = std::move(flags.text);
        out.what = flags.is_mistake ? command::kind::mistake : command::kind::help;
        out.exit_code = flags.is_mistake ? bad_settings : 0;
        return out;
    }
    auto& said = flags.words;
    if (!said.check_file.empty()) {
        said.check = true;
        said.config = said.check_file;
    }
    out.config_file = said.config;
    read_settings(said, from, out);
    auto const is_good = out.exit_code == 0;
    if (said.check) {
        out.what = command::kind::check;
        if (is_good) out.text = praise(said, out.settings);
    } else if (is_good && said.print_config) {
        out.what = command::kind::help;
        out.text = to_toml(out.settings, false);
    } else {
        out.what = is_good ? command::kind::run : command::kind::mistake;
    }
    return out;
}

}  // namespace anywire::gateway
