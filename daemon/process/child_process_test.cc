#include "daemon/process/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evald {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ChildProcessTest : public testing::Test {
 protected:
  absl::Status Shell(const std::string& script, std::vector<UniqueFd> descriptors = {}) {
    ChildProcess::Options options;
    options.program = "/bin/sh";
    options.arguments = {"-c", script};
    options.descriptors = std::move(descriptors);
    options.on_line = [this](std::string_view line) { lines_.emplace_back(line); };
    options.on_exit = [this](int status) { exit_ = DescribeWaitStatus(status); };
    absl::StatusOr<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(io_, std::move(options));
    if (child.ok()) child_ = *std::move(child);
    return child.status();
  }
  // Until it has exited and its output has ended.
  void RunToTheEnd() { io_.run(); }

  boost::asio::io_context io_;
  std::vector<std::string> lines_;
  std::string exit_;
  std::unique_ptr<ChildProcess> child_;
};

TEST_F(ChildProcessTest, TellsLinesAndExit) {
  ASSERT_TRUE(Shell("echo one; echo two >&2; printf three; exit 3").ok());
  RunToTheEnd();
  EXPECT_THAT(lines_, ElementsAre("one", "two", "three"));
  EXPECT_EQ(exit_, "exited with 3");
}

TEST_F(ChildProcessTest, MakesWayInTheBackground) {
  ChildProcess::Options options;
  options.program = "/usr/bin/nice";
  options.in_background = true;
  options.on_line = [this](std::string_view line) { lines_.emplace_back(line); };
  absl::StatusOr<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(io_, std::move(options));
  ASSERT_TRUE(child.ok()) << child.status();
  RunToTheEnd();
  EXPECT_THAT(lines_, ElementsAre("19"));
}

TEST_F(ChildProcessTest, GetsTheDescriptorsItWasPromisedAndNoOthers) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  std::vector<UniqueFd> descriptors;
  descriptors.emplace_back(fds[0]);
  UniqueFd write_end(fds[1]);
  // Not close-on-exec, as a careless library would leave it, and at a number that the shell does not use.
  UniqueFd careless(fcntl(write_end.get(), F_DUPFD, 50));
  ASSERT_EQ(write(write_end.get(), "hello\n", 6), 6);
  const std::string place = "/proc/$$/fd/" + std::to_string(careless.get());
  ASSERT_TRUE(
      Shell("read word <&3; echo $word; if [ -e " + place + " ]; then echo leaked; else echo clean; fi",
            std::move(descriptors))
          .ok());
  RunToTheEnd();
  EXPECT_THAT(lines_, ElementsAre("hello", "clean"));
}

TEST_F(ChildProcessTest, AProgramThatIsNotThereIsNamed) {
  ChildProcess::Options options;
  options.program = "/no/such/program";
  const absl::Status status = ChildProcess::Start(io_, std::move(options)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/no/such/program"));
}

TEST_F(ChildProcessTest, IsKilled) {
  ASSERT_TRUE(Shell("exec sleep 1000").ok());
  child_->Kill();
  RunToTheEnd();
  EXPECT_EQ(exit_, "was killed by signal 9 (SIGKILL)");
}

TEST_F(ChildProcessTest, DestructionKillsAndCallsNobody) {
  ASSERT_TRUE(Shell("exec sleep 1000").ok());
  const pid_t pid = child_->pid();
  child_.reset();
  EXPECT_EQ(kill(pid, 0), 0) << "nobody has waited for its end";
  RunToTheEnd();
  EXPECT_EQ(exit_, "");
  EXPECT_EQ(kill(pid, 0), -1) << "it has been reaped";
}

TEST_F(ChildProcessTest, ALoopThatEndsFirstLeavesNoneRunning) {
  auto io = std::make_unique<boost::asio::io_context>();
  ChildProcess::Options options;
  options.program = "/bin/sleep";
  options.arguments = {"1000"};
  absl::StatusOr<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(*io, std::move(options));
  ASSERT_TRUE(child.ok()) << child.status();
  const pid_t pid = (*child)->pid();
  child->reset();
  io.reset();
  int status = 0;
  // Unless it was reaped by then.
  if (waitpid(pid, &status, 0) == pid) {
    EXPECT_EQ(DescribeWaitStatus(status), "was killed by signal 9 (SIGKILL)");
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

}  // namespace
}  // namespace evald
