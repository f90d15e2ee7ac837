// Runs a fuzz target without libFuzzer, over the seeds in a folder and over mutations of each,
// drawn from a number that is new each time. Whatever ends the process tells the number and leaves
// the input in a file.
//
//     target <name> <seeds> <mutations of each seed> <folder for failures> [dictionary]
#include "fuzz/mutator.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
// Of the sanitizers, where there are any: they end the process without a signal. UBSan's runtime is
// another library than AddressSanitizer's, which does not call this; it is asked to abort.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));
extern "C" char const* __ubsan_default_options() {
    return "abort_on_error=1:print_stacktrace=1";
}

namespace {

// An input that takes longer hangs.
constexpr unsigned patience_seconds = 60;

// What runs now, for whoever reports its end: nothing there may allocate.
std::uint8_t const* running = nullptr;
std::size_t running_size = 0;
std::string failure_file;
std::string failure_text;

void report() {
    if (running == nullptr) return;
    auto const file = ::open(failure_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    auto written = ::write(file, running, running_size);
    running = nullptr;
    written = ::write(STDERR_FILENO, failure_text.data(), failure_text.size());
    static_cast<void>(written);
    ::close(file);
}

extern "C" void on_signal(int signal) {
    report();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void watch() {
    // A sanitizer handles the signals of broken memory itself, and tells of what it saw.
    auto const sanitized = __sanitizer_set_death_callback != nullptr;
    if (sanitized) __sanitizer_set_death_callback(report);
    for (auto const signal : {SIGABRT, SIGALRM, SIGTERM}) std::signal(signal, on_signal);
    if (!sanitized)
        for (auto const signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, on_signal);
}

void run(std::string_view bytes) {
    // A copy of the exact size, so that AddressSanitizer sees a read past the end.
    auto const exact = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), exact.get());
    running_size = bytes.size();
    running = exact.get();
    ::alarm(patience_seconds);
    LLVMFuzzerTestOneInput(exact.get(), bytes.size());
    ::alarm(0);
    running = nullptr;
}

std::string content_of(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> seeds_in(std::filesystem::path const& folder) {
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> seeds;
    for (auto const& file : files) seeds.push_back(content_of(file));
    return seeds;
}

// libFuzzer's: a line holds a word in quotes, maybe behind `name=`, with \\, \" and \xAB in it.
std::vector<std::string> words_in(std::filesystem::path const& dictionary) {
    std::vector<std::string> words;
    std::ifstream in(dictionary);
    for (std::string line; std::getline(in, line);) {
        auto const begin = line.find('"');
        auto const end = line.rfind('"');
        if (line.starts_with('#') || begin == line.npos || begin == end) continue;
        std::string word;
        for (auto at = begin + 1; at < end; ++at) {
            if (line[at] == '\\' && line[at + 1] == 'x' && at + 3 < end) {
                unsigned value = 0;
                std::from_chars(line.data() + at + 2, line.data() + at + 4, value, 16);
                word.push_back(static_cast<char>(value));
                at += 3;
                continue;
            }
            if (line[at] == '\\') ++at;
            word.push_back(line[at]);
        }
        words.push_back(word);
    }
    return words;
}

std::uint64_t draw_number() {
    if (auto const* const given = std::getenv("ANYWIRE_FUZZ_SEED"))
        return std::strtoull(given, nullptr, 10);
    return std::random_device{}();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) return std::fputs("name, seeds, mutations and folder are missing\n", stderr), 2;
    std::string const name = argv[1];
    auto const seeds = seeds_in(argv[2]);
    auto const words = argc > 5 ? words_in(argv[5]) : std::vector<std::string>{};
    auto const number = draw_number();
    auto const repeat = "ANYWIRE_FUZZ_SEED=" + std::to_string(number);
    failure_file = std::string(argv[4]) + "/" + name + "-" + std::to_string(number) + ".failed";
    failure_text = "\nfuzz target " + name + " fails on " + failure_file + "; " + repeat +
                   " in the environment makes this run again\n";
    std::printf("mutations: %s\n", repeat.c_str());
    std::fflush(stdout);
    watch();

    for (auto const& seed : seeds) run(seed);
    anywire::test::mutator mutations(number, seeds, words);
    auto const each = std::strtoul(argv[3], nullptr, 10);
    for (auto const& seed : seeds)
        for (std::size_t i = 0; i < each; ++i) run(mutations.next(seed));
    std::printf("%zu inputs replayed, %zu mutations of each\n", seeds.size(), std::size_t{each});
    return seeds.empty() ? 1 : 0;  // an empty corpus proves nothing
}
