#include "snapshot/open.h"

#include "absl/strings/str_cat.h"
#include "runtime/identity.h"
#include "runtime/platform.h"
#include "snapshot/envelope.h"
#include "snapshot/inputs.h"
#include "snapshot/store.h"

namespace evald {

absl::StatusOr<OpenedSnapshot> OpenSnapshot(std::string_view envelope,
                                            absl::Span<const Extension> extensions) {
  const absl::StatusOr<snapshot::Envelope> decoded = snapshot::DecodeEnvelope(envelope);
  if (!decoded.ok()) return decoded.status();
  StartV8();
  const snapshot::EnvelopeHeader here =
      snapshot::DescribeInputs(snapshot::BuildInputs(), ThisRuntimeIdentity(OpsOf(extensions)));
  if (const std::string foreign = snapshot::DescribeForeignness(here, decoded->header); !foreign.empty())
    return absl::FailedPreconditionError(absl::StrCat("the snapshot cannot run in this program: ", foreign));
  OpenedSnapshot opened;
  opened.startup_data = decoded->blob;
  for (const snapshot::DeferredModule& module : decoded->recipe.modules()) {
    opened.modules.push_back(
        {module.specifier(), module.source(), static_cast<v1::ModuleSource::Type>(module.type())});
  }
  for (const snapshot::WarmupScript& script : decoded->recipe.warmup())
    opened.warmup.push_back(script.source());
  return opened;
}

}  // namespace evald
