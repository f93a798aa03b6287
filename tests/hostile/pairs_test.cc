// Random pairs of scripts, one after the other in one worker that is rewound between them: the second must
// come to exactly what it comes to in a fork that nobody has used. Real zygote and workers, no daemon.
//
// Environment:
//   EVALD_PAIRS        how many (default 2500)
//   EVALD_PAIRS_SEED   of the generator (default 1)
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "runtime/extensions/builtin.h"
#include "runtime/snapshot_builder.h"
#include "runtime/testing/zygote_process.h"
#include "tests/support/process.h"
#include "tests/support/scripts.h"

namespace evald::testing {
namespace {

using std::chrono::milliseconds;

int FromEnvironment(const char* name, int otherwise) {
  const char* const text = std::getenv(name);
  EXPECT_TRUE(text == nullptr || absl::SimpleAtoi(text, &otherwise)) << name << "=" << text;
  return otherwise;
}

std::vector<std::string> Lines(const std::string& path) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(ReadFile(path), '\n')) {
    if (!line.empty() && !absl::StartsWith(line, "//")) lines.emplace_back(line);
  }
  return lines;
}

// Makes scripts of the lines of pairs/mutations.js and pairs/observations.js.
class Generator {
 public:
  explicit Generator(int seed)
      : random_(static_cast<unsigned>(seed)),
        mutations_(Lines(PathFromEnvironment("MUTATIONS"))),
        observations_(Lines(PathFromEnvironment("OBSERVATIONS"))) {}

  // Does things, and ends in one of the ways in which scripts end.
  std::string First() {
    static constexpr const char* kEndings[] = {
        "0",
        "throw new Error('the end')",
        "Promise.reject(1)",
        "new Promise(() => {})",
        "(async () => { await null; return [1] })()",
        "for (;;);",
        "({ get a() { globalThis.read = 1; return 1 }, toJSON: undefined })",
        "(async () => { for (;;) await null })()",
    };
    std::string script;
    for (size_t i = Below(4); i-- > 0;) absl::StrAppend(&script, Mutation());
    // A limit that is reached costs its time.
    const size_t ending = Below(50) == 0 ? Below(std::size(kEndings)) : Below(5);
    return absl::StrCat(script, Mutation(), kEndings[ending]);
  }

  // Does a few things, then tells what it sees.
  std::string Second() {
    std::string script =
        "(() => { const out = []; const see = (f) => { let text; try { text = '' + f() } catch (e) { "
        "try { text = '! ' + e } catch { text = '!!' } } out[out.length] = text }; ";
    for (size_t i = Below(3); i-- > 0;) absl::StrAppend(&script, Mutation());
    for (size_t i = 1 + Below(6); i-- > 0;)
      absl::StrAppend(&script, "see(() => ", Filled(Pick(observations_)), ");\n");
    absl::StrAppend(&script, "return out })()");
    return script;
  }

 private:
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  template <typename List>
  std::string Pick(const List& list) {
    return list[Below(std::size(list))];
  }

  std::string Mutation() { return absl::StrCat("try { ", Filled(Pick(mutations_)), " } catch {}\n"); }

  std::string Filled(const std::string& line) {
    static constexpr const char* kConstructors[] = {
        "Array",  "Object",     "Function", "String",   "Number",      "Boolean",
        "Symbol", "RegExp",     "Date",     "Error",    "Promise",     "Map",
        "Set",    "Uint8Array", "BigInt",   "WeakMap",  "ArrayBuffer", "TypeError",
        "URL",    "Proxy",      "WeakRef",  "DataView", "TextEncoder", "AggregateError"};
    static constexpr const char* kMembers[] = {
        "toString", "valueOf", "constructor", "then",  "map",   "push",  "exec",
        "name",     "message", "length",      "slice", "call",  "from",  "of",
        "keys",     "has",     "get",         "join",  "apply", "stack", "toJSON"};
    static constexpr const char* kWords[] = {"leak", "evil", "secret", "counter", "x", "result", "value"};
    return absl::StrReplaceAll(line, {{"$n", std::to_string(Below(10))},
                                      {"$g", Pick(kConstructors)},
                                      {"$m", Pick(kMembers)},
                                      {"$w", Pick(kWords)}});
  }

  std::mt19937 random_;
  const std::vector<std::string> mutations_;
  const std::vector<std::string> observations_;
};

