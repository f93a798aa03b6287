#include "snapshot/inputs.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_join.h"
#include "runtime/extensions/builtin.h"

namespace evald::snapshot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class InputsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/inputsXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(folder_ + "/pricing.js") << "var price = 1;";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  absl::StatusOr<BuildInputs> Resolve(const std::string& text) {
    v1::EvaldConfig config;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
    return ResolveInputs(config, folder_, BuiltinExtensions());
  }
  std::string Error(const std::string& text) {
    const absl::Status status = Resolve(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }
  std::string folder_;
};

std::vector<std::string> Names(const std::vector<Extension>& extensions) {
  std::vector<std::string> names;
  names.reserve(extensions.size());
  for (const Extension& extension : extensions) names.push_back(extension.name);
  return names;
}

TEST_F(InputsTest, NoExtensionsMeansEveryBuiltInOne) {
  const absl::StatusOr<BuildInputs> inputs = Resolve("");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_EQ(Names(inputs->extensions), Names(BuiltinExtensions()));
}

TEST_F(InputsTest, KeepsTheOrderGiven) {
  const absl::StatusOr<BuildInputs> inputs = Resolve(
      "extensions { name: 'own' source: 'var x' } extensions { builtin: 'random' } extensions { builtin: "
      "'console' }"
      "modules { specifier: 'b' source: '1' } modules { specifier: 'a' source: '2' }");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_THAT(Names(inputs->extensions), ElementsAre("own", "random", "console"));
  EXPECT_EQ(inputs->extensions[0].form, Extension::Form::kScript);
  EXPECT_EQ(inputs->modules[0].specifier, "b");
}

TEST_F(InputsTest, ReadsFilesRelativeToTheConfiguration) {
  const absl::StatusOr<BuildInputs> inputs =
      Resolve("extensions { name: 'pricing' file: 'pricing.js' } modules { specifier: 'm' file: '" + folder_ +
              "/pricing.js' } warmup { file: 'pricing.js' } warmup { source: 'warm()' }");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_THAT(Names(inputs->extensions), ElementsAre("random", "pricing"))
      << "random is there without being asked for";
  EXPECT_EQ(inputs->extensions[1].source, "var price = 1;");
  EXPECT_EQ(inputs->modules[0].source, "var price = 1;");
  EXPECT_EQ(inputs->recipe.warmup(0).name(), "pricing.js");
  EXPECT_EQ(inputs->recipe.warmup(0).source(), "var price = 1;");
  EXPECT_EQ(inputs->recipe.warmup(1).name(), "warmup[1]");
  EXPECT_EQ(inputs->extension_files.at("pricing"), folder_ + "/pricing.js");
  EXPECT_EQ(inputs->module_files.at("m"), folder_ + "/pricing.js");
}

TEST_F(InputsTest, ErrorsNameTheEntryAndThePath) {
  EXPECT_EQ(Error("extensions { builtin: 'console' } extensions { name: 'pricing' file: 'gone.js' }"),
            "extensions[1] 'pricing': cannot read " + folder_ + "/gone.js: No such file or directory");
  EXPECT_EQ(Error("modules { specifier: 'm' file: '.' }"),
            "modules[0] 'm': cannot read " + folder_ + "/.: not a regular file");
  EXPECT_THAT(Error("warmup { file: 'gone.js' }"), HasSubstr("warmup[0] 'gone.js': cannot read"));
}

TEST_F(InputsTest, AnUnknownBuiltInListsTheKnownOnes) {
  EXPECT_EQ(Error("extensions { builtin: 'consle' }"),
            "extensions[0] 'consle': there is no built-in extension of that name; there are " +
                absl::StrJoin(Names(BuiltinExtensions()), ", "));
}

TEST_F(InputsTest, ASourceIsGivenOnce) {
  EXPECT_THAT(Error("extensions { name: 'e' file: 'pricing.js' source: 'x' }"),
              HasSubstr("both `file` and `source`"));
  EXPECT_THAT(Error("extensions { name: 'e' }"), HasSubstr("neither `file` nor `source`"));
  EXPECT_THAT(Error("modules { specifier: 'm' }"), HasSubstr("modules[0] 'm': has neither"));
  EXPECT_THAT(Error("warmup { }"), HasSubstr("warmup[0]: has neither"));
}

TEST_F(InputsTest, NamesAreNeededAndUnique) {
  EXPECT_EQ(Error("extensions { source: 'x' }"), "extensions[0]: has no `name`");
  EXPECT_THAT(Error("extensions { }"), HasSubstr("extensions[0]: is empty"));
  EXPECT_THAT(Error("extensions { builtin: 'console' source: 'x' }"), HasSubstr("stands alone"));
  EXPECT_THAT(Error("extensions { name: 'e' source: 'x' } extensions { name: 'e' source: 'y' }"),
              HasSubstr("'e'"));
  EXPECT_EQ(Error("modules { source: 'x' }"), "modules[0]: has no `specifier`");
  EXPECT_EQ(Error("modules { specifier: 'm' source: 'x' } modules { specifier: 'm' source: 'y' }"),
            "modules[1] 'm': another module has that specifier already");
}

TEST_F(InputsTest, WithoutCanariesThereIsABuiltInOne) {
  const absl::StatusOr<BuildInputs> inputs = Resolve("");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->recipe.canaries_size(), 1);
  EXPECT_EQ(inputs->recipe.canaries(0).name(), "builtin");
  EXPECT_EQ(inputs->recipe.canaries(0).source(), "[1, 2, 3].map((x) => x * x)");
  EXPECT_EQ(inputs->recipe.canaries(0).expect(), "[1,4,9]");
}

