#include "client/format.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"

namespace evald {
namespace {

std::string Bytes(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " bytes");
  if (bytes < 1024 * 1024) return absl::StrFormat("%.1f KiB", static_cast<double>(bytes) / 1024);
  return absl::StrFormat("%.1f MiB", static_cast<double>(bytes) / (1024 * 1024));
}

std::string OriginName(v1::IsolateOrigin origin) {
  switch (origin) {
    case v1::ISOLATE_ORIGIN_FORKED:
      return "forked";
    case v1::ISOLATE_ORIGIN_REWOUND:
      return "rewound";
    case v1::ISOLATE_ORIGIN_REUSED:
      return "reused";
    default:
      return "of unknown origin";
  }
}

// Blanks up to `column`, counted from 1 in UTF-16 units as V8 does; tabs stay, so that the caret stands where
// the eye expects it. Empty if the line has no such column.
std::string CaretLine(const std::string& line, int column) {
  std::string blanks;
  int units = 1;
  for (size_t i = 0; i < line.size() && units < column; ++i) {
    const unsigned char c = static_cast<unsigned char>(line[i]);
    if ((c & 0xC0) == 0x80) continue;
    units += c >= 0xF0 ? 2 : 1;
    blanks += c == '\t' ? '\t' : ' ';
  }
  return units < column ? "" : blanks + "^";
}

std::string Hint(const absl::Status& status, const std::string& server) {
  const v1::ErrorReason reason = ReasonOf(status);
  if (absl::IsUnavailable(status) && reason == v1::ERROR_REASON_UNSPECIFIED) {
    return absl::StrCat("is evald running at ", server,
                        "? `./dev run` starts it; --server or EVALD_SERVER names another address");
  }
  switch (reason) {
    case v1::ERROR_REASON_NOT_READY:
      return "evald is still starting: try again in a moment";
    case v1::ERROR_REASON_WALL_TIME_LIMIT:
      return "--timeout gives a script more time, up to the daemon's ceiling";
    case v1::ERROR_REASON_UNAUTHENTICATED:
      return "--token_file or EVALD_TOKEN_FILE names the file that holds the daemon's admin token";
    case v1::ERROR_REASON_QUEUE_FULL:
      return "evald has more to do than it may queue: try again later";
    default:
      return "";
  }
}

// `text` with every control character that is not in `kept` as a question mark.
std::string Harmless(const std::string& text, std::string_view kept) {
  std::string harmless;
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char byte = static_cast<unsigned char>(text[i]);
    const unsigned char next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((byte < 0x20 || byte == 0x7f) && kept.find(text[i]) == std::string_view::npos) {
      harmless += '?';
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F steer some terminals too
      harmless += '?';
      ++i;
    } else {
      harmless += text[i];
    }
  }
  return harmless;
}

std::string Or(const std::string& text, const char* otherwise) { return text.empty() ? otherwise : text; }

template <typename Fields>
std::string Aligned(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) absl::StrAppend(&text, absl::StrFormat("%-12s %s\n", name, value));
  return text;
}

using Field = std::pair<std::string, std::string>;

std::vector<Field> SnapshotFields(const v1::Snapshot& snapshot) {
  const absl::Time built = absl::FromUnixSeconds(snapshot.built_at().seconds());
  return {
      {"generation", absl::StrCat(snapshot.generation(), snapshot.serving() ? " (serving)" : "")},
      {"built", absl::StrCat(absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", built, absl::UTCTimeZone()), ", in ",
                             FormatMillis(snapshot.build_time()))},
      {"size", Bytes(snapshot.blob_bytes())},
      {"because", Or(snapshot.build_reason(), "-")},
      {"V8", snapshot.v8_version()},
      {"fingerprint", snapshot.fingerprint()},
      {"extensions", Or(absl::StrJoin(snapshot.extensions(), ", "), "none")},
      {"modules", Or(absl::StrJoin(snapshot.modules(), ", "), "none")},
  };
}

}  // namespace

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

std::string FormatValue(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kJson:
      return value.json();
    case v1::Value::kStructured:
      return FormatJson(value.structured());
    case v1::Value::kBytes:
      return absl::StrCat("\"", absl::Base64Escape(value.bytes()), "\"");
    case v1::Value::kUndefined:
    case v1::Value::KIND_NOT_SET:
      return "undefined";
  }
  return "undefined";
}

std::string FormatRawValue(const v1::Value& value) {
  return value.kind_case() == v1::Value::kBytes ? value.bytes() : FormatValue(value);
}

