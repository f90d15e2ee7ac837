#include "settings_source.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace anywire::gateway {
namespace {

constexpr std::size_t max_file = 4u << 20;

bool variable(std::string const& name, std::string& value) {
    auto const* const found = std::getenv(name.c_str());
    if (found) value = found;
    return found != nullptr;
}

std::string reason_of(int error) {
    return std::error_code(error, std::generic_category()).message();
}

bool file(std::string const& path, std::string& text, std::string& error) {
    struct closer {
        void operator()(std::FILE* f) const noexcept { std::fclose(f); }
    };
    std::unique_ptr<std::FILE, closer> const from(std::fopen(path.c_str(), "re"));
    if (!from) {
        error = "'" + path + "' cannot be read: " + reason_of(errno);
        return false;
    }
    text.clear();
    std::array<char, 16'384> part;
    for (;;) {
        auto const n = std::fread(part.data(), 1, part.size(), from.get());
        text.append(part.data(), n);
        if (n < part.size() || text.size() > max_file) break;
    }
    if (std::ferror(from.get()) != 0)
        error = "'" + path + "' cannot be read: " + reason_of(errno);
    else if (text.size() > max_file)
        error = "'" + path + "' is longer than 4 MiB";
    return error.empty();
}

bool look(std::string const& path, file_kind kind, std::string& error) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0)
        error = "'" + path + "' cannot be read: " + reason_of(errno);
    else if (S_ISDIR(found.st_mode) != (kind == file_kind::folder))
        error = "'" + path + (kind == file_kind::folder ? "' is not a folder" : "' is a folder");
    else if (::access(path.c_str(), kind == file_kind::file ? R_OK : X_OK) != 0)
        error = "'" + path + "' cannot be used: " + reason_of(errno);
    return error.empty();
}

}  // namespace

settings_source process_source() {
    return {.variable = variable, .file = file, .look = look};
}

}  // namespace anywire::gateway
