#include "client_files.hpp"

#include "accept_encoding.hpp"
#include "core/gzip.hpp"
#include "static_path.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>

namespace anywire {
namespace {

constexpr char const* names[] = {"socket.io.js",
                                 "socket.io.js.map",
                                 "socket.io.min.js",
                                 "socket.io.min.js.map",
                                 "socket.io.msgpack.min.js",
                                 "socket.io.msgpack.min.js.map",
                                 "socket.io.esm.min.js",
                                 "socket.io.esm.min.js.map"};

/// The version in the comment a bundle begins with: "Socket.IO v4.8.1".
std::string version_of(std::string const& bundle) {
    constexpr std::string_view mark = "Socket.IO v";
    auto const at = bundle.substr(0, 256).find(mark);
    if (at == std::string::npos) return std::to_string(std::hash<std::string>{}(bundle));
    auto const begin = at + mark.size();
    return bundle.substr(begin, bundle.find_first_not_of("0123456789.-abcdefghlpr", begin) - begin);
}

}  // namespace

client_files::client_files(std::string const& folder) {
    for (auto const* name : names) {
        std::ifstream bytes(std::filesystem::path(folder) / name, std::ios::binary);
        if (!bytes) continue;
        auto const is_map = std::string_view(name).ends_with(".map");
        file f;
        f.type =
            is_map ? "application/json; charset=utf-8" : "application/javascript; charset=utf-8";
        f.body.assign(std::istreambuf_iterator<char>(bytes), {});
        if (!is_map) append_gzip(f.gzipped, f.body);
        files_.emplace(name, std::move(f));
    }
    auto const main = files_.find("socket.io.js");
    if (main == files_.end())
        throw std::invalid_argument("client_files: '" + folder + "' holds no socket.io.js");
    etag_ = "\"" + version_of(main->second.body) + "\"";
}

bool client_files::serve(incoming const& in) const {
    if (!in.below.starts_with('/')) return false;
    auto const found = files_.find(in.below.substr(1));
    if (found == files_.end() || (in.head.method != "GET" && in.head.method != "HEAD"))
        return false;
    auto const& f = found->second;
    std::string fields("Cache-Control: public, max-age=0\r\nVary: Accept-Encoding\r\nETag: ");
    fields.append(etag_).append("\r\n");
    if (http::etag_matches(in.head.header("if-none-match"), etag_)) {
        (void)in.to.respond({.status = 304, .fields = fields});
        return true;
    }
    auto const small = !f.gzipped.empty() &&
                       choose_coding(in.head.header("accept-encoding")) == content_coding::gzip;
    if (small) fields.append("Content-Encoding: gzip\r\n");
    (void)in.to.respond(
        {.content_type = f.type, .fields = fields, .body = small ? f.gzipped : f.body});
    return true;
}

}  // namespace anywire
