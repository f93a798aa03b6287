// Modules: preloaded ones of every kind, and those that come with a request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "runtime/testing/wasm.h"
#include "tests/support/daemon.h"
#include "tests/support/poll.h"
#include "tests/support/process.h"
#include "tests/support/scripts.h"

namespace evald::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kWhatIsThere[] =
    "import { gross } from 'pricing'; import rates from 'rates' with { type: 'json' };"
    "import { sum } from 'sum'; import { add } from 'add.wasm';"
    "export default [gross(10), rates.version, sum, add(20, 22), typeof warmed]";

class ModulesTest : public ::testing::Test {
 protected:
  ~ModulesTest() override {
    if (daemon_ != nullptr && HasFailure()) GTEST_LOG_(INFO) << daemon_->Log();
    daemon_.reset();
    std::filesystem::remove_all(folder_);
  }

  // What is preloaded, in this version.
  void WriteFiles(int version) {
    WriteFile(folder_ + "/pricing.mjs",
              "import rates from '#rates' with { type: 'json' };"
              "export const gross = (x) => x * rates.standard");
    WriteFile(folder_ + "/rates.json", absl::StrCat("{\"standard\": 2, \"version\": ", version, "}"));
    WriteFile(folder_ + "/add.wasm", AddWasm());
    WriteFile(folder_ + "/sum.mjs",
              "import { add } from 'add.wasm'; import { gross } from 'pricing';"
              "export const sum = add(1, gross(1))");
  }
  std::string Config(const std::string& more = "") const {
    const auto module = [&](const std::string& specifier, const std::string& file) {
      return absl::StrCat("modules { specifier: '", specifier, "' file: '", folder_, "/", file, "' } ");
    };
    return absl::StrCat(
        module("sum", "sum.mjs"), module("pricing", "pricing.mjs"), module("rates", "rates.json"),
        module("add.wasm", "add.wasm"), "import_map: '{\"imports\": {\"#rates\": \"rates\"}}' ",
        "warmup { source: 'import(\"sum\").then(({ sum }) => { globalThis.warmed = sum })' } ",
        "canaries { source: 'import(\"add.wasm\").then((w) => w.add(warmed, 1))' expect: '4' } ",
        "pool { min_idle: 1 max_workers: 4 } ", more);
  }
  void Start(const std::string& config) {
    absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start({.config = config, .data_dir = data_dir_});
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }
  std::string Run(const v1::EvalRequest& request) { return Brief(Eval(daemon_->client(), request)); }
  std::string WhatIsThere() { return Run(testing::ModuleSource(kWhatIsThere)); }

