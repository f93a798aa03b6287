// What must hold of the envelope decoder for any bytes whatsoever; shared by its fuzzer and its test.
#pragma once

#include <string_view>

namespace evald::snapshot {

// Decodes `bytes` in every way there is and aborts if the answers contradict each other.
void CheckEnvelopeDecoder(std::string_view bytes);

}  // namespace evald::snapshot
