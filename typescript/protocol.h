// What evald's programs say to the transpiler, and what they believe of its answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "evald/v1/script.pb.h"

namespace evald::typescript {

struct Text {
  // What positions and the source map call it.
  std::string_view name;
  std::string_view source;
};

struct Script {
  std::string code;
  // A source map, JSON.
  std::string map;
  // It imports or exports something.
  bool is_module = false;
};

// Either a script for each text, or what is wrong with the first text that is no TypeScript.
struct Transpiled {
  std::vector<Script> scripts;
  bool has_exception = false;
  v1::ScriptException exception;
};

// What the transpiler may take besides time, whoever it works for: the compiler itself needs 25 MiB, and some
// hundred times the length of its source.
inline constexpr uint64_t kHeapBytes = uint64_t{256} << 20;
inline constexpr uint64_t kMemoryBytes = uint64_t{512} << 20;
inline constexpr uint64_t kOutputBytes = uint64_t{128} << 20;

// The call that transpiles `texts`, with these bounds and no others.
v1::CallFunctionRequest CallFor(absl::Span<const Text> texts);

// What was answered to CallFor(texts). INTERNAL: it is not an answer to that.
absl::StatusOr<Transpiled> ReadAnswer(absl::Span<const Text> texts, v1::Value& answer);

// True for names of files with TypeScript: ".ts", ".mts", ".cts".
bool IsTypescriptFile(std::string_view name);

}  // namespace evald::typescript
