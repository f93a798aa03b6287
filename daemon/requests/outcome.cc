#include "daemon/requests/outcome.h"

#include <array>

namespace evald {
namespace {

constexpr std::string_view kReasonPrefix = "ERROR_REASON_";

std::array<std::string_view, kOutcomes> MakeNames() {
  std::array<std::string_view, kOutcomes> names;
  for (Outcome outcome = 0; outcome < kOutcomes; ++outcome) {
    names[outcome] = v1::ErrorReason_Name(static_cast<v1::ErrorReason>(outcome));
    if (!names[outcome].empty()) names[outcome].remove_prefix(kReasonPrefix.size());
  }
  names[kOutcomeOk] = "OK";
  names[kOutcomeException] = "EXCEPTION";
  return names;
}

}  // namespace

Outcome OutcomeOf(const FinishedRequest& request) {
  if (request.reason == v1::ERROR_REASON_UNSPECIFIED) return request.threw ? kOutcomeException : kOutcomeOk;
  // A reason that a worker made up must not lead outside of anybody's arrays.
  if (!v1::ErrorReason_IsValid(request.reason)) return v1::ERROR_REASON_INTERNAL;
  return static_cast<Outcome>(request.reason);
}

bool RefusedAtOnce(Outcome outcome) {
  return outcome == v1::ERROR_REASON_INVALID_REQUEST || outcome == v1::ERROR_REASON_SOURCE_LIMIT ||
         outcome == v1::ERROR_REASON_QUEUE_FULL || outcome == v1::ERROR_REASON_NOT_READY ||
         outcome == v1::ERROR_REASON_DRAINING;
}

std::string_view OutcomeName(Outcome outcome) {
  static const std::array<std::string_view, kOutcomes> names = MakeNames();
  return names[outcome];
}

std::string_view MethodName(FinishedRequest::Method method) {
  switch (method) {
    case FinishedRequest::Method::kEval:
      return "Eval";
    case FinishedRequest::Method::kCallFunction:
      return "CallFunction";
  }
  return "unknown";
}

}  // namespace evald