// A script that is stopped by its wall time on a busy machine would differ from itself: what bounds it is its
// CPU time.
constexpr milliseconds kCpu{10'000};

internal::WorkerRequest RequestFor(const std::string& source, milliseconds wall) {
  internal::WorkerRequest request;
  v1::EvalRequest& eval = *request.mutable_eval();
  eval.set_source(source);
  *eval.mutable_limits()->mutable_wall_time() = ToProto(wall);
  *eval.mutable_limits()->mutable_cpu_time() = ToProto(kCpu);
  eval.mutable_limits()->set_output_bytes(1 << 20);
  eval.mutable_limits()->set_console_bytes(1 << 20);
  return request;
}

// All of a reply that its client can observe, except how long things took and how full the heap was.
std::string Observable(const absl::StatusOr<internal::WorkerReply>& reply) {
  if (!reply.ok()) return reply.status().ToString();
  internal::WorkerReply kept = *reply;
  kept.clear_started_ns();
  kept.clear_finished_ns();
  kept.clear_cpu_ns();
  kept.clear_heap_bytes();
  if (kept.has_fault()) {
    const v1::ErrorReason reason = kept.fault().reason();
    kept.mutable_fault()->Clear();
    kept.mutable_fault()->set_reason(reason);
  }
  return kept.DebugString();
}

class PairsTest : public ::testing::Test {
 protected:
  static std::unique_ptr<ZygoteProcess> Start() {
    auto builder = SnapshotBuilder::Create({.extensions = BuiltinExtensions(), .ops = BuiltinOps()});
    EXPECT_TRUE(builder.ok()) << builder.status();
    internal::ZygoteBoot boot;
    boot.set_heap_bytes(64 << 20);
    boot.set_rewind(true);
    boot.set_verify_rewind(true);
    auto zygote = ZygoteProcess::Start(PathFromEnvironment("EVALD_ZYGOTE"), *(*builder)->Finish(), boot);
    EXPECT_TRUE(zygote.ok()) << zygote.status();
    return zygote.ok() ? *std::move(zygote) : nullptr;
  }

  void SetUp() override {
    zygote_ = Start();
    ASSERT_NE(zygote_, nullptr);
    ASSERT_TRUE(zygote_->booted().rewind()) << zygote_->booted().rewind_off_reason();
  }

  std::string InAFork(const std::string& source) {
    auto fork = zygote_->Spawn();
    return fork.ok() ? Observable((*fork)->Run(RequestFor(source, kPatience * 4))) : fork.status().ToString();
  }

  // Runs it in the one worker, which is rewound after it or, where it ended, replaced.
  std::string InTheWorker(const std::string& source, milliseconds wall) {
    if (worker_ == nullptr) {
      auto spawned = zygote_->Spawn();
      if (!spawned.ok()) return spawned.status().ToString();
      worker_ = *std::move(spawned);
      ++workers_;
    }
    std::string observed = Observable(worker_->Run(RequestFor(source, wall)));
    if (!worker_->ReadReady().ok()) worker_.reset();
    return observed;
  }

  std::unique_ptr<ZygoteProcess> zygote_;
  std::unique_ptr<WorkerConnection> worker_;
  int workers_ = 0;
};

TEST_F(PairsTest, TheSecondScriptOfAPairSeesNothingOfTheFirst) {
  const int pairs = FromEnvironment("EVALD_PAIRS", 2500);
  Generator generator(FromEnvironment("EVALD_PAIRS_SEED", 1));
  const auto start = std::chrono::steady_clock::now();
  int different = 0, unsteady = 0;
  for (int i = 0; i < pairs && different < 5; ++i) {
    const std::string first = generator.First(), second = generator.Second();
    (void)InTheWorker(first, milliseconds(20));
    const bool same_worker = worker_ != nullptr;
    const std::string after = InTheWorker(second, kPatience * 4);
    const std::string alone = InAFork(second);
    if (after == alone) continue;
    // A script whose result differs between two forks says nothing about what was left behind.
    if (InAFork(second) != alone) {
      ++unsteady;
      continue;
    }
    ++different;
    ADD_FAILURE() << "pair " << i << (same_worker ? "" : " (in a new worker)") << "\nfirst:\n"
                  << first << "\nsecond:\n"
                  << second << "\nafter the first:\n"
                  << after << "\nin a fork:\n"
                  << alone;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << pairs << " pairs in " << took.count() << " s, in " << workers_ << " workers; " << unsteady
            << " left out because two forks differ\n";
  EXPECT_LE(unsteady, pairs / 1000);
  // A worker that cannot be rewound would be replaced, and test nothing.
  EXPECT_LE(workers_, 1 + pairs / 50);
}

}  // namespace
}  // namespace evald::testing
