#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <system_error>

namespace anywire::test {

/// A folder of its own, removed at the end with all that is in it.
class temp_folder {
public:
    temp_folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "anywire-test-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~temp_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temp_folder(temp_folder const&) = delete;
    temp_folder& operator=(temp_folder const&) = delete;

    std::string path() const { return path_.string(); }
    std::string file(std::string_view name) const { return (path_ / name).string(); }
    void write(std::string_view name, std::string_view bytes) const {
        std::ofstream to(path_ / name, std::ios::binary);
        to.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (!to.flush()) throw std::runtime_error("cannot write " + file(name));
    }

private:
    std::filesystem::path path_{};
};

}  // namespace anywire::test
