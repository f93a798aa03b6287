// Drainable: the seam between the daemon and those who send it away from its clients (POST /v1/drain).
#pragma once

namespace evald {

// Loop thread only.
class Drainable {
 public:
  virtual ~Drainable() = default;
  // Whoever asks how the daemon is (readyz, gRPC health) hears "draining" from now on, while requests are
  // served as before: balancers move away without a failed request. A signal then does the rest. Nothing
  // happens the second time.
  virtual void StartLameDuck() = 0;
};

}  // namespace evald
