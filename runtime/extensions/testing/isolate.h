// For the tests of extensions: the built-in ones in a snapshot, and an isolate made from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evald/v1/script.pb.h"
#include "runtime/runtime.h"

namespace evald {

// Everything is evaluated in an isolate that came out of a snapshot, so each test of an extension also proves
// that it survives being serialized. One snapshot for each process: V8 allows no two.
class TestIsolate {
 public:
  // What the snapshot holds besides the built-in extensions: a script that ran after them. REQUIRES: the same
  // for every TestIsolate of the process.
  explicit TestIsolate(std::string_view setup = "");

  // The completion value as JSON, "undefined", "Name: message" of what was thrown, or the name of a fault.
  std::string Eval(const std::string& source, uint64_t max_console_bytes = 1 << 20);
  // The same under a limit on memory (Limits.memory_bytes).
  std::string EvalWithin(uint64_t memory_bytes, const std::string& source);

  // What the script threw, whole. REQUIRES: it does.
  v1::ScriptException Thrown(const std::string& source);

  // What the last Eval wrote.
  const std::vector<v1::ConsoleMessage>& console() const { return console_; }
  // Evaluates, then gives the texts written, joined by newlines; what was thrown follows.
  std::string Console(const std::string& source);

  // What was written while the snapshot was built.
  static const std::vector<std::string>& build_console();

 private:
  std::string Run(const v1::EvalRequest& request, uint64_t max_console_bytes);

  std::unique_ptr<Runtime> runtime_;
  std::vector<v1::ConsoleMessage> console_;
};

}  // namespace evald
