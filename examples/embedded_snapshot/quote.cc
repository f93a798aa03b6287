// A C++ program with a snapshot inside: no daemon, no file, no JavaScript to parse when it starts.
#include <cstdio>
#include <string>

#include "examples/embedded_snapshot/rules.h"
#include "runtime/extensions/builtin.h"
#include "runtime/runtime.h"
#include "snapshot/open.h"

int main(int argc, char** argv) {
  const auto fail = [](const absl::Status& status) {
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    return 1;
  };
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s NET CUSTOMER\n", argv[0]);
    return 2;
  }
  const absl::StatusOr<evald::OpenedSnapshot> snapshot =
      evald::OpenSnapshot(evald::RulesSnapshot(), evald::BuiltinExtensions());
  if (!snapshot.ok()) return fail(snapshot.status());
  const auto runtime =
      evald::Runtime::Create({.startup_snapshot = snapshot->startup_data, .ops = evald::BuiltinOps()});
  if (!runtime.ok()) return fail(runtime.status());
  for (const std::string& script : snapshot->warmup) {
    if (const auto ran = (*runtime)->Evaluate(script); !ran.ok()) return fail(ran.status());
  }
  evald::v1::CallFunctionRequest call;
  call.set_module("rules");
  call.set_function("price");
  call.add_args()->set_json(argv[1]);
  call.add_args()->mutable_structured()->set_string_value(argv[2]);
  const evald::Execution execution = (*runtime)->CallFunction(call);
  const auto* const value = std::get_if<evald::v1::Value>(&execution.outcome);
  if (value == nullptr) return fail(absl::InvalidArgumentError("the rules have no price for that"));
  std::printf("%s\n", value->json().c_str());
  return 0;
}
