#include "session_links.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace anywire::relay {
namespace {

constexpr std::size_t most_id = 64;
constexpr int most_tries = 1'000;
// Nobody holds the lock for longer than some system calls, unless he is stopped just then.
constexpr std::chrono::milliseconds lock_patience{500};
constexpr std::chrono::microseconds between_looks{50};

error_code busy() {
    return boost::system::errc::make_error_code(
        boost::system::errc::resource_unavailable_try_again);
}

/// Clients choose what sessions are called: their link is called by a hash of it, in hexadecimal.
std::string name_of(std::string_view session) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    if (EVP_Digest(session.data(), session.size(), hash.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 is not to be had of OpenSSL");
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        out.push_back(digits[hash[i] >> 4u]);
        out.push_back(digits[hash[i] & 15u]);
    }
    return out;
}

descriptor_owner open_folder(std::string const& path) {
    constexpr mode_t ours_alone = 0700;
    descriptor_owner out;
    if (::mkdir(path.c_str(), ours_alone) == 0 || errno == EEXIST)
        out = descriptor_owner(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (out.get() < 0)
        throw std::system_error(
            errno, std::system_category(), "cannot make the folder '" + path + "'");
    return out;
}

/// Whoever removes what another node has made holds it: one at a time, of all processes.
descriptor_owner take_lock(std::string const& path, std::chrono::milliseconds patience) {
    constexpr mode_t ours_alone = 0600;
    descriptor_owner out(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, ours_alone));
    auto const end = std::chrono::steady_clock::now() + patience;
    while (out.get() >= 0 && ::flock(out.get(), LOCK_EX | LOCK_NB) != 0) {
        if (std::chrono::steady_clock::now() > end) return {};
        std::this_thread::sleep_for(between_looks);
    }
    return out;
}

}  // namespace

session_links::session_links(std::string const& folder, node_files const& nodes)
    : lock_(folder + ".lock"), nodes_(nodes), folder_(open_folder(folder)) {}

error_code session_links::read(std::string const& name, std::string& owner) const {
    std::array<char, most_id> bytes{};
    auto const n = ::readlinkat(folder_.get(), name.c_str(), bytes.data(), bytes.size());
    if (n < 0) return system_failure();
    owner.assign(bytes.data(), static_cast<std::size_t>(n));
    return {};
}

error_code session_links::claim(std::string_view session,
                                std::string const& node,
                                std::string& owner) const {
    auto const name = name_of(session);
    for (int i = 0; i < most_tries; ++i) {
        owner = node;
        if (::symlinkat(node.c_str(), folder_.get(), name.c_str()) == 0) return {};
        if (errno != EEXIST) return system_failure();
        auto failed = read(name, owner);
        if (failed.value() == ENOENT) continue;  // it has ended meanwhile
        if (failed || owner == node || nodes_.is_alive(owner)) return failed;
        failed = remove_stale(name, owner, lock_patience);
        if (failed) return failed;
    }
    return busy();
}

error_code session_links::find(std::string_view session, std::string& owner) const {
    auto const failed = read(name_of(session), owner);
    if (!failed && nodes_.is_alive(owner)) return {};
    owner.clear();
    return failed.value() == ENOENT ? error_code{} : failed;
}

void session_links::release(std::string_view session, std::string const& node) const {
    auto const name = name_of(session);
    std::string owner;
    if (!read(name, owner) && owner == node) (void)::unlinkat(folder_.get(), name.c_str(), 0);
}

/// Two who find the same one must not both remove it: the second would remove the first one's own.
error_code session_links::remove_stale(std::string const& name,
                                       std::string const& owner,
                                       std::chrono::milliseconds patience) const {
    auto const lock = take_lock(lock_, patience);
    if (lock.get() < 0) return busy();
    std::string now;
    if (read(name, now) || now != owner || nodes_.is_alive(owner)) return {};
    return ::unlinkat(folder_.get(), name.c_str(), 0) == 0 ? error_code{} : system_failure();
}

bool session_links::sweep(std::vector<std::string> const& dead,
                          std::atomic<bool> const& until) const {
    auto const again = ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto* const all = again < 0 ? nullptr : ::fdopendir(again);
    if (!all) {
        if (again >= 0) ::close(again);
        return false;
    }
    auto are_gone = true;
    std::string owner;
    while (auto const* const entry = until ? nullptr : ::readdir(all)) {
        std::string const name(entry->d_name);
        if (!read(name, owner) && std::find(dead.begin(), dead.end(), owner) != dead.end())
            // Whoever claims a session comes first.
            are_gone = !remove_stale(name, owner, {}) && are_gone;
    }
    ::closedir(all);
    return are_gone && !until;
}

}  // namespace anywire::relay
