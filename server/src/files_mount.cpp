#include "core/fault.hpp"
#include "mount_point.hpp"
#include "static_path.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/stat.h>

namespace anywire {
namespace {

namespace fs = std::filesystem;

/// Files of one folder, read anew for each request: for demos, not for traffic.
class files_mount final : public route_target {
public:
    files_mount(std::string prefix, std::string const& folder, files_options options)
        : route_target(std::move(prefix), 0),
          root_(fs::weakly_canonical(folder)),
          options_(options) {
        if (!fs::is_directory(root_))
            throw std::invalid_argument("serve_files: '" + folder + "' is not a folder");
    }

    void serve(incoming const& in) override {
        auto const& method = in.head.method;
        if (method != "GET" && method != "HEAD")
            return (void)in.to.respond(
                {.status = status_of(fault::wrong_method), .fields = "Allow: GET, HEAD\r\n"});
        auto const relative = http::static_path(in.below.empty() ? "/" : in.below);
        if (!relative) return in.not_found();
        std::error_code failed;
        auto const file = fs::weakly_canonical(root_ / *relative, failed);
        // A symbolic link may lead out of the folder; what it leads to is not ours to serve.
        if (failed || !is_below_root(file)) return in.not_found();
        struct stat about {};
        if (::stat(file.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return in.not_found();
        if (static_cast<std::size_t>(about.st_size) > options_.max_file_size) return in.not_found();
        answer_with(in, file, about);
    }

private:
    bool is_below_root(fs::path const& file) const {
        auto const& root = root_.native();
        auto const& path = file.native();
        return path.size() > root.size() && path.starts_with(root) &&
               (root.ends_with('/') || path[root.size()] == '/');
    }

    static void answer_with(incoming const& in, fs::path const& file, struct stat const& about) {
        std::string etag(1, '"');
        etag.append(std::to_string(about.st_mtim.tv_sec))
            .append(1, '-')
            .append(std::to_string(about.st_mtim.tv_nsec));
        etag.append(1, '-').append(std::to_string(about.st_size)).append(1, '"');
        std::string fields("ETag: ");
        fields.append(etag).append("\r\nCache-Control: no-cache\r\n");
        if (http::etag_matches(in.head.header("if-none-match"), etag))
            return (void)in.to.respond({.status = 304, .fields = fields});
        std::ifstream bytes(file, std::ios::binary);
        std::string const body{std::istreambuf_iterator<char>(bytes), {}};
        if (!bytes) return in.not_found();
        (void)in.to.respond({.content_type = http::content_type_of(file.filename().native()),
                             .fields = fields,
                             .body = body});
    }

    fs::path root_;
    files_options options_;
};

}  // namespace

std::shared_ptr<route_target> make_files_mount(std::string prefix,
                                               std::string const& folder,
                                               files_options options) {
    return std::make_shared<files_mount>(std::move(prefix), folder, options);
}

}  // namespace anywire
