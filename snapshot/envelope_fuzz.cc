// Fuzzes the envelope decoder. Linked with libFuzzer (clang -fsanitize=fuzzer), or with any driver that calls
// this.
#include "snapshot/envelope_fuzz.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::snapshot::CheckEnvelopeDecoder({reinterpret_cast<const char*>(data), size});
  return 0;
}
