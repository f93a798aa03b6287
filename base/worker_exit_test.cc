#include "base/worker_exit.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace evald {
namespace {

int StatusOf(void (*body)()) {
  const pid_t pid = fork();
  if (pid == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

TEST(WorkerExit, TellsEndingsApart) {
  EXPECT_EQ(WorkerExit::FromWaitStatus(StatusOf([] {})).kind, WorkerExit::Kind::kHungUp);
  EXPECT_EQ(WorkerExit::FromWaitStatus(StatusOf([] { raise(SIGKILL); })).kind, WorkerExit::Kind::kKilled);
  const WorkerExit lost =
      WorkerExit::FromWaitStatus(StatusOf([] { _exit(static_cast<int>(WorkerExitCode::kPagemap)); }));
  EXPECT_EQ(lost.kind, WorkerExit::Kind::kNotRewindable);
  EXPECT_EQ(lost.name, "pagemap");
  EXPECT_EQ(WorkerExit::FromWaitStatus(StatusOf([] { raise(SIGSYS); })).kind,
            WorkerExit::Kind::kSandboxViolation);
  const WorkerExit aborted =
      WorkerExit::FromWaitStatus(StatusOf([] { _exit(static_cast<int>(WorkerExitCode::kAborted)); }));
  EXPECT_EQ(aborted.kind, WorkerExit::Kind::kCrashed);
  EXPECT_EQ(aborted.code, SIGABRT);
  EXPECT_EQ(aborted.name, "aborted");
  const WorkerExit trap = WorkerExit::FromWaitStatus(StatusOf([] { raise(SIGTRAP); }));
  EXPECT_EQ(trap.kind, WorkerExit::Kind::kCrashed);
  EXPECT_EQ(trap.name, "signal_5");
}

TEST(WorkerExit, ACodeThatNoWorkerUsesIsUnknown) {
  const WorkerExit exit = WorkerExit::FromWaitStatus(StatusOf([] { _exit(1); }));
  EXPECT_EQ(exit.kind, WorkerExit::Kind::kUnknown);
  EXPECT_EQ(exit.name, "exit_1");
}

}  // namespace
}  // namespace evald
