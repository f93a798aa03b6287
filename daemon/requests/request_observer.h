// RequestObserver: the seam between the requests and those who count and show them.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "evald/v1/script.pb.h"

namespace evald {

// One request that has ended. All that it refers to is the caller's.
struct FinishedRequest {
  enum class Method { kEval, kCallFunction };
  Method method;
  // Of one that is too long, the beginning.
  std::string_view tenant;
  // Nobody knows whose it was; `tenant` is empty.
  bool unreadable = false;
  std::string_view request_id;
  // ERROR_REASON_UNSPECIFIED: it was answered.
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  // It was answered with the script's exception.
  bool threw = false;
  // The exception's ("TypeError: x is not a function") or the failure's. May have been cut.
  std::string_view message;
  // From arrival to the end.
  Duration end_to_end{};
  // Null: it did not run, or its worker was gone before it could tell.
  const v1::ExecutionStats* stats = nullptr;
};

// Called on the loop, once for each request, those that were refused included.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  virtual void OnFinished(const FinishedRequest& request) = 0;
};

}  // namespace evald
