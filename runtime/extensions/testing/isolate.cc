#include "runtime/extensions/testing/isolate.h"

#include <iostream>
#include <variant>

#include "base/check.h"
#include "runtime/extensions/builtin.h"
#include "runtime/platform.h"
#include "runtime/snapshot_builder.h"

namespace evald {
namespace {

struct Built {
  std::string bytes;
  std::vector<std::string> console;
};

Built Build(std::string_view setup) {
  v1::EngineConfig everything;  // what extensions must cope with, it may be turned on
  everything.set_shared_array_buffer(true);
  StartV8(everything);
  Built built;
  auto builder = SnapshotBuilder::Create(
      {.extensions = BuiltinExtensions(), .ops = BuiltinOps(), .on_console = [&built](std::string_view line) {
         built.console.emplace_back(line);
       }});
  if (!builder.ok()) std::cerr << builder.status() << "\n";
  EVALD_CHECK(builder.ok(), "the built-in extensions evaluate");
  const absl::Status evaluated = (*builder)->Evaluate(setup, "setup.js");
  if (!evaluated.ok()) std::cerr << evaluated << "\n";
  EVALD_CHECK(evaluated.ok(), "the setup script evaluates");
  absl::StatusOr<std::string> bytes = (*builder)->Finish();
  EVALD_CHECK(bytes.ok(), "the built-in extensions can be part of a snapshot");
  built.bytes = *std::move(bytes);
  return built;
}

const Built& TheSnapshot(std::string_view setup) {
  static const Built* const built = new Built(Build(setup));
  return *built;
}

}  // namespace

TestIsolate::TestIsolate(std::string_view setup) {
  auto runtime = Runtime::Create({.startup_snapshot = TheSnapshot(setup).bytes,
                                  .ops = BuiltinOps(),
                                  // Comparisons keep all that they print.
                                  .heap_bytes = 256 << 20});
  EVALD_CHECK(runtime.ok(), "an isolate can be made from the snapshot");
  runtime_ = *std::move(runtime);
}

std::string TestIsolate::Eval(const std::string& source, uint64_t max_console_bytes) {
  v1::EvalRequest request;
  request.set_source(source);
  return Run(request, max_console_bytes);
}

std::string TestIsolate::EvalWithin(uint64_t memory_bytes, const std::string& source) {
  v1::EvalRequest request;
  request.set_source(source);
  request.mutable_limits()->set_memory_bytes(memory_bytes);
  return Run(request, 1 << 20);
}

std::string TestIsolate::Run(const v1::EvalRequest& request, uint64_t max_console_bytes) {
  Execution execution = runtime_->Eval(request, max_console_bytes);
  console_ = std::move(execution.console);
  if (const auto* value = std::get_if<v1::Value>(&execution.outcome)) {
    return value->has_undefined() ? "undefined"
           : value->has_bytes()   ? "bytes:" + value->bytes()
                                  : value->json();
  }
  if (const auto* exception = std::get_if<v1::ScriptException>(&execution.outcome)) {
    return exception->name() + ": " + exception->message();
  }
  return v1::ErrorReason_Name(std::get<Fault>(execution.outcome).reason);
}

v1::ScriptException TestIsolate::Thrown(const std::string& source) {
  v1::EvalRequest request;
  request.set_source(source);
  return std::get<v1::ScriptException>(runtime_->Eval(request).outcome);
}

std::string TestIsolate::Console(const std::string& source) {
  const std::string result = Eval(source + "\n;undefined");
  std::string text;
  for (const v1::ConsoleMessage& message : console_) text += (text.empty() ? "" : "\n") + message.text();
  return result == "undefined" ? text : text + result;
}

const std::vector<std::string>& TestIsolate::build_console() { return TheSnapshot("").console; }

}  // namespace evald
