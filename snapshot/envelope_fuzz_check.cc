#include "snapshot/envelope_fuzz_check.h"

#include "base/check.h"
#include "snapshot/envelope.h"

namespace evald::snapshot {

void CheckEnvelopeDecoder(std::string_view bytes) {
  const absl::StatusOr<Envelope> whole = DecodeEnvelope(bytes);
  const bool enough = bytes.size() <= kMaxSummaryBytes;
  const absl::StatusOr<EnvelopeSummary> summary =
      DecodeEnvelopeHeader(enough ? bytes : bytes.substr(0, kMaxSummaryBytes), bytes.size());
  if (!whole.ok()) {
    EVALD_CHECK(!whole.status().message().empty(), "a refusal says why");
    return;
  }
  EVALD_CHECK(summary.ok() && summary->blob_bytes == whole->blob.size(),
              "the summary of a good envelope is good");
  const char* const end = bytes.data() + bytes.size();
  EVALD_CHECK(whole->blob.data() >= bytes.data() && whole->blob.data() + whole->blob.size() == end,
              "the startup data lies inside the envelope, at its end");
  const absl::StatusOr<std::string> again = EncodeEnvelope(whole->header, whole->recipe, whole->blob);
  EVALD_CHECK(again.ok(), "what was decoded can be encoded");
  EVALD_CHECK(DecodeEnvelope(*again).ok(), "and decoded again");
}

}  // namespace evald::snapshot
