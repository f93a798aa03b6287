// The process evald-snapshot, as the daemon sees it: a socket as descriptor 3, a memfd as descriptor 4.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/frame.h"
#include "base/unique_fd.h"
#include "evald/internal/builder.pb.h"

namespace evald::snapshot {
namespace {

namespace fs = std::filesystem;
using internal::SnapshotEvent;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kBinary[] = "snapshot/evald-snapshot";

// A running evald-snapshot and this end of its socket.
struct Process {
  pid_t pid = -1;
  UniqueFd socket;
  UniqueFd blob;
};

Process Start() {
  int sockets[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  Process process;
  process.socket.reset(sockets[0]);
  const UniqueFd theirs(sockets[1]);
  process.blob.reset(memfd_create("snapshot", MFD_CLOEXEC));
  process.pid = fork();
  if (process.pid == 0) {
    // Out of the way first: one of them may be 3 or 4 already.
    const int socket = fcntl(theirs.get(), F_DUPFD, 10);
    const int blob = fcntl(process.blob.get(), F_DUPFD, 10);
    dup2(socket, 3);
    dup2(blob, 4);
    close(socket);
    close(blob);
    execl(kBinary, kBinary, "--serve_fd=3", nullptr);
    _exit(127);
  }
  return process;
}

int ExitCode(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct Answer {
  SnapshotEvent last;
  std::vector<std::string> log;
  std::string blob;
};

class EvaldSnapshot : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/e2eXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    store_ = root_ / "store";
  }
  void TearDown() override {
    fs::permissions(store_, fs::perms::owner_all, ignored_);
    fs::remove_all(root_);
  }

  Answer Ask(const std::string& config, bool force = false) {
    internal::SnapshotRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(config, request.mutable_config())) << config;
    request.set_config_folder(root_);
    request.set_store_folder(store_);
    request.set_force(force);
    Process process = Start();
    EXPECT_TRUE(WriteFrame(process.socket.get(), request).ok());
    Answer answer;
    while (true) {
      SnapshotEvent event;
      const absl::Status read = ReadFrame(process.socket.get(), 64 << 20, event);
      EXPECT_TRUE(read.ok()) << read;
      if (!read.ok()) break;
      if (!event.has_log()) {
        answer.last = event;
        break;
      }
      answer.log.push_back(event.log().text());
    }
    EXPECT_EQ(ExitCode(process.pid), 0);
    struct stat found;
    fstat(process.blob.get(), &found);
    answer.blob.resize(static_cast<size_t>(found.st_size));
    EXPECT_EQ(pread(process.blob.get(), answer.blob.data(), answer.blob.size(), 0), found.st_size);
    return answer;
  }

  std::vector<fs::path> Files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(store_)) files.push_back(entry.path());
    return files;
  }

  fs::path root_, store_;
  std::error_code ignored_;
};

