#include "check_files.hpp"

#include "settings_in_test.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

using namespace anywire::gateway;
namespace fs = std::filesystem;

namespace {

/// A folder of its own, which goes with it.
class scratch_folder {
public:
    scratch_folder() {
        auto name = (fs::temp_directory_path() / "anywire-gateway-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        path_ = name;
    }
    ~scratch_folder() {
        std::error_code ec;
        fs::remove_all(path_, ec);
    }
    std::string with(char const* name, std::string const& text) const {
        auto const path = path_ / name;
        std::ofstream(path) << text;
        return path.string();
    }
    std::string path() const { return path_.string(); }

private:
    fs::path path_{};
};

}  // namespace

TEST_CASE("files that settings name are looked for, of the right kind") {
    std::set<std::string> seen;
    settings_source from;
    from.look = [&seen](std::string const& path, file_kind kind, std::string& error) {
        seen.insert(std::string(kind == file_kind::file     ? "file "
                                : kind == file_kind::folder ? "folder "
                                                            : "program ") +
                    path);
        error = path + " is not there";
        return false;
    };
    auto s = good_settings();
    s.listeners[0].tls.certificate = "a.pem";
    s.listeners[0].tls.key = "a.key";
    s.listeners[0].tls.client_ca = "ca";
    s.listeners[0].tls.more = {{.certificate = "b.pem", .key = "b.key"}};
    s.systemd.emplace_back().tls.certificate = "c.pem";
    s.site.files = "www";
    auto& r = s.routes[0];
    r.backend_ca = "backends";
    r.program.folder = "work";
    r.backends = {{.url = "stdio:/bin/x y"}, {.url = "stdio:x"}, {.url = "stdio:/a'b c'"}};
    auto const found = check_files(s, from);
    CHECK(seen == std::set<std::string>{"file a.pem",
                                        "file a.key",
                                        "file ca",
                                        "file b.pem",
                                        "file b.key",
                                        "file c.pem",
                                        "file backends",
                                        "folder www",
                                        "folder work",
                                        "program /bin/x",
                                        "program /ab c"});
    std::set<std::string> keys;
    for (auto const& p : found) {
        keys.insert(p.key);
        CHECK(p.text.ends_with("is not there"));
        CHECK(p.remedy.starts_with("name a "));
    }
    CHECK(keys == std::set<std::string>{"listen[0].tls.certificate",
                                        "listen[0].tls.key",
                                        "listen[0].tls.client_ca",
                                        "listen[0].tls.more[0].certificate",
                                        "listen[0].tls.more[0].key",
                                        "systemd[0].tls.certificate",
                                        "site.files",
                                        "route[0].backend_ca",
                                        "route[0].backend[0].url",
                                        "route[0].backend[2].url",
                                        "route[0].program.folder"});
    CHECK(check_files(s, {}).empty());
    CHECK(check_files(good_settings(), from).empty());
}

TEST_CASE("the process's source reads variables and files") {
    auto const from = process_source();
    std::string text;
    std::string error;
    CHECK(from.variable("PATH", text));
    CHECK_FALSE(text.empty());
    CHECK_FALSE(from.variable("ANYWIRE_TEST_NOT_THERE", text));

    scratch_folder const folder;
    auto const path = folder.with("a", std::string("x\0y\n", 4));
    CHECK(from.file(path, text, error));
    CHECK(text == std::string("x\0y\n", 4));
    CHECK_FALSE(from.file(folder.path() + "/none", text, error));
    CHECK(error.find("No such file") != std::string::npos);
    error.clear();
    CHECK_FALSE(from.file(folder.path(), text, error));
    CHECK_FALSE(error.empty());
    error.clear();
    CHECK_FALSE(from.file(folder.with("long", std::string((4u << 20) + 1, 'x')), text, error));
    CHECK(error.find("4 MiB") != std::string::npos);
    error.clear();
    CHECK(from.file(folder.with("full", std::string(4u << 20, 'x')), text, error));
}

TEST_CASE("the process's source tells files, folders and programs apart") {
    auto const from = process_source();
    scratch_folder const folder;
    auto const path = folder.with("a", "x");
    auto const look = [&from](std::string const& what, file_kind kind) {
        std::string error;
        auto const is_good = from.look(what, kind, error);
        CHECK(is_good == error.empty());
        return error;
    };
    CHECK(look(path, file_kind::file).empty());
    CHECK(look(folder.path(), file_kind::folder).empty());
    CHECK(look("/bin/sh", file_kind::program).empty());
    CHECK(look(path, file_kind::folder).find("not a folder") != std::string::npos);
    CHECK(look(folder.path(), file_kind::file).find("is a folder") != std::string::npos);
    CHECK(look(path, file_kind::program).find("cannot be used") != std::string::npos);
    CHECK(look(path + "x", file_kind::file).find("cannot be read") != std::string::npos);
}
