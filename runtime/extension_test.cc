#include "runtime/extension.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace evald {
namespace {

void OneOp(const v8::FunctionCallbackInfo<v8::Value>&) {}
void OtherOp(const v8::FunctionCallbackInfo<v8::Value>&) {}

Extension Named(std::string name, std::vector<std::string> needs = {}) {
  Extension extension;
  extension.name = std::move(name);
  extension.needs = std::move(needs);
  return extension;
}

Extension Providing(std::string name, std::vector<std::string> globals) {
  Extension extension = Named(std::move(name));
  extension.provides = std::move(globals);
  return extension;
}

Extension Calling(std::string name, std::vector<std::string> names, std::vector<NativeOp> ops) {
  Extension extension = Named(std::move(name));
  extension.op_names = std::move(names);
  return WithOps(std::move(extension), std::move(ops));
}

std::string Error(const std::vector<Extension>& extensions) {
  const absl::Status status = CheckExtensions(extensions);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

TEST(CheckExtensions, WhatFitsTogetherIsAccepted) {
  EXPECT_EQ(Error({}), "");
  EXPECT_EQ(Error({Named("a"), Named("@shop/b.c:d_e-f 1", {"a"}), Named("z", {"@shop/b.c:d_e-f 1", "a"})}),
            "");
  EXPECT_EQ(Error({Providing("a", {"URL", "crypto.subtle", "$", "_x1"}), Providing("b", {"crypto"})}), "");
}

TEST(CheckExtensions, AnExtensionHasAName) {
  EXPECT_EQ(Error({Named("")}), "an extension has no name");
  EXPECT_EQ(Error({Named("a\nb")}),
            "extension 'a\nb' has a name with other characters than letters, digits and _-./@:");
}

TEST(CheckExtensions, ANameIsThereOnce) {
  EXPECT_EQ(Error({Named("a"), Named("b"), Named("a")}), "extension 'a' is there twice");
}

TEST(CheckExtensions, WhatIsNeededIsConfigured) {
  EXPECT_EQ(Error({Named("a", {"b"})}), "extension 'a' needs 'b', which is not configured");
}

TEST(CheckExtensions, WhatIsNeededComesBefore) {
  EXPECT_EQ(Error({Named("a", {"b"}), Named("b")}),
            "extension 'a' needs 'b', which comes after it: move 'b' before it");
}

TEST(CheckExtensions, NothingNeedsItself) {
  EXPECT_EQ(Error({Named("a", {"a"})}), "extension 'a' needs itself");
  EXPECT_EQ(Error({Named("a", {"b"}), Named("b", {"c"}), Named("c", {"a"})}),
            "extension 'a' needs itself in the end: a -> b -> c -> a");
  EXPECT_EQ(Error({Named("x"), Named("a", {"x", "b"}), Named("b", {"x", "d", "a"}), Named("d", {"b"})}),
            "extension 'a' needs itself in the end: a -> b -> a");
}

TEST(CheckExtensions, AGlobalIsProvidedOnceAndCanBeNamed) {
  EXPECT_EQ(Error({Providing("a", {"URL"}), Providing("b", {"x", "URL"})}),
            "extension 'b' provides 'URL', which extension 'a' provides too");
  EXPECT_EQ(Error({Providing("a", {"URL", "URL"})}),
            "extension 'a' provides 'URL', which extension 'a' provides too");
  for (const char* global : {"", "a b", "1x", "a..b", "a.", ".a", "a;b", "a()"}) {
    EXPECT_EQ(Error({Providing("a", {global})}),
              "extension 'a' provides '" + std::string(global) + "', which cannot be the name of a global");
  }
}

TEST(CheckExtensions, OpsAreThoseThatAreNamed) {
  EXPECT_EQ(Error({Calling("a", {"a_one"}, {{"a_one", OneOp}})}), "");
  EXPECT_EQ(Error({Calling("a", {"a_one", "a_two"}, {{"a_one", OneOp}})}),
            "extension 'a' needs the op 'a_two', which this evald does not have");
  EXPECT_EQ(Error({Calling("a", {}, {{"a_one", OneOp}})}),
            "extension 'a' has the op 'a_one', which its manifest does not name");
}

TEST(CheckExtensions, AnOpMeansOneThing) {
  EXPECT_EQ(Error({Calling("a", {"op"}, {{"op", OneOp}}), Calling("b", {"op"}, {{"op", OneOp}})}), "")
      << "a user's extension may call what a built-in one has";
  EXPECT_EQ(Error({Calling("a", {"op"}, {{"op", OneOp}}), Calling("b", {"op"}, {{"op", OtherOp}})}),
            "extension 'b' has the op 'op', which another extension has too");
}

}  // namespace
}  // namespace evald
