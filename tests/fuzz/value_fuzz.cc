// Values into an isolate and out again, in every format: what comes out is what went in, under the rules of
// value.proto. V8's own JSON is the judge of the text, a plain rewriting of the message that of the
// structure.

#include <google/protobuf/util/message_differencer.h>
#include <v8.h>

#include <cmath>
#include <memory>
#include <string>

#include "base/check.h"
#include "evald/internal/worker.pb.h"
#include "runtime/runtime.h"
#include "runtime/snapshot_builder.h"
#include "runtime/value_reader.h"
#include "runtime/value_writer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using evald::WriteLimits;
using evald::WriteOutcome;
using evald::v1::ResultFormat;
using evald::v1::Value;
using google::protobuf::util::MessageDifferencer;
using Structure = google::protobuf::Value;

// Carrying plain data runs no script, so one isolate does for all inputs.
v8::Isolate* SharedIsolate() {
  static evald::Runtime* const runtime = [] {
    auto builder = evald::SnapshotBuilder::Create({});
    EVALD_CHECK(builder.ok(), "an empty snapshot can be built");
    static const std::string* const snapshot = new std::string(*(*builder)->Finish());
    auto made = evald::Runtime::Create({.startup_snapshot = *snapshot});
    EVALD_CHECK(made.ok(), "a Runtime starts from it");
    return made->release();
  }();
  return runtime->isolate();
}

struct Written {
  WriteOutcome outcome;
  Value value;
  std::string error;
};

Written Write(v8::Local<v8::Context> context, v8::Local<v8::Value> value, ResultFormat format,
              const WriteLimits& limits = {}) {
  v8::TryCatch caught(context->GetIsolate());
  Written written;
  written.outcome = evald::WriteValue(context, value, format, limits, written.value, written.error);
  EVALD_CHECK(!caught.HasCaught() && written.outcome != WriteOutcome::kThrew, "plain data throws nothing");
  if (written.outcome == WriteOutcome::kWritten) {
    // As deep inside a message as it ever is. Parsing looks at its nesting and at its strings' UTF-8.
    evald::internal::WorkerMessage message, parsed;
    *message.mutable_reply()->mutable_value() = written.value;
    EVALD_CHECK(parsed.ParseFromString(message.SerializeAsString()), "the daemon can read what was written");
    EVALD_CHECK(written.error.empty(), "what was written is no error");
  } else {
    EVALD_CHECK(written.value.kind_case() == Value::KIND_NOT_SET, "what could not be written leaves nothing");
    EVALD_CHECK(written.error.find("result") != std::string::npos, "an error says what of");
  }
  return written;
}

v8::Local<v8::Value> Read(v8::Local<v8::Context> context, const Value& value) {
  const absl::StatusOr<v8::Local<v8::Value>> read = evald::ReadValue(context, value);
  EVALD_CHECK(read.ok(), "what was written can be read");
  return *read;
}

std::string V8Json(v8::Local<v8::Context> context, v8::Local<v8::Value> value) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::TryCatch caught(isolate);
  v8::Local<v8::String> text;
  if (!v8::JSON::Stringify(context, value).ToLocal(&text)) return "";
  const v8::String::Utf8Value utf8(isolate, text);
  return std::string(*utf8, static_cast<size_t>(utf8.length()));
}

// What JSON makes of a structure: no number but finite ones, and null where nothing is said.
void Canonicalize(Structure& value) {
  switch (value.kind_case()) {
    case Structure::KIND_NOT_SET:
      value.set_null_value(google::protobuf::NULL_VALUE);
      break;
    case Structure::kNullValue:
      value.set_null_value(google::protobuf::NULL_VALUE);
      break;
    case Structure::kNumberValue:
      if (!std::isfinite(value.number_value())) value.set_null_value(google::protobuf::NULL_VALUE);
      break;
    case Structure::kListValue:
      for (Structure& element : *value.mutable_list_value()->mutable_values()) Canonicalize(element);
      break;
    case Structure::kStructValue:
      for (auto& [name, field] : *value.mutable_struct_value()->mutable_fields()) Canonicalize(field);
      break;
    case Structure::kBoolValue:
    case Structure::kStringValue:
      break;
  }
  value.DiscardUnknownFields();
}

