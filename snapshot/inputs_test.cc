#include "snapshot/inputs.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

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
    return ResolveInputs(config, folder_);
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
  EXPECT_THAT(Names(inputs->extensions),
              ElementsAre("console", "encoding", "base64", "random", "performance"));
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
  EXPECT_EQ(inputs->warmup[0].name(), "pricing.js");
  EXPECT_EQ(inputs->warmup[0].source(), "var price = 1;");
  EXPECT_EQ(inputs->warmup[1].name(), "warmup[1]");
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
            "extensions[0] 'consle': there is no built-in extension of that name; there are console, "
            "encoding, base64, "
            "random, performance");
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
  other.extensions[0].form = Extension::Form::kFunctionBody;
  EXPECT_NE(DescribeInputs(other, identity).fingerprint(), base);
  other = inputs;
  other.modules[0].source = "yy";
  EXPECT_NE(DescribeInputs(other, identity).fingerprint(), base);
  identity.set_v8_version("10.3");
  EXPECT_NE(DescribeInputs(inputs, identity).fingerprint(), base);
}

TEST(DescribeInputs, WarmUpIsNoPartOfTheSnapshot) {
  BuildInputs inputs;
  const std::string base = DescribeInputs(inputs, {}).fingerprint();
  inputs.warmup.emplace_back().set_source("x");
  EXPECT_EQ(DescribeInputs(inputs, {}).fingerprint(), base);
}

}  // namespace
}  // namespace evald::snapshot
