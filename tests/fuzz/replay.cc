// Replays a fuzzer's kept inputs, then mutations of them, without a fuzzing engine.
//
// usage: replay FOLDER [SECONDS]
//
// The mutations are the same in every run, as far as it gets in SECONDS (3 unless told): a failure that they
// find can be found again. The input that failed is written where the last line says.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

#if defined(__SANITIZE_ADDRESS__)
// The address sanitizer's own hook: called when it has found something, before the process ends.
extern "C" void __asan_set_death_callback(void (*callback)(void));
#endif

namespace {

constexpr size_t kMostMutations = 200'000;
constexpr size_t kLongestInput = 1 << 16;

// What is being run, for the handler of the signal that a failure ends in.
const std::string* g_running = nullptr;
std::string* g_failed_path = nullptr;

void SaveRunning() {
  if (g_running == nullptr) return;
  std::FILE* const file = std::fopen(g_failed_path->c_str(), "wb");
  if (file == nullptr) return;
  std::fwrite(g_running->data(), 1, g_running->size(), file);
  std::fclose(file);
  std::fprintf(stderr, "the input that failed: %s (%zu bytes)\n", g_failed_path->c_str(), g_running->size());
  g_running = nullptr;
}

// Not safe in a signal's handler, and the process is at its end anyway.
void OnFatal(int signal) {
  SaveRunning();
  ::signal(signal, SIG_DFL);
  raise(signal);
}

void SaveFailures() {
  const char* folder = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  g_failed_path = new std::string(std::string(folder == nullptr ? "/tmp" : folder) + "/failed-input");
  for (const int fatal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) signal(fatal, OnFatal);
  // A script that ends the process on purpose does so through _exit; nothing else may.
  std::atexit(SaveRunning);
#if defined(__SANITIZE_ADDRESS__)
  __asan_set_death_callback(SaveRunning);
#endif
}

void Run(const std::string& input) {
  g_running = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  g_running = nullptr;
}

std::vector<std::string> ReadInputs(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// One change of those that fuzzing engines begin with.
class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>* inputs) : inputs_(inputs) {}

  std::string Next() {
    std::string input = (*inputs_)[Below(inputs_->size())];
    for (size_t changes = 1 + Below(4); changes > 0; --changes) Change(input);
    if (input.size() > kLongestInput) input.resize(kLongestInput);
    return input;
  }

 private:
  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  char AnyByte() { return static_cast<char>(random_() & 0xff); }

  void Change(std::string& input) {
    static constexpr std::array<unsigned char, 9> kEdges = {0x00, 0x01, 0x7f, 0x80, 0xff,
                                                            0x20, '0',  '"',  '\n'};
    const size_t at = Below(input.size());
    const size_t size = std::min(input.size() - at, 1 + Below(16));
    const std::string_view other = (*inputs_)[Below(inputs_->size())];
    const size_t from = Below(other.size());
    switch (random_() % 8) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1 << Below(8)));
        break;
      case 1:
        if (!input.empty()) input[at] = AnyByte();
        break;
      case 2:
        if (!input.empty()) input[at] = static_cast<char>(kEdges[Below(kEdges.size())]);
        break;
      case 3:
        input.erase(at, size);
        break;
      case 4:
        input.insert(at, 1 + Below(8), AnyByte());
        break;
      case 5:
        input.insert(at, input.substr(at, size));
        break;
      case 6:
        input.insert(at, other.substr(from, 1 + Below(32)));
        break;
      case 7:
        input.resize(at);
        input += other.substr(from);
        break;
    }
  }

  const std::vector<std::string>* const inputs_;
  std::mt19937_64 random_;  // its default seed is part of the standard
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [SECONDS]\n", argv[0]);
    return 2;
  }
  const std::vector<std::string> inputs = ReadInputs(argv[1]);
  if (inputs.empty()) {
    std::fprintf(stderr, "%s holds no input\n", argv[1]);
    return 1;
  }
  const std::chrono::seconds budget(argc > 2 ? std::atoi(argv[2]) : 3);
  SaveFailures();
  Run("");
  for (const std::string& input : inputs) Run(input);
  Mutator mutator(&inputs);
  size_t mutations = 0;
  const auto end = std::chrono::steady_clock::now() + budget;
  for (; mutations < kMostMutations && std::chrono::steady_clock::now() < end; ++mutations)
    Run(mutator.Next());
  std::printf("%zu inputs, %zu mutations\n", inputs.size(), mutations);
  return 0;
}
