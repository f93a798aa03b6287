// Opening a built snapshot in a C++ program that runs it itself, without the daemon.
//
//   absl::StatusOr<evald::OpenedSnapshot> opened = evald::OpenSnapshot(evald::RulesSnapshot());
//   auto runtime = evald::Runtime::Create({.startup_snapshot = opened->startup_data, .ops =
//   evald::BuiltinOps()});
//   absl::Status preloaded = (*runtime)->Preload(opened->modules);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "runtime/extension.h"
#include "runtime/module.h"

namespace evald {

struct OpenedSnapshot {
  // Inside the bytes that were opened.
  std::string_view startup_data;
  // Those that startup data cannot hold: for Runtime::Preload, before the scripts.
  std::vector<Module> modules;
  // Scripts to run in each isolate when it has been made, in this order.
  std::vector<std::string> warmup;
};

// `envelope`: what evald_snapshot() or `evald-snapshot build --output` made; it outlives what is returned.
// Starts V8 with the default engine. `extensions`: all whose ops the program passes to Runtime.
//
// INVALID_ARGUMENT, DATA_LOSS, OUT_OF_RANGE: not an envelope, a damaged one, one of another format.
// FAILED_PRECONDITION: another V8, other flags, other native functions, another processor: the message says
// which.
absl::StatusOr<OpenedSnapshot> OpenSnapshot(std::string_view envelope,
                                            absl::Span<const Extension> extensions);

}  // namespace evald
