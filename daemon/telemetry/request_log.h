// RequestLog: a line at debug level for each request that has ended.
#pragma once

#include "daemon/requests/request_observer.h"

namespace evald {

class RequestLog final : public RequestObserver {
 public:
  void OnFinished(const FinishedRequest& request) override;
};

}  // namespace evald
