#include "daemon/log/log.h"

#include <grpc/support/log.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "daemon/log/log_fields.h"
#include "daemon/log/protobuf_log.h"

namespace evald {
namespace {

void AppendEscaped(std::string_view text, spdlog::memory_buf_t& into) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      into.push_back('\\');
      into.push_back(c);
    } else if (byte < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      const char escape[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
      into.append(escape, escape + sizeof(escape));
    } else {
      into.push_back(c);
    }
  }
}

void Append(std::string_view text, spdlog::memory_buf_t& into) {
  into.append(text.data(), text.data() + text.size());
}

void AppendQuoted(std::string_view text, spdlog::memory_buf_t& into) {
  into.push_back('"');
  AppendEscaped(text, into);
  into.push_back('"');
}

// ` key=value` for each field; in quotes what would not read back as one word.
class FieldsFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg&, const std::tm&, spdlog::memory_buf_t& into) override {
    for (const LogField& field : FieldsOfThisLine()) {
      into.push_back(' ');
      Append(field.key, into);
      into.push_back('=');
      if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        IsWord(*text) ? Append(*text, into) : AppendQuoted(*text, into);
      } else {
        Append(std::to_string(std::get<uint64_t>(field.value)), into);
      }
    }
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<FieldsFlag>(); }

 private:
  static bool IsWord(std::string_view text) {
    const auto breaks = [](char c) {
      return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7F;
    };
    return !text.empty() && std::none_of(text.begin(), text.end(), breaks);
  }
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& into) override {
    const auto since_epoch = message.time.time_since_epoch();
    const time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count() % 1000;
    tm utc{};
    gmtime_r(&seconds, &utc);
    char time[40];
    const size_t length = strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &utc);
    char fraction[8];
    snprintf(fraction, sizeof(fraction), ".%03dZ", static_cast<int>(millis));
    const spdlog::string_view_t level = spdlog::level::to_string_view(message.level);
    Append(R"({"time":")", into);
    Append({time, length}, into);
    Append(fraction, into);
    Append(R"(","level":")", into);
    Append({level.data(), level.size()}, into);
    Append(R"(","message":")", into);
    AppendEscaped({message.payload.data(), message.payload.size()}, into);
    Append("\"", into);
    for (const LogField& field : FieldsOfThisLine()) {
      Append(",\"", into);
      Append(field.key, into);
      Append("\":", into);
      if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        AppendQuoted(*text, into);
      } else {
        Append(std::to_string(std::get<uint64_t>(field.value)), into);
      }
    }
    Append("}\n", into);
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

void FromGrpc(gpr_log_func_args* args) {
  switch (args->severity) {
    case GPR_LOG_SEVERITY_DEBUG:
      return spdlog::trace("grpc: {}", args->message);
    case GPR_LOG_SEVERITY_INFO:
      return spdlog::debug("grpc: {}", args->message);
    case GPR_LOG_SEVERITY_ERROR:
      return spdlog::warn("grpc: {}", args->message);
  }
}

}  // namespace

void InitLog(const LogOptions& options) {
  auto logger = spdlog::stderr_logger_mt("evald");
  switch (options.format) {
    case LogFormat::kText:
      logger->set_formatter(MakeTextFormatter());
      break;
    case LogFormat::kJson:
      logger->set_formatter(MakeJsonFormatter());
      break;
  }
  logger->set_level(spdlog::level::from_str(options.level));
  spdlog::set_default_logger(std::move(logger));
  gpr_set_log_function(&FromGrpc);
  InstallProtobufLog();
}

std::unique_ptr<spdlog::formatter> MakeTextFormatter() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<FieldsFlag>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %L %v%*");
  return formatter;
}

std::unique_ptr<spdlog::formatter> MakeJsonFormatter() { return std::make_unique<JsonFormatter>(); }

}  // namespace evald
