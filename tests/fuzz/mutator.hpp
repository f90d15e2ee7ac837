#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// Makes inputs that resemble seeds. The same number makes the same ones, on every machine.
class mutator {
public:
    static constexpr std::size_t max_size = 65536;

    /// `words` are inserted now and then, beside numbers that are edges of something.
    mutator(std::uint64_t number,
            std::vector<std::string> const& seeds,
            std::vector<std::string> const& words)
        : random_(number), seeds_(seeds), words_(words) {}

    std::string next(std::string_view seed) {
        std::string out(seed);
        for (auto n = 1 + below(4); n > 0; --n) mutate(out);
        if (out.size() > max_size) out.resize(max_size);
        return out;
    }

private:
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    char byte() { return static_cast<char>(below(256)); }
    /// Anywhere, the end included.
    std::size_t place(std::string const& in) { return below(in.size() + 1); }
    /// A part of a text, short ones mostly.
    std::pair<std::size_t, std::size_t> part(std::string const& in) {
        auto const at = place(in);
        auto const left = in.size() - at;
        return {at, std::min(left, below(4) == 0 ? below(left + 1) : below(9))};
    }

    void mutate(std::string& out) {
        auto const what = below(11);
        if (out.empty() && what < 4) return out.push_back(byte());
        switch (what) {
            case 0: out[below(out.size())] ^= static_cast<char>(1u << below(8)); break;
            case 1: out[below(out.size())] = byte(); break;
            case 2: out[below(out.size())] = "0123456789-,:;%=&\"\\[]{}/ \r\n"[below(27)]; break;
            case 3: out.resize(below(out.size())); break;
            case 4: {
                auto const [at, size] = part(out);
                out.erase(at, size);
                break;
            }
            case 5: {  // again, once or often
                auto const [at, size] = part(out);
                auto const again = out.substr(at, size);
                for (auto n = below(8) == 0 ? below(200) : 1; n > 0 && out.size() < max_size; --n)
                    out.insert(at, again);
                break;
            }
            case 6: {  // elsewhere
                auto const [at, size] = part(out);
                auto const moved = out.substr(at, size);
                out.erase(at, size);
                out.insert(place(out), moved);
                break;
            }
            case 7: {
                auto const& other = seeds_[below(seeds_.size())];
                out = out.substr(0, place(out)) + other.substr(place(other));
                break;
            }
            case 8: insert_number(out); break;
            case 9:
                if (words_.empty()) return insert_number(out);
                out.insert(place(out), words_[below(words_.size())]);
                break;
            default: out.insert(out.begin() + static_cast<long>(place(out)), byte()); break;
        }
    }

    // As text, or over what is there in one to eight bytes.
    void insert_number(std::string& out) {
        constexpr std::array<std::uint64_t, 15> edges{0,
                                                      1,
                                                      125,
                                                      126,
                                                      127,
                                                      128,
                                                      255,
                                                      256,
                                                      32767,
                                                      65535,
                                                      65536,
                                                      0x7fffffff,
                                                      0xffffffff,
                                                      0x7fffffffffffffff,
                                                      0xffffffffffffffff};
        auto number = edges[below(edges.size())] + below(3) - 1;
        if (below(2) == 0) return void(out.insert(place(out), std::to_string(number)));
        auto const at = place(out);
        auto const width = std::size_t{1} << below(4);
        auto const big_endian = below(2) == 0;
        std::string bytes;
        for (std::size_t i = 0; i < width; ++i, number >>= 8)
            bytes.push_back(static_cast<char>(number & 0xff));
        if (big_endian) std::reverse(bytes.begin(), bytes.end());
        out.replace(at, std::min(width, out.size() - at), bytes);
    }

    std::mt19937_64 random_;
    std::vector<std::string> const& seeds_;
    std::vector<std::string> const& words_;
};

}  // namespace anywire::test
