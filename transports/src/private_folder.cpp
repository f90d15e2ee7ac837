#include "private_folder.hpp"

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace anywire {
namespace {

[[noreturn]] void refuse(std::string_view option, std::string const& why) {
    throw std::invalid_argument(std::string(option) + ": " + why);
}

/// The program may change its folder.
std::string absolute(std::string const& path, std::string_view option, std::size_t longest) {
    if (path.empty()) refuse(option, "name the folder, the same for all");
    auto out = std::filesystem::absolute(path).lexically_normal().string();
    while (out.size() > 1 && out.back() == '/') out.pop_back();
    if (out.size() > longest)
        refuse(option, "'" + out + "' is longer than " + std::to_string(longest) + " bytes");
    return out;
}

}  // namespace

std::string private_folder(std::string const& path, std::string_view option, std::size_t longest) {
    auto out = absolute(path, option, longest);
    auto const fail = [&](char const* what) {
        throw std::system_error(errno,
                                std::system_category(),
                                std::string(option) + ": cannot " + what + " '" + out + "'");
    };
    constexpr mode_t ours_alone = 0700;
    if (::mkdir(out.c_str(), ours_alone) != 0 && errno != EEXIST) fail("make the folder");
    struct stat status {};
    if (::lstat(out.c_str(), &status) != 0) fail("look at the folder");
    constexpr mode_t others_write = 0022;
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() ||
        (status.st_mode & others_write) != 0)
        refuse(option,
               "'" + out +
                   "' has to be a folder of this user's that nobody else may write to (chmod 700)");
    return out;
}

}  // namespace anywire
