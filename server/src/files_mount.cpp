#include <anywire/service.hpp>

#include "accept_encoding.hpp"
#include "ascii.hpp"
#include "byte_range.hpp"
#include "core/fault.hpp"
#include "router.hpp"
#include "service_core.hpp"
#include "static_path.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace anywire {
namespace {

namespace fs = std::filesystem;

/// Files of one folder, read anew for each request: for demos, not for traffic.
class files_mount final : public route_target {
public:
    files_mount(std::string prefix, std::string const& folder, files_options options)
        : route_target(std::move(prefix), 0),
          root_(fs::weakly_canonical(folder)),
          options_(std::move(options)) {
        if (!fs::is_directory(root_))
            throw std::invalid_argument("serve_files: '" + folder + "' is not a folder");
        auto const& cache = options_.cache_control;
        if (std::any_of(cache.begin(), cache.end(), http::is_control))
            throw std::invalid_argument("serve_files: cache_control holds a control character");
    }

    void serve(incoming const& in) override {
        auto const& method = in.head.method;
        if (method != "GET" && method != "HEAD")
            return (void)in.to.respond(
                {.status = status_of(fault::wrong_method), .fields = "Allow: GET, HEAD\r\n"});
        auto const relative = http::static_path(in.below.empty() ? "/" : in.below);
        if (!relative) return in.not_found();
        auto found = find(*relative);
        if (!found) return in.not_found();
        auto const type = http::content_type_of(found->path.filename().native());
        std::string_view coding;
        if (options_.precompressed) {
            if (auto other = find_compressed(*relative, in.head.header("accept-encoding"))) {
                coding = other->path.extension() == ".br" ? "br" : "gzip";
                found = std::move(other);
            }
        }
        answer_with(in, *found, type, coding);
    }

private:
    struct file {
        fs::path path;
        struct stat about {};
        std::size_t size() const noexcept { return static_cast<std::size_t>(about.st_size); }
    };

    /// What is there by that name, and may be served.
    std::optional<file> find(std::string const& relative) const {
        std::error_code failed;
        file f{fs::weakly_canonical(root_ / relative, failed)};
        // A symbolic link may lead out of the folder; what it leads to is not ours to serve.
        if (failed || !is_below_root(f.path)) return std::nullopt;
        if (::stat(f.path.c_str(), &f.about) != 0 || !S_ISREG(f.about.st_mode)) return std::nullopt;
        if (f.size() > options_.max_file_size) return std::nullopt;
        return f;
    }

    /// The compressed file beside it that the client likes best.
    std::optional<file> find_compressed(std::string const& relative,
                                        std::string_view accepted) const {
        auto const br = quality_of(accepted, "br");
        auto const gzip = quality_of(accepted, "gzip");
        auto const tried = [&](char const* ending, int quality) {
            return quality > 0 ? find(relative + ending) : std::nullopt;
        };
        if (br >= gzip) {
            if (auto f = tried(".br", br)) return f;
            return tried(".gz", gzip);
        }
        if (auto f = tried(".gz", gzip)) return f;
        return tried(".br", br);
    }

    bool is_below_root(fs::path const& path) const {
        auto const& root = root_.native();
        auto const& whole = path.native();
        return whole.size() > root.size() && whole.starts_with(root) &&
               (root.ends_with('/') || whole[root.size()] == '/');
    }

    static std::string etag_of(struct stat const& about, std::string_view coding) {
        std::string etag(1, '"');
        etag.append(std::to_string(about.st_mtim.tv_sec))
            .append(1, '-')
            .append(std::to_string(about.st_mtim.tv_nsec));
        etag.append(1, '-').append(std::to_string(about.st_size));
        if (!coding.empty()) etag.append(1, '-').append(coding);
        return etag.append(1, '"');
    }

    std::string fields_of(std::string const& etag, std::string_view coding) const {
        std::string fields("ETag: ");
        fields.append(etag).append("\r\n");
        if (!options_.cache_control.empty())
            fields.append("Cache-Control: ").append(options_.cache_control).append("\r\n");
        if (options_.precompressed) fields.append("Vary: Accept-Encoding\r\n");
        if (!coding.empty()) fields.append("Content-Encoding: ").append(coding).append("\r\n");
        if (options_.ranges) fields.append("Accept-Ranges: bytes\r\n");
        return fields;
    }

    /// The part of the file that the request asks for, if it still is the one it knows.
    http::range_choice range_of(incoming const& in, file const& f, std::string const& etag) const {
        auto const known = in.head.header("if-range");
        auto const asks =
            options_.ranges && in.head.method == "GET" && (known.empty() || known == etag);
        return http::choose_range(asks ? in.head.header("range") : std::string_view{}, f.size());
    }

    void answer_with(incoming const& in,
                     file const& f,
                     std::string_view type,
                     std::string_view coding) const {
        auto const etag = etag_of(f.about, coding);
        auto fields = fields_of(etag, coding);
        if (http::etag_matches(in.head.header("if-none-match"), etag))
            return (void)in.to.respond({.status = 304, .fields = fields});
        auto const range = range_of(in, f, etag);
        using kind = http::range_choice::kind;
        if (range.what == kind::beyond) {
            fields = "Content-Range: bytes */" + std::to_string(f.size()) + "\r\n";
            return in.respond(
                status_of(fault::bad_range), "nothing of the file is in this range\n", fields);
        }
        std::string body(range.count, '\0');
        std::ifstream bytes(f.path, std::ios::binary);
        bytes.seekg(static_cast<std::streamoff>(range.first));
        bytes.read(body.data(), static_cast<std::streamsize>(body.size()));
        // It may have become shorter meanwhile.
        if (!bytes) return in.not_found();
        if (range.what == kind::part)
            fields.append("Content-Range: bytes ")
                .append(std::to_string(range.first))
                .append(1, '-')
                .append(std::to_string(range.first + range.count - 1))
                .append(1, '/')
                .append(std::to_string(f.size()))
                .append("\r\n");
        (void)in.to.respond({.status = range.what == kind::part ? 206u : 200u,
                             .content_type = type,
                             .fields = fields,
                             .body = body});
    }

    fs::path root_;
    files_options options_;
};

}  // namespace

void service::serve_files(std::string path, std::string const& folder, files_options options) {
    core_->add_target(
        "serve_files",
        std::make_shared<files_mount>(clean_prefix(std::move(path)), folder, std::move(options)));
}

}  // namespace anywire
