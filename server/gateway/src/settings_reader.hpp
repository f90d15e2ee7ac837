#pragma once

#include "settings_source.hpp"
#include "settings_visitor.hpp"
#include "toml_document.hpp"
#include "toml_settings.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace anywire::gateway {

/// Takes settings from a document as it is shown them, and keeps what is wrong with it.
class settings_reader final : public settings_visitor {
public:
    /// Borrow: all of them.
    settings_reader(toml_value const& root,
                    std::string_view name,
                    settings_source const& from,
                    settings_reading& out);
    /// The last call: problems are in the order of the file from then on.
    void finish();

private:
    /// A table that is being read.
    struct frame {
        toml_value const* table = nullptr;  ///< Null: it was not written.
        std::string path{};
        std::vector<std::string> known{};  ///< The keys that it may have.
    };
    struct list {
        std::string path{};
        std::vector<toml_value const*> items{};
    };

    void flag(std::string_view key, bool& to) override;
    void number(std::string_view key, std::uint64_t& to, std::uint64_t most) override;
    void size(std::string_view key, std::uint64_t& to, std::uint64_t most) override;
    void duration(std::string_view key, std::chrono::milliseconds& to) override;
    void mode(std::string_view key, std::uint32_t& to) override;
    void text(std::string_view key, std::string& to) override;
    void secret(std::string_view key, std::string& to) override;
    void texts(std::string_view key, std::vector<std::string>& to) override;
    void pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& to) override;
    void choice(std::string_view key,
                std::size_t& to,
                std::span<std::string_view const> names) override;
    void flags(std::string_view key, std::span<named_flag const> all) override;
    void begin_table(std::string_view key) override;
    void end_table() override;
    std::size_t begin_list(std::string_view key,
                           std::size_t size,
                           std::string_view short_key,
                           std::string_view short_item) override;
    void begin_item(std::size_t index) override;
    void end_item() override { end_table(); }
    void end_list() override { lists_.pop_back(); }

    std::string below(std::string_view key) const;
    /// The value of a key, or null; it is known and has its place from then on.
    toml_value const* take(std::string_view key);
    /// The same, of one type; another one is a problem.
    toml_value const* take(std::string_view key,
                           toml_value::kind wanted,
                           std::string_view what,
                           std::string_view example);
    void note(std::string const& path, toml_value const& v);
    void add_problem(toml_value const& at,
                     std::string path,
                     std::string text,
                     std::string remedy,
                     bool is_name = false);
    void add_wrong_type(toml_value const& v,
                        std::string const& path,
                        std::string_view what,
                        std::string_view example);
    bool read_text(toml_value const& v, std::string const& path, std::string& to);
    void read_secret_file(toml_value const& v, std::string const& path, std::string& to);
    void take_items(toml_value const& v, std::string_view key, list& to);
    void take_short_items(toml_value const& v,
                          std::string_view key,
                          std::string_view item,
                          list& to);
    void complain_unknown(frame const& f);
    std::string remedy_for(std::string_view word, frame const& f) const;
    std::string place(std::uint32_t line, std::uint32_t column) const;

    std::string name_;
    settings_source const& from_;
    settings_reading& out_;
    std::vector<frame> frames_{};
    std::vector<list> lists_{};
    std::deque<toml_value> made_{};  ///< Tables of items that were written as texts.
    /// Line and column of each of the problems.
    std::vector<std::tuple<std::uint32_t, std::uint32_t, settings_problem>> problems_{};
};

}  // namespace anywire::gateway
