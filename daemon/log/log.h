// The daemon's log: one line per event on standard error, as text or as JSON objects.
#pragma once

#include <spdlog/formatter.h>

#include <memory>
#include <string>

namespace evald {

enum class LogFormat { kText, kJson };

struct LogOptions {
  LogFormat format = LogFormat::kText;
  // As spdlog names them: "debug", "info", "warning"...
  std::string level = "info";
};

// Sets up spdlog's default logger, and sends what gRPC and protobuf have to say there too.
void InitLog(const LogOptions& options);

// Both put the fields of log_fields.h at the end.
// 2024-01-31T12:00:00.123Z I ... tenant=one
std::unique_ptr<spdlog::formatter> MakeTextFormatter();
// {"time":"2024-01-31T12:00:00.123Z","level":"info","message":"...","tenant":"one"}
std::unique_ptr<spdlog::formatter> MakeJsonFormatter();

}  // namespace evald
