// Values into an isolate and out of it, by their size: a list of small records, as JSON and as protobuf's
// structure.
#include <benchmark/benchmark.h>
#include <v8.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "runtime/runtime.h"
#include "runtime/snapshot_builder.h"
#include "runtime/value_reader.h"
#include "runtime/value_writer.h"

namespace evald {
namespace {

// One for all: V8 allows no two snapshots in a process.
v8::Isolate* SharedIsolate() {
  static Runtime* const runtime = [] {
    auto builder = SnapshotBuilder::Create({});
    EVALD_CHECK(builder.ok(), "an empty snapshot can be built");
    static const std::string* const snapshot = new std::string(*(*builder)->Finish());
    auto made = Runtime::Create({.startup_snapshot = *snapshot});
    EVALD_CHECK(made.ok(), "a Runtime starts from it");
    return made->release();
  }();
  return runtime->isolate();
}

std::string Records(int64_t count) {
  std::string json = "[";
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) json += ',';
    json +=
        R"({"id":)" + std::to_string(i) + R"(,"name":"record","price":9.75,"tags":["a","b"],"open":true})";
  }
  return json + "]";
}

constexpr v1::ResultFormat kFormats[] = {v1::RESULT_FORMAT_JSON, v1::RESULT_FORMAT_STRUCTURED};

class Entered {
 public:
  Entered()
      : scope_(SharedIsolate()), handles_(SharedIsolate()), context_(v8::Context::New(SharedIsolate())) {
    context_->Enter();
  }
  ~Entered() { context_->Exit(); }
  v8::Local<v8::Context> context() const { return context_; }

 private:
  v8::Isolate::Scope scope_;
  v8::HandleScope handles_;
  v8::Local<v8::Context> context_;
};

v1::Value Write(v8::Local<v8::Context> context, v8::Local<v8::Value> value, v1::ResultFormat format) {
  v8::TryCatch caught(context->GetIsolate());
  v1::Value written;
  std::string error;
  EVALD_CHECK(WriteValue(context, value, format, {}, written, error) == WriteOutcome::kWritten,
              "plain data can be carried");
  return written;
}

v8::Local<v8::Value> Read(v8::Local<v8::Context> context, const v1::Value& value) {
  const absl::StatusOr<v8::Local<v8::Value>> read = ReadValue(context, value);
  EVALD_CHECK(read.ok(), "what was written can be read");
  return *read;
}

void IntoTheIsolate(benchmark::State& state) {
  const Entered entered;
  v1::Value json;
  json.set_json(Records(state.range(0)));
  const v1::Value value =
      Write(entered.context(), Read(entered.context(), json), kFormats[static_cast<size_t>(state.range(1))]);
  for (auto _ : state) {
    const v8::HandleScope handles(SharedIsolate());
    benchmark::DoNotOptimize(Read(entered.context(), value));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.json().size()));
}
BENCHMARK(IntoTheIsolate)->ArgNames({"records", "structured"})->ArgsProduct({{1, 100, 10000}, {0, 1}});

void OutOfTheIsolate(benchmark::State& state) {
  const Entered entered;
  v1::Value json;
  json.set_json(Records(state.range(0)));
  const v8::Local<v8::Value> value = Read(entered.context(), json);
  for (auto _ : state) {
    const v8::HandleScope handles(SharedIsolate());
    benchmark::DoNotOptimize(Write(entered.context(), value, kFormats[static_cast<size_t>(state.range(1))]));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.json().size()));
}
BENCHMARK(OutOfTheIsolate)->ArgNames({"records", "structured"})->ArgsProduct({{1, 100, 10000}, {0, 1}});

}  // namespace
}  // namespace evald

BENCHMARK_MAIN();
