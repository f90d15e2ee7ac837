// What tests of settings have in common.
#pragma once

#include "settings.hpp"
#include "settings_source.hpp"

#include <map>
#include <string>
#include <vector>

namespace anywire::gateway {

/// A source with these variables and files, and no others.
inline settings_source source_with(std::map<std::string, std::string> variables,
                                   std::map<std::string, std::string> files = {}) {
    return {.variable =
                [variables](std::string const& name, std::string& value) {
                    auto const found = variables.find(name);
                    if (found != variables.end()) value = found->second;
                    return found != variables.end();
                },
            .file =
                [files](std::string const& path, std::string& text, std::string& error) {
                    auto const found = files.find(path);
                    if (found != files.end())
                        text = found->second;
                    else
                        error = "'" + path + "' cannot be read: No such file or directory";
                    return found != files.end();
                }};
}

/// Settings that nothing is wrong with: a route from "/live" to a WebSocket server.
inline gateway_settings good_settings() {
    gateway_settings s;
    s.routes.push_back(
        {.path = "/live", .sockjs = true, .backends = {{.url = "ws://127.0.0.1:9000"}}});
    complete(s);
    return s;
}

}  // namespace anywire::gateway
