// Log lines with fields, which programs can search for: {"message":"...","request_id":"..."} as JSON,
// message request_id=... as text.
#pragma once

#include <spdlog/common.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

namespace evald {

struct LogField {
  // A word in snake_case.
  std::string_view key;
  std::variant<std::string_view, uint64_t> value;
};

// A line of the default logger. Any thread.
void LogWith(spdlog::level::level_enum level, std::string_view message,
             std::initializer_list<LogField> fields);

// For formatters: those of the line that is being written on this thread.
std::span<const LogField> FieldsOfThisLine();

}  // namespace evald