  const std::string folder_ = NewFolder();
  const std::string data_dir_ = folder_ + "/data";
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(ModulesTest, PreloadedOnesOfEveryKindOutliveRegenerationRollbackAndRestart) {
  WriteFiles(1);
  Start(Config());
  const std::string first = "[20,1,3,42,\"number\"]", second = "[20,2,3,42,\"number\"]";
  EXPECT_EQ(WhatIsThere(), first);
  EXPECT_EQ(Brief(Call(daemon_->client(), FunctionCall("add", {"3", "4"}, "add.wasm"))), "7");
  EXPECT_EQ(
      Brief(Call(daemon_->client(), FunctionCall("default.version.toFixed", {}, "rates"))).find("fails"), 0u);

  WriteFiles(2);
  ASSERT_TRUE(daemon_->client().RegenerateSnapshot(false, {}, daemon_->Admin()).ok());
  EXPECT_EQ(WhatIsThere(), second);
  ASSERT_TRUE(daemon_->client().RollbackSnapshot(0, {}, daemon_->Admin()).ok());
  EXPECT_EQ(WhatIsThere(), first);
  // The generation that serves has all that it needs, whatever becomes of the files.
  std::filesystem::remove(folder_ + "/add.wasm");
  const pid_t zygote = daemon_->ZygotePid();
  kill(zygote, SIGKILL);
  // Until another one is up, requests are turned away.
  EXPECT_TRUE(Eventually([&] { return WhatIsThere() == first; }));
  WriteFiles(2);
  EXPECT_EQ(daemon_->Stop(), 0);
  Start(Config());
  EXPECT_EQ(WhatIsThere(), first) << "what served goes on";
}

TEST_F(ModulesTest, AFaultOfADeferredModuleLeavesWhatServes) {
  WriteFiles(1);
  Start(Config());
  const auto failure = [&] {
    return std::string(daemon_->client().RegenerateSnapshot(false, {}, daemon_->Admin()).status().message());
  };
  WriteFile(folder_ + "/sum.mjs", "import { add } from 'add.wasm';\n  add.no.such()");
  EXPECT_THAT(failure(), AllOf(HasSubstr("module sum: sum:2:10: TypeError")));
  WriteFile(folder_ + "/add.wasm", "this is not Wasm");
  EXPECT_THAT(failure(), HasSubstr("module sum: CompileError: Module 'add.wasm' is not WebAssembly"));
  WriteFile(folder_ + "/rates.json", "{");
  EXPECT_THAT(failure(), HasSubstr("Module 'rates' is not JSON"));
  EXPECT_EQ(WhatIsThere(), "[20,1,3,42,\"number\"]");
}

TEST_F(ModulesTest, NothingOfARequestsModulesStaysForTheNext) {
  WriteFiles(1);
  Start(Config());
  for (const v1::Isolation isolation : {v1::ISOLATION_PRISTINE, v1::ISOLATION_REUSED}) {
    for (int i = 0; i < 5; ++i) {
      v1::EvalRequest request = testing::ModuleSource(
          "import { mine } from './lib/mine.js'; import { gross } from 'pricing'; import { twice } from 'w';"
          "export default [mine, gross(1), twice(4)]");
      request.set_isolation(isolation);
      auto& modules = *request.mutable_modules();
      modules["./lib/mine.js"].set_text(
          "export { default as mine } from '../data.json' with { type: 'json' }");
      modules["./data.json"].set_type(v1::ModuleSource::JSON);
      modules["./data.json"].set_text(absl::StrCat(i));
      modules["pricing"].set_text("export const gross = () => 'hidden'");
      modules["w"].set_type(v1::ModuleSource::WASM);
      modules["w"].set_binary(TwiceWasm("env"));
      modules["./scale.js"].set_text("export const scale = (x) => x + 100");
      request.set_import_map(R"({"imports": {"env": "./scale.js"}})");
      EXPECT_EQ(Run(request), absl::StrCat("[", i, ",\"hidden\",208]"));
      v1::EvalRequest after = testing::ModuleSource(
          "import { gross } from 'pricing'; export default ["
          "gross(1), await import('./lib/mine.js').catch((e) => e.name), await import('env').catch((e) => "
          "e.name)]");
      after.set_isolation(isolation);
      EXPECT_EQ(Run(after), "[2,\"TypeError\",\"TypeError\"]");
    }
  }
}

TEST_F(ModulesTest, WhatIsWrongWithModulesIsTheRequestsFault) {
  WriteFiles(1);
  Start(Config());
  v1::EvalRequest request = Script("1");
  (*request.mutable_modules())["x"];
  EXPECT_THAT(Run(request),
              StartsWith("fails INVALID_ARGUMENT (INVALID_REQUEST): modules['x']: has no `text`"));
  request.clear_modules();
  request.set_import_map("{\"imports\": 7}");
  EXPECT_THAT(Run(request), StartsWith("fails INVALID_ARGUMENT (INVALID_REQUEST): import_map: imports: "));
  request.clear_import_map();
  (*request.mutable_modules())["x"].set_text(std::string(1000, ' '));
  request.mutable_limits()->set_source_bytes(1000);
  EXPECT_THAT(Run(request), HasSubstr("the source and its modules together have 1002 bytes, more than"));
  v1::CallFunctionRequest call = FunctionCall("f", {}, "x");
  (*call.mutable_modules())["x"].set_text("\n export { g as f } from './y.js'");
  EXPECT_THAT(Brief(Call(daemon_->client(), call)),
              StartsWith("throws TypeError: Cannot find module './y.js' imported from x:2:25: there are "));
  EXPECT_THAT(Brief(Call(daemon_->client(), FunctionCall("f", {}, "nobody"))),
              StartsWith("fails NOT_FOUND (MODULE_NOT_FOUND): module 'nobody' is not there: there are "));
}

}  // namespace
}  // namespace evald::testing
