// What reads the store's files: the envelope decoder on any bytes, and, since digests keep a fuzzer out, on
// bytes whose digests are made right first; the note of what serves, likewise.

#include <string>

#include "base/check.h"
#include "snapshot/envelope.h"
#include "snapshot/envelope_fuzz_check.h"
#include "snapshot/serving_note.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using evald::snapshot::DecodeEnvelope;
using evald::snapshot::DecodeServingNote;
using evald::snapshot::EncodeServingNote;
using evald::snapshot::Envelope;
using evald::snapshot::ServingNote;

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

// A note from the store, and one made of the fuzzer's choice.
void CheckNote(evald::fuzz::Input input) {
  const std::string text(input.TakeRest());
  if (const absl::StatusOr<ServingNote> note = DecodeServingNote(text); note.ok())
    EVALD_CHECK(EncodeServingNote(*note) == text, "a note is read as it was written or not at all");
  const ServingNote made{text.size(), text};
  const absl::StatusOr<ServingNote> again = DecodeServingNote(EncodeServingNote(made));
  if (text.find('\n') == std::string::npos) {
    EVALD_CHECK(again.ok() && again->generation == made.generation && again->config_fingerprint == text,
                "what was noted comes out as it went in");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  evald::fuzz::Input input(data, size);
  switch (input.Byte() % 3) {
    case 0:
      evald::snapshot::CheckEnvelopeDecoder(input.TakeRest());
      break;
    case 1:
      CheckSealed(input);
      break;
    case 2:
      CheckNote(input);
      break;
  }
  return 0;
}
