// Requests as the services get them: bytes, parsed, validated, completed. No V8: see eval_fuzz.cc for what
// follows.

#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>

#include <string>

#include "absl/strings/match.h"
#include "base/check.h"
#include "daemon/loop/proto_time.h"
#include "daemon/requests/validator.h"
#include "evald/internal/worker.pb.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using evald::LimitBounds;
using evald::v1::Limits;

// Two NaNs in the same place are no difference.
bool Equal(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  return differencer.Compare(a, b);
}

LimitBounds Bounds() {
  LimitBounds bounds;
  bounds.ceilings.mutable_wall_time()->set_seconds(60);
  bounds.ceilings.mutable_cpu_time()->set_seconds(60);
  bounds.ceilings.set_heap_bytes(64 << 20);
  bounds.ceilings.set_output_bytes(64 << 20);
  bounds.ceilings.set_memory_bytes(512 << 20);
  bounds.ceilings.set_console_bytes(1 << 20);
  bounds.ceilings.set_source_bytes(16 << 20);
  bounds.ceilings.set_result_depth(1000);
  bounds.defaults = bounds.ceilings;
  bounds.defaults.mutable_wall_time()->set_seconds(5);
  return bounds;
}

void CheckRefusal(const absl::Status& refusal) {
  EVALD_CHECK(absl::IsInvalidArgument(refusal), "a refusal blames the request");
  const absl::string_view message = refusal.message();
  const bool named = absl::StrContains(message, ": ");
  EVALD_CHECK(named, "a refusal names the field");
  EVALD_CHECK(message.size() < 1024, "a refusal repeats little of the request");
  // gRPC sends it as a header: whoever reads logs and terminals is safe from what a client made up.
  for (const char c : message) {
    EVALD_CHECK(static_cast<unsigned char>(c) >= 0x20, "a refusal is one line of text");
  }
  // Only valid UTF-8 gets into a string field again.
  google::protobuf::Value text;
  text.set_string_value(std::string(message));
  EVALD_CHECK(google::protobuf::Value().ParseFromString(text.SerializeAsString()), "a refusal is UTF-8");
}

void CheckWithin(const Limits& limits, const Limits& ceilings) {
  EVALD_CHECK(evald::ToDuration(limits.wall_time()) > evald::Duration(0) &&
                  evald::ToDuration(limits.wall_time()) <= evald::ToDuration(ceilings.wall_time()),
              "the wall time is bounded");
  EVALD_CHECK(evald::ToDuration(limits.cpu_time()) > evald::Duration(0) &&
                  evald::ToDuration(limits.cpu_time()) <= evald::ToDuration(ceilings.cpu_time()),
              "the CPU time is bounded");
  EVALD_CHECK(limits.heap_bytes() > 0 && limits.heap_bytes() <= ceilings.heap_bytes(), "the heap is bounded");
  EVALD_CHECK(limits.output_bytes() > 0 && limits.output_bytes() <= ceilings.output_bytes(),
              "the result is bounded");
  EVALD_CHECK(limits.memory_bytes() > 0 && limits.memory_bytes() <= ceilings.memory_bytes(),
              "memory is bounded");
  EVALD_CHECK(limits.console_bytes() > 0 && limits.console_bytes() <= ceilings.console_bytes(),
              "the console is bounded");
  EVALD_CHECK(limits.result_depth() > 0 && limits.result_depth() <= ceilings.result_depth(),
              "depth is bounded");
}

template <typename Request>
void CheckRequest(std::string_view bytes) {
  const LimitBounds bounds = Bounds();
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const absl::Status valid = evald::Validate(request, bounds);
  if (!valid.ok()) return CheckRefusal(valid);

  Request complete = request;
  evald::FillDefaults(bounds, complete);
  CheckWithin(complete.limits(), bounds.ceilings);
  EVALD_CHECK(complete.isolation() != evald::v1::ISOLATION_UNSPECIFIED, "isolation is told");
  EVALD_CHECK(complete.result_format() != evald::v1::RESULT_FORMAT_UNSPECIFIED, "the format is told");
  EVALD_CHECK(complete.tenant() == request.tenant(), "a request stays its tenant's");
  EVALD_CHECK(evald::Validate(complete, bounds).ok(), "a valid request stays so");
  Request again = complete;
  evald::FillDefaults(bounds, again);
  EVALD_CHECK(Equal(again, complete), "what is complete is not changed");
  EVALD_CHECK(Request().ParseFromString(complete.SerializeAsString()), "the worker can read it");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  evald::fuzz::Input input(data, size);
  if (input.Byte() % 2 == 0) {
    CheckRequest<evald::v1::EvalRequest>(input.TakeRest());
  } else {
    CheckRequest<evald::v1::CallFunctionRequest>(input.TakeRest());
  }
  return 0;
}
