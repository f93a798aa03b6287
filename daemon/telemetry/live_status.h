// LiveStatusSource: the seam between the one who keeps the live figures and those who show them (the admin
// endpoint's GET /v1/events, StatusService).
#pragma once

#include "evald/v1/status.pb.h"

namespace evald {

// Called on the loop only.
class LiveStatusSource {
 public:
  virtual ~LiveStatusSource() = default;
  // How things stand now, all of it. `status` is empty before.
  virtual void FillLive(v1::LiveStatus& status) = 0;
};

}  // namespace evald