TEST_F(EvaldSnapshot, BuildsThenLoadsThenRebuildsWhatBrokeOrChanged) {
  const std::string config = "extensions { builtin: 'console' } extensions { builtin: 'base64' }";
  const Answer built = Ask(config);
  ASSERT_TRUE(built.last.has_ready()) << built.last.DebugString();
  EXPECT_EQ(built.last.ready().build_reason(), "no snapshot is stored");
  EXPECT_EQ(built.last.ready().snapshot().generation(), 1u);
  EXPECT_EQ(built.last.ready().snapshot().blob_bytes(), built.blob.size());
  EXPECT_THAT(built.last.ready().snapshot().extensions(), ElementsAre("random", "console", "base64"));
  EXPECT_EQ(built.last.ready().stored_size(), 1);
  EXPECT_GT(built.blob.size(), 100'000u);

  const Answer loaded = Ask(config);
  EXPECT_EQ(loaded.last.ready().build_reason(), "");
  EXPECT_EQ(loaded.last.ready().snapshot().SerializeAsString(),
            built.last.ready().snapshot().SerializeAsString());
  EXPECT_EQ(loaded.last.ready().identity().SerializeAsString(),
            built.last.ready().identity().SerializeAsString());
  EXPECT_TRUE(loaded.blob == built.blob);

  ASSERT_EQ(Files().size(), 1u);
  fs::resize_file(Files()[0], fs::file_size(Files()[0]) - 1);
  const Answer repaired = Ask(config);
  EXPECT_THAT(repaired.last.ready().build_reason(), HasSubstr("truncated"));
  EXPECT_EQ(Ask(config).last.ready().build_reason(), "");

  const Answer reordered = Ask("extensions { builtin: 'base64' } extensions { builtin: 'console' }");
  EXPECT_EQ(reordered.last.ready().build_reason(), "the order of extensions changed");
  EXPECT_EQ(reordered.last.ready().snapshot().generation(), 2u);
  EXPECT_EQ(reordered.last.ready().stored_size(), 2);
  EXPECT_EQ(reordered.last.ready().stored(0).generation(), 2u);
}

TEST_F(EvaldSnapshot, ForceBuildsWhatDidNotChange) {
  Ask("");
  const Answer forced = Ask("", true);
  EXPECT_EQ(forced.last.ready().build_reason(), "forced");
  EXPECT_EQ(forced.last.ready().snapshot().generation(), 2u);
}

TEST_F(EvaldSnapshot, TellsWhatExtensionsSay) {
  const Answer answer = Ask(
      "extensions { builtin: 'console' } extensions { name: 'own' source: 'console.log(\"hello\", {a: 1})' }"
      "modules { specifier: 'm' source: 'console.warn(\"from a module\")' }");
  ASSERT_TRUE(answer.last.has_ready()) << answer.last.DebugString();
  EXPECT_THAT(answer.log, ElementsAre("hello { a: 1 }", "from a module"));
}

TEST_F(EvaldSnapshot, CarriesTheWarmUpSources) {
  std::ofstream(root_ / "warm.js") << "warm()";
  const Answer answer = Ask("warmup { file: 'warm.js' }");
  ASSERT_EQ(answer.last.ready().warmup_size(), 1);
  EXPECT_EQ(answer.last.ready().warmup(0).name(), "warm.js");
  EXPECT_EQ(answer.last.ready().warmup(0).source(), "warm()");
}

TEST_F(EvaldSnapshot, AScriptErrorSaysWhere) {
  const Answer extension =
      Ask("extensions { name: 'own' source: '\\n  throw new RangeError(\"no such price\")' }");
  EXPECT_EQ(extension.last.failed().stage(), "extension own");
  EXPECT_THAT(extension.last.failed().message(), HasSubstr("RangeError: no such price"));
  EXPECT_THAT(extension.last.failed().message(), HasSubstr("own:2:"));

  const Answer module = Ask("modules { specifier: 'm' source: 'import { x } from \"nowhere\"' }");
  EXPECT_EQ(module.last.failed().stage(), "module m");
  EXPECT_THAT(module.last.failed().message(), HasSubstr("nowhere"));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(EvaldSnapshot, AConfigurationAtFaultIsTold) {
  const Answer answer = Ask("extensions { builtin: 'nothing' }");
  EXPECT_EQ(answer.last.failed().stage(), "config");
  EXPECT_THAT(answer.last.failed().message(), HasSubstr("there is no built-in extension"));
}

TEST_F(EvaldSnapshot, ServesWhatCannotBeStored) {
  std::ofstream(root_ / "file") << "x";
  store_ = root_ / "file" / "store";
  const Answer answer = Ask("");
  ASSERT_TRUE(answer.last.has_ready()) << answer.last.DebugString();
  EXPECT_GT(answer.blob.size(), 100'000u);
  EXPECT_THAT(answer.log, Contains(HasSubstr("cannot be made")));
  EXPECT_THAT(answer.last.ready().build_reason(), HasSubstr("cannot be made"));
}

TEST_F(EvaldSnapshot, RefusesAStoreThatOthersCanWrite) {
  fs::create_directory(store_);
  fs::permissions(store_, fs::perms::all);
  const Answer answer = Ask("");
  EXPECT_EQ(answer.last.failed().stage(), "store");
  EXPECT_THAT(answer.last.failed().message(), HasSubstr("executable input"));
}

TEST_F(EvaldSnapshot, EndsWhenTheDaemonHangsUpBeforeAsking) {
  Process process = Start();
  process.socket.reset();
  EXPECT_EQ(ExitCode(process.pid), 1);
}

TEST_F(EvaldSnapshot, DiesWithTheProcessThatStartedIt) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  // Clear of the descriptors 3 and 4, which the builder replaces.
  const int held = fcntl(pipe_fds[1], F_DUPFD, 20);
  close(pipe_fds[1]);
  const pid_t daemon = fork();
  if (daemon == 0) {
    Process process = Start();
    internal::SnapshotRequest request;
    request.set_store_folder(store_);
    auto* endless = request.mutable_config()->add_extensions();
    endless->set_name("endless");
    endless->set_source("for (;;) {}");
    WriteFrame(process.socket.get(), request).IgnoreError();
    // The builder holds the pipe's end too: it closes only when both processes are gone.
    usleep(300'000);
    _exit(0);
  }
  close(held);
  char byte;
  EXPECT_EQ(read(pipe_fds[0], &byte, 1), 0);
  close(pipe_fds[0]);
  EXPECT_EQ(ExitCode(daemon), 0);
}

}  // namespace
}  // namespace evald::snapshot
