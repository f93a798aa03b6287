// Outcome: how a request ended, as one small number and one name. For counting and showing.
#pragma once

#include <cstddef>
#include <string_view>

#include "daemon/requests/request_observer.h"

namespace evald {

// Below kOutcomes.
using Outcome = size_t;

inline constexpr Outcome kOutcomeOk = 0;
inline constexpr Outcome kOutcomeException = static_cast<Outcome>(v1::ErrorReason_MAX) + 1;
inline constexpr size_t kOutcomes = kOutcomeException + 1;

// Failures are their ErrorReason's number; one that this version does not know is INTERNAL.
Outcome OutcomeOf(const FinishedRequest& request);

// It was turned away without having waited for a worker.
bool RefusedAtOnce(Outcome outcome);

// "OK", "EXCEPTION", or the name of the ErrorReason without its prefix. Static.
std::string_view OutcomeName(Outcome outcome);

// "Eval" or "CallFunction".
std::string_view MethodName(FinishedRequest::Method method);

}  // namespace evald
