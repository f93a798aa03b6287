// What evald signs and encrypts Node.js verifies and decrypts, and the other way round: for what is random,
// and so cannot be compared byte for byte as crypto.js does.
//
// Arguments: Node.js, crypto_cross.js
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "runtime/extensions/testing/isolate.h"
#include "tests/support/process.h"

namespace evald {
namespace {

std::vector<std::string> arguments;

constexpr char kAllGood[] = "160 checked";

// A text of JSON, as it stands in a script between apostrophes.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}, {"\n", "\\n"}}), "'");
}

std::string Script(const std::string& call) {
  return absl::StrCat("(async () => {\n", testing::ReadFile(arguments[1]), "\nreturn ", call, "\n})()");
}

// As bytes, which come as they are.
std::string InTheIsolate(const std::string& call) {
  const std::string prefix = "bytes:";
  const std::string text =
      TestIsolate().Eval(absl::StrCat(Script(call), ".then((text) => new TextEncoder().encode(text))"));
  EXPECT_TRUE(text.starts_with(prefix)) << text;
  return text.substr(std::min(text.size(), prefix.size()));
}

std::string InNode(const std::string& call) {
  const testing::Ending ending = testing::RunProgram(
      {.argv = {arguments[0], "--no-warnings", "-"},
       .input = absl::StrCat(Script(call), ".then((text) => process.stdout.write(text))")});
  EXPECT_EQ(ending.code, 0) << ending.err;
  return ending.out;
}

TEST(CryptoCross, NodeChecksWhatTheIsolateMade) {
  EXPECT_EQ(InNode(absl::StrCat("checkCrypto(", Quoted(InTheIsolate("makeCrypto()")), ")")), kAllGood);
}

TEST(CryptoCross, TheIsolateChecksWhatNodeMade) {
  EXPECT_EQ(InTheIsolate(absl::StrCat("checkCrypto(", Quoted(InNode("makeCrypto()")), ")")), kAllGood);
}

}  // namespace
}  // namespace evald

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  evald::arguments.assign(argv + 1, argv + argc);
  return evald::arguments.size() == 2 ? RUN_ALL_TESTS() : 2;
}
