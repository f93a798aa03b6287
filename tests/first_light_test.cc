// The same first request through every kind of client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using ::testing::HasSubstr;

// Debian's, whose modules for gRPC it is that the tests use; another one may come first in PATH.
constexpr char kPython[] = "/usr/bin/python3";
constexpr char kSquares[] = "[1,2,3].map(x => x * x)";

class FirstLight : public SharedDaemonTest<FirstLight> {
 public:
  static DaemonOptions Options() { return {.listen = "127.0.0.1:" + std::to_string(FreePort())}; }

 protected:
  static Ending RunPython(const char* script_variable) {
    const std::string stub = PathFromEnvironment("PYTHON_STUB");
    return RunProgram({
        .argv = {kPython, PathFromEnvironment(script_variable), daemon().address()},
        // .../stubs/evald/v1/script_pb2.py is imported as evald.v1.script_pb2.
        .environment = {{"PYTHONPATH",
                         std::filesystem::path(stub).parent_path().parent_path().parent_path()}},
    });
  }
};

TEST_F(FirstLight, ThroughTheCppClient) { EXPECT_EQ(Brief(Eval(kSquares)), "[1,4,9]"); }

TEST_F(FirstLight, ThroughEvalctl) {
  const Ending ending = RunProgram({
      .argv = {PathFromEnvironment("EVALCTL"), "eval", kSquares},
      .environment = {{"EVALD_SERVER", daemon().address()}},
  });
  EXPECT_EQ(ending.out, "[1,4,9]\n");
  EXPECT_EQ(ending.err, "");
  EXPECT_EQ(ending.code, 0);
}

TEST_F(FirstLight, ThroughGeneratedPython) {
  const Ending ending = RunPython("CALL_EVALD_PY");
  EXPECT_EQ(ending.out,
            "[1, 4, 9]\n"
            "Ada\n"
            "7\n"
            "NOT_FOUND FUNCTION_NOT_FOUND\n"
            "1\n")
      << ending.err;
  EXPECT_EQ(ending.code, 0);
}

TEST_F(FirstLight, ThroughReflectionAlone) {
  const Ending ending = RunPython("REFLECT_EVALD_PY");
  EXPECT_THAT(ending.out, HasSubstr("evald.v1.ScriptService evald.v1.SnapshotService evald.v1.StatusService "
                                    "grpc.health.v1.Health grpc.reflection.v1alpha.ServerReflection\n"))
      << ending.err;
  EXPECT_THAT(ending.out, HasSubstr("\n[1,4,9]\n")) << ending.err;
  EXPECT_EQ(ending.code, 0);
}

TEST_F(FirstLight, ManyClientsAtOnce) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(daemon().NewClient());
  for (const auto& client : clients) EXPECT_EQ(Brief(testing::Eval(*client, kSquares)), "[1,4,9]");
}

}  // namespace
}  // namespace evald::testing
