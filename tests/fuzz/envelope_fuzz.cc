// The envelope decoder: any bytes, and, since digests keep a fuzzer out, bytes whose digests are made right
// first.

#include <string>

#include "base/check.h"
#include "snapshot/envelope.h"
#include "snapshot/envelope_fuzz_check.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using evald::snapshot::DecodeEnvelope;
using evald::snapshot::Envelope;

// Header, recipe and startup data of the fuzzer's choice, sealed, then damaged in one byte.
void CheckSealed(evald::fuzz::Input input) {
  const uint8_t damage = input.Byte(), place = input.Byte();
  evald::snapshot::EnvelopeHeader header;
  if (!header.ParseFromString(std::string(input.Take(input.Byte())))) return;
  evald::snapshot::Recipe recipe;
  if (!recipe.ParseFromString(std::string(input.Take(input.Byte())))) return;
  const std::string blob(input.TakeRest());
  absl::StatusOr<std::string> sealed = evald::snapshot::EncodeEnvelope(header, recipe, blob);
  EVALD_CHECK(sealed.ok(), "a small header can be encoded");
  const absl::StatusOr<Envelope> whole = DecodeEnvelope(*sealed);
  EVALD_CHECK(whole.ok() && whole->blob == blob, "what was sealed comes out as it went in");
  EVALD_CHECK(whole->header.SerializeAsString() == header.SerializeAsString(), "and so does its header");
  EVALD_CHECK(whole->recipe.SerializeAsString() == recipe.SerializeAsString(), "and so does its recipe");
  evald::snapshot::CheckEnvelopeDecoder(*sealed);
  if (damage == 0) return;
  char& byte = (*sealed)[place * sealed->size() / 256];
  byte = static_cast<char>(byte ^ damage);
  EVALD_CHECK(!DecodeEnvelope(*sealed).ok(), "one altered byte is noticed");
  evald::snapshot::CheckEnvelopeDecoder(*sealed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  evald::fuzz::Input input(data, size);
  if (input.Byte() % 2 == 0) {
    evald::snapshot::CheckEnvelopeDecoder(input.TakeRest());
  } else {
    CheckSealed(input);
  }
  return 0;
}