std::string FormatException(const v1::ScriptException& exception) {
  std::string text;
  if (exception.line() > 0) {
    absl::StrAppend(&text, Or(exception.resource_name(), "eval.js"), ":", exception.line(), "\n");
    if (!exception.source_line().empty()) {
      absl::StrAppend(&text, exception.source_line(), "\n");
      if (const std::string caret = CaretLine(exception.source_line(), exception.column()); !caret.empty()) {
        absl::StrAppend(&text, caret, "\n");
      }
    }
    absl::StrAppend(&text, "\n");
  }
  if (!exception.stack().empty()) {
    absl::StrAppend(&text, exception.stack());
  } else if (exception.name() == "Uncaught") {
    absl::StrAppend(&text, "Uncaught ", exception.message());
  } else {
    absl::StrAppend(&text, exception.name(), exception.message().empty() ? "" : ": ", exception.message());
  }
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

std::string FormatConsole(const Reply& reply) {
  std::string text;
  for (const v1::ConsoleMessage& message : reply.console()) absl::StrAppend(&text, message.text(), "\n");
  if (reply.console_truncated())
    absl::StrAppend(&text, "evalctl: there was more console output than evald returns\n");
  return text;
}

std::string FormatStats(const v1::ExecutionStats& stats) {
  return absl::StrCat(
      "wall ", FormatMillis(stats.wall_time()), ", cpu ", FormatMillis(stats.cpu_time()), ", queued ",
      FormatMillis(stats.queue_time()), ", cold start ", FormatMillis(stats.cold_start()), ", heap ",
      Bytes(stats.heap_bytes()), ", worker ", stats.worker_id(), " (", OriginName(stats.isolate_origin()),
      ", uses before: ", stats.worker_uses(), "), snapshot generation ", stats.snapshot_generation());
}

std::string FormatError(const absl::Status& status, const std::string& server) {
  const std::string reason = ReasonName(ReasonOf(status));
  std::string text = absl::StatusCodeToString(status.code());
  if (!reason.empty()) absl::StrAppend(&text, " (", reason, ")");
  absl::StrAppend(&text, ": ", PrintableLines(std::string(status.message())));
  if (const v1::ErrorDetail detail = DetailOf(status); !detail.stack().empty())
    absl::StrAppend(&text, "\n", PrintableLines(detail.stack()));
  if (const std::string hint = Hint(status, server); !hint.empty())
    absl::StrAppend(&text, "\n  hint: ", hint);
  return text;
}

std::string FormatStatus(Client::Health health, const v1::GetSnapshotResponse& status) {
  const v1::Snapshot& snapshot = status.snapshot();
  const v1::PoolStatus& pool = status.pool();
  std::string rewind = pool.rewind() ? "on" : "off";
  if (!pool.rewind_off_reason().empty())
    absl::StrAppend(&rewind, " although configured: ", pool.rewind_off_reason());
  std::vector<std::string> retired;
  for (const auto& [reason, count] : pool.retired()) retired.push_back(absl::StrCat(reason, " ", count));
  std::sort(retired.begin(), retired.end());
  return Aligned(std::vector<Field>{
      {"evald", absl::StrCat(Or(status.evald_version(), "?"),
                             health == Client::Health::kServing ? ", serving" : ", NOT serving")},
      {"uptime", absl::FormatDuration(absl::Trunc(ToDuration(status.uptime()), absl::Seconds(1)))},
      {"snapshot", absl::StrCat("generation ", snapshot.generation(), ", ", Bytes(snapshot.blob_bytes()),
                                ", V8 ", snapshot.v8_version())},
      {"extensions", Or(absl::StrJoin(snapshot.extensions(), ", "), "none")},
      {"modules", Or(absl::StrJoin(snapshot.modules(), ", "), "none")},
      {"workers", absl::StrCat(pool.idle(), " idle, ", pool.busy(), " busy, ", pool.starting(),
                               " starting, at most ", pool.max_workers())},
      {"queued", absl::StrCat(pool.queued(), pool.queued() == 1 ? " request" : " requests")},
      {"rewind", rewind},
      {"sandbox", pool.sandbox_in_force().empty() ? "none" : absl::StrJoin(pool.sandbox_in_force(), "; ")},
      {"not in force", Or(absl::StrJoin(pool.sandbox_missing(), "; "), "none")},
      {"so far", absl::StrCat(pool.forks(), " forks, ", pool.rewinds(), " rewinds, ", pool.zygote_restarts(),
                              " zygote restarts")},
      {"retired", Or(absl::StrJoin(retired, ", "), "none")},
  });
}

std::string FormatSnapshot(const v1::Snapshot& snapshot) { return Aligned(SnapshotFields(snapshot)); }

std::string FormatSnapshots(const v1::ListSnapshotsResponse& snapshots) {
  if (snapshots.snapshots().empty()) return "no snapshots are stored\n";
  return absl::StrJoin(snapshots.snapshots(), "\n", [](std::string* out, const v1::Snapshot& snapshot) {
    out->append(FormatSnapshot(snapshot));
  });
}

std::string FormatMillis(const google::protobuf::Duration& duration) {
  return absl::StrFormat("%.2f ms", absl::ToDoubleMilliseconds(ToDuration(duration)));
}

std::string Printable(const std::string& text) { return Harmless(text, ""); }

std::string PrintableLines(const std::string& text) { return Harmless(text, "\n\t"); }

std::string FormatJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) return absl::StrCat("\"cannot be written as JSON: ", std::string(status.message()), "\"");
  return text;
}

}  // namespace evald
