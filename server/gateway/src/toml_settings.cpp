#include "toml_settings.hpp"

#include "settings_reader.hpp"
#include "toml_document.hpp"

namespace anywire::gateway {

settings_reading read_toml(std::string_view text,
                           std::string_view name,
                           settings_source const& from) {
    settings_reading out;
    auto const document = parse_toml(text);
    if (!document.error.empty()) {
        out.origins.set("",
                        std::string(name) + ":" + std::to_string(document.line) + ":" +
                            std::to_string(document.column));
        out.problems.push_back({.text = document.error});
        return out;
    }
    settings_reader reader(document.root, name, from, out);
    visit(out.settings, reader);
    reader.finish();
    return out;
}

}  // namespace anywire::gateway
