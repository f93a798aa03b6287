#include "daemon/requests/limits.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daemon/loop/proto_time.h"

namespace evald {
namespace {

using google::protobuf::Duration;
using Limits = v1::Limits;

struct TimeField {
  const char* name;
  bool (Limits::*has)() const;
  const Duration& (Limits::*get)() const;
  Duration* (Limits::*mutate)();
};

// 0 stands for "not set".
struct CountField {
  const char* name;
  const char* unit;
  uint64_t (*get)(const Limits&);
  void (*set)(Limits&, uint64_t);
};

constexpr TimeField kTimes[] = {
    {"wall_time", &Limits::has_wall_time, &Limits::wall_time, &Limits::mutable_wall_time},
    {"cpu_time", &Limits::has_cpu_time, &Limits::cpu_time, &Limits::mutable_cpu_time},
};

constexpr CountField kCounts[] = {
    {"heap_bytes", "bytes", [](const Limits& limits) { return limits.heap_bytes(); },
     [](Limits& limits, uint64_t value) { limits.set_heap_bytes(value); }},
    {"memory_bytes", "bytes", [](const Limits& limits) { return limits.memory_bytes(); },
     [](Limits& limits, uint64_t value) { limits.set_memory_bytes(value); }},
    {"output_bytes", "bytes", [](const Limits& limits) { return limits.output_bytes(); },
     [](Limits& limits, uint64_t value) { limits.set_output_bytes(value); }},
    {"console_bytes", "bytes", [](const Limits& limits) { return limits.console_bytes(); },
     [](Limits& limits, uint64_t value) { limits.set_console_bytes(value); }},
    {"source_bytes", "bytes", [](const Limits& limits) { return limits.source_bytes(); },
     [](Limits& limits, uint64_t value) { limits.set_source_bytes(value); }},
    {"result_depth", "levels", [](const Limits& limits) -> uint64_t { return limits.result_depth(); },
     [](Limits& limits, uint64_t value) { limits.set_result_depth(static_cast<uint32_t>(value)); }},
};

absl::Status Invalid(absl::string_view path, absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ".", field, ": ", what));
}

absl::Status ValidateTime(absl::string_view path, absl::string_view field, const Duration& value,
                          const Duration& ceiling) {
  constexpr int32_t kNanosPerSecond = 1'000'000'000;
  const bool mixed = (value.seconds() > 0 && value.nanos() < 0) || (value.seconds() < 0 && value.nanos() > 0);
  if (mixed || value.nanos() <= -kNanosPerSecond || value.nanos() >= kNanosPerSecond) {
    return Invalid(path, field,
                   "not a valid duration (nanos must be below a second and have the sign of seconds)");
  }
  const evald::Duration duration = ToDuration(value);
  if (duration < evald::Duration(0)) return Invalid(path, field, "must not be negative");
  if (duration == evald::Duration(0)) return Invalid(path, field, "must be more than 0");
  if (duration <= ToDuration(ceiling)) return absl::OkStatus();
  const auto text = [](evald::Duration d) { return absl::FormatDuration(absl::FromChrono(d)); };
  return Invalid(
      path, field,
      absl::StrCat(text(duration), " is more than the ", text(ToDuration(ceiling)), " allowed here"));
}

// Field by field `a` or `b`: the larger where `larger`, the smaller otherwise.
Limits Merge(const Limits& a, const Limits& b, bool larger) {
  Limits merged = a;
  for (const TimeField& field : kTimes) {
    const Duration& other = (b.*field.get)();
    if ((ToDuration(other) > ToDuration((a.*field.get)())) == larger) *(merged.*field.mutate)() = other;
  }
  for (const CountField& field : kCounts) {
    if ((field.get(b) > field.get(a)) == larger) field.set(merged, field.get(b));
  }
  return merged;
}

}  // namespace

absl::Status ValidateLimits(absl::string_view path, const Limits& limits, const Limits& ceilings) {
  for (const TimeField& field : kTimes) {
    if (!(limits.*field.has)()) continue;
    absl::Status ok = ValidateTime(path, field.name, (limits.*field.get)(), (ceilings.*field.get)());
    if (!ok.ok()) return ok;
  }
  for (const CountField& field : kCounts) {
    if (field.get(limits) <= field.get(ceilings)) continue;
    return Invalid(path, field.name,
                   absl::StrCat(field.get(limits), " is more than the ", field.get(ceilings), " ", field.unit,
                                " allowed here"));
  }
  return absl::OkStatus();
}

void FillUnset(const Limits& from, Limits& limits) {
  for (const TimeField& field : kTimes) {
    if (!(limits.*field.has)() && (from.*field.has)()) *(limits.*field.mutate)() = (from.*field.get)();
  }
  for (const CountField& field : kCounts) {
    if (field.get(limits) == 0) field.set(limits, field.get(from));
  }
}

void Clamp(const Limits& ceilings, Limits& limits) {
  for (const TimeField& field : kTimes) {
    if (!(limits.*field.has)()) continue;
    const google::protobuf::Duration& ceiling = (ceilings.*field.get)();
    if (ToDuration((limits.*field.get)()) > ToDuration(ceiling)) *(limits.*field.mutate)() = ceiling;
  }
  for (const CountField& field : kCounts) {
    if (field.get(limits) > field.get(ceilings)) field.set(limits, field.get(ceilings));
  }
}

Limits Smaller(const Limits& a, const Limits& b) { return Merge(a, b, false); }
Limits Larger(const Limits& a, const Limits& b) { return Merge(a, b, true); }

}  // namespace evald