TEST_F(InputsTest, CanariesAreReadAndNamed) {
  const absl::StatusOr<BuildInputs> inputs = Resolve(
      "canaries { file: 'pricing.js' } canaries { source: '1 + 1' expect: '2' }"
      "canaries { name: 'own' source: '\"x\"' expect: ' \"x\" ' }");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->recipe.canaries_size(), 3) << "and no built-in one";
  EXPECT_EQ(inputs->recipe.canaries(0).name(), "pricing.js");
  EXPECT_EQ(inputs->recipe.canaries(0).source(), "var price = 1;");
  EXPECT_EQ(inputs->recipe.canaries(0).expect(), "");
  EXPECT_EQ(inputs->recipe.canaries(1).name(), "canary 2");
  EXPECT_EQ(inputs->recipe.canaries(1).expect(), "2");
  EXPECT_EQ(inputs->recipe.canaries(2).name(), "own");
}

TEST_F(InputsTest, ACanaryAtFaultIsNamed) {
  EXPECT_EQ(Error("canaries { source: '1' expect: '1' } canaries { name: 'c' source: '1' expect: '[1,' }"),
            "canaries[1].expect: is not JSON text, such as [1,4,9] or \"ok\" with its quotes: "
            "byte 4: a value is missing");
  EXPECT_EQ(Error("canaries { name: 'c' }"), "canaries[0] 'c': has neither `file` nor `source`");
  EXPECT_THAT(Error("canaries { file: 'pricing.js' source: 'x' }"), HasSubstr("both `file` and `source`"));
  EXPECT_THAT(Error("canaries { file: 'gone.js' }"), HasSubstr("canaries[0] 'gone.js': cannot read"));
}

TEST_F(InputsTest, ScriptsThatTravelInMessagesAreUtf8) {
  std::ofstream(folder_ + "/latin1.js") << "'caf\xE9'";
  EXPECT_EQ(Error("warmup { file: 'latin1.js' }"),
            "warmup[0] 'latin1.js': is not UTF-8 text: see byte 5 of " + folder_ + "/latin1.js");
  EXPECT_THAT(Error("canaries { file: 'latin1.js' }"), HasSubstr("canaries[0] 'latin1.js': is not UTF-8"));
}

TEST_F(InputsTest, TheScriptsOfARecipeAreBoundedTogether) {
  std::ofstream(folder_ + "/long.js") << std::string(kMaxRecipeBytes / 3, ' ');
  EXPECT_TRUE(Resolve("warmup { file: 'long.js' } warmup { file: 'long.js' }").ok());
  EXPECT_THAT(Error("warmup { file: 'long.js' } warmup { file: 'long.js' } canaries { file: 'long.js' }"),
              HasSubstr("more than the limit of"));
}

TEST_F(InputsTest, KeptGenerationsAreBounded) {
  EXPECT_TRUE(Resolve("kept_generations: 100").ok());
  EXPECT_EQ(Error("kept_generations: 101"), "kept_generations: 101 is more than 100");
}

TEST(DescribeInputs, CoversEverythingThatIsBuiltFrom) {
  BuildInputs inputs;
  inputs.extensions.push_back({.name = "e", .source = "x"});
  inputs.modules.push_back({"m", "y"});
  internal::RuntimeIdentity identity;
  identity.set_v8_version("10.2");
  const std::string base = DescribeInputs(inputs, identity).fingerprint();

  BuildInputs other = inputs;
  other.extensions[0].source = "xx";
  EXPECT_NE(DescribeInputs(other, identity).fingerprint(), base);
  other = inputs;
  other.extensions[0].form = Extension::Form::kBundle;
  EXPECT_NE(DescribeInputs(other, identity).fingerprint(), base);
  other = inputs;
  other.modules[0].source = "yy";
  EXPECT_NE(DescribeInputs(other, identity).fingerprint(), base);
  identity.set_v8_version("10.3");
  EXPECT_NE(DescribeInputs(inputs, identity).fingerprint(), base);
}

TEST(DescribeInputs, CoversWarmUpAndCanaries) {
  BuildInputs inputs;
  inputs.recipe.add_warmup()->set_source("x");
  CanaryScript& canary = *inputs.recipe.add_canaries();
  canary.set_source("1");
  canary.set_expect("2");
  const std::string base = DescribeInputs(inputs, {}).fingerprint();

  const auto changed = [&](const auto& change) {
    BuildInputs other = inputs;
    change(other.recipe);
    return DescribeInputs(other, {}).fingerprint() != base;
  };
  EXPECT_FALSE(changed([](Recipe&) {}));
  EXPECT_TRUE(changed([](Recipe& r) { r.mutable_warmup(0)->set_source("y"); }));
  EXPECT_TRUE(changed([](Recipe& r) { r.mutable_canaries(0)->set_source("3"); }));
  EXPECT_TRUE(changed([](Recipe& r) { r.mutable_canaries(0)->set_expect("3"); }));
  EXPECT_TRUE(changed([](Recipe& r) {
    r.mutable_canaries(0)->set_source("1\n2");
    r.mutable_canaries(0)->set_expect("");
  }));
}

}  // namespace
}  // namespace evald::snapshot
