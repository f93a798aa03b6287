#include "daemon/log/log_fields.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace evald {
namespace {

// spdlog's messages have no room for fields. Its sinks here write on the caller's thread, so that this is
// where the formatter finds them.
thread_local std::span<const LogField> fields_of_this_line;

}  // namespace

void LogWith(spdlog::level::level_enum level, std::string_view message,
             std::initializer_list<LogField> fields) {
  spdlog::logger* const logger = spdlog::default_logger_raw();
  if (!logger->should_log(level)) return;
  fields_of_this_line = {fields.begin(), fields.size()};
  logger->log(level, spdlog::string_view_t(message.data(), message.size()));
  fields_of_this_line = {};
}

std::span<const LogField> FieldsOfThisLine() { return fields_of_this_line; }

}  // namespace evald