// The one value, written as JSON: V8 says the same, and reading it again changes nothing.
void CheckJson(v8::Local<v8::Context> context, v8::Local<v8::Value> value, size_t max_bytes) {
  const Written written = Write(context, value, evald::v1::RESULT_FORMAT_JSON);
  if (written.outcome == WriteOutcome::kTooDeep) return;
  EVALD_CHECK(written.outcome == WriteOutcome::kWritten, "data has a word for everything");
  const std::string& json = written.value.json();
  EVALD_CHECK(json == V8Json(context, value), "the text is V8's own");
  const Written again = Write(context, Read(context, written.value), evald::v1::RESULT_FORMAT_JSON);
  EVALD_CHECK(again.value.json() == json, "the text means what it meant");
  const Written bounded = Write(context, value, evald::v1::RESULT_FORMAT_JSON, {.max_bytes = max_bytes});
  const WriteOutcome expected = json.size() <= max_bytes ? WriteOutcome::kWritten : WriteOutcome::kTooLarge;
  EVALD_CHECK(bounded.outcome == expected, "the limit is on the text's size");
}

// The one value, written as a structure: the structure means what the text means.
void CheckStructure(v8::Local<v8::Context> context, v8::Local<v8::Value> value, const Structure* expected) {
  const Written written = Write(context, value, evald::v1::RESULT_FORMAT_STRUCTURED);
  if (written.outcome == WriteOutcome::kCannotBeCarried) {
    EVALD_CHECK(written.error.find("nested deeper") != std::string::npos,
                "data has a word for everything but depth");
    return;
  }
  EVALD_CHECK(written.outcome == WriteOutcome::kWritten, "a short input makes no long result");
  if (expected != nullptr) {
    EVALD_CHECK(MessageDifferencer::Equals(written.value.structured(), *expected), "the structure came back");
  }
  const Written again = Write(context, Read(context, written.value), evald::v1::RESULT_FORMAT_STRUCTURED);
  EVALD_CHECK(MessageDifferencer::Equals(again.value, written.value), "the structure means what it meant");
}

void CheckRoundTrip(v8::Local<v8::Context> context, const Value& in, size_t max_bytes) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::TryCatch caught(isolate);
  const absl::StatusOr<v8::Local<v8::Value>> read = evald::ReadValue(context, in);
  EVALD_CHECK(!caught.HasCaught(), "what cannot be read is a status");
  if (!read.ok()) {
    EVALD_CHECK(in.has_json() && absl::IsInvalidArgument(read.status()), "only JSON can be ill-formed");
    return;
  }
  const Written none = Write(context, *read, evald::v1::RESULT_FORMAT_NONE);
  EVALD_CHECK(none.value.has_undefined(), "NONE carries nothing");
  switch (in.kind_case()) {
    case Value::kBytes:
      for (const ResultFormat format : {evald::v1::RESULT_FORMAT_JSON, evald::v1::RESULT_FORMAT_STRUCTURED,
                                        evald::v1::RESULT_FORMAT_BYTES}) {
        EVALD_CHECK(Write(context, *read, format).value.bytes() == in.bytes(),
                    "bytes come out in every format");
      }
      return;
    case Value::kUndefined:
    case Value::KIND_NOT_SET:
      EVALD_CHECK(Write(context, *read, evald::v1::RESULT_FORMAT_JSON).value.has_undefined(),
                  "undefined stays so");
      return;
    case Value::kStructured: {
      Structure expected = in.structured();
      Canonicalize(expected);
      CheckStructure(context, *read, &expected);
      CheckJson(context, *read, max_bytes);
      return;
    }
    case Value::kJson:
      CheckStructure(context, *read, nullptr);
      CheckJson(context, *read, max_bytes);
      if ((*read)->IsString()) {
        const Written bytes = Write(context, *read, evald::v1::RESULT_FORMAT_BYTES);
        EVALD_CHECK(bytes.outcome == WriteOutcome::kWritten && bytes.value.has_bytes(),
                    "a string can be bytes");
      }
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  evald::fuzz::Input input(data, size);
  const uint8_t kind = input.Byte();
  const size_t max_bytes = input.Byte();
  const std::string rest(input.TakeRest());
  Value value;
  switch (kind % 4) {
    case 0:
      // As protobuf's parser would: a string field holds UTF-8 only.
      value.set_json(rest);
      if (!Value().ParseFromString(value.SerializeAsString())) return 0;
      break;
    case 1:
      if (!value.mutable_structured()->ParseFromString(rest)) return 0;
      break;
    case 2:
      value.set_bytes(rest);
      break;
    case 3:
      if (!value.ParseFromString(rest)) return 0;
      break;
  }
  v8::Isolate* const isolate = SharedIsolate();
  const v8::Isolate::Scope entered(isolate);
  const v8::HandleScope handles(isolate);
  static auto* const context = new v8::Global<v8::Context>(isolate, v8::Context::New(isolate));
  const v8::Local<v8::Context> local = context->Get(isolate);
  const v8::Context::Scope context_scope(local);
  CheckRoundTrip(local, value, max_bytes);
  return 0;
}
