#include "problem_list.hpp"

#include "quantity.hpp"

namespace anywire::gateway {
namespace {

std::string name_of(std::string const& key) {
    return key.substr(key.rfind('.') + 1);
}

template <class Value, class Write>
void check_range(
    problem_list& to, std::string const& key, Value value, Value least, Value most, Write write) {
    if (value >= least && value <= most) return;
    to.add(
        key, name_of(key) + " is " + write(value), "write " + write(least) + " to " + write(most));
}

}  // namespace

void problem_list::add(std::string key, std::string text, std::string remedy) {
    all_.push_back({.key = std::move(key), .text = std::move(text), .remedy = std::move(remedy)});
}

void problem_list::check_time(std::string const& key,
                              std::chrono::milliseconds value,
                              std::chrono::milliseconds least,
                              std::chrono::milliseconds most) {
    check_range(*this, key, value, least, most, [](std::chrono::milliseconds d) {
        return d.count() < 0 ? std::to_string(d.count()) + "ms" : duration_text(d);
    });
}

void problem_list::check_number(std::string const& key,
                                std::uint64_t value,
                                std::uint64_t least,
                                std::uint64_t most) {
    check_range(*this, key, value, least, most, [](std::uint64_t n) { return std::to_string(n); });
}

void problem_list::check_size(std::string const& key,
                              std::uint64_t value,
                              std::uint64_t least,
                              std::uint64_t most) {
    check_range(*this, key, value, least, most, size_text);
}

std::string item_key(std::string_view list, std::size_t index) {
    return std::string(list).append("[").append(std::to_string(index)).append("]");
}

}  // namespace anywire::gateway
