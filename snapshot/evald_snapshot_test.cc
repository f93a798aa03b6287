// The process evald-snapshot, as the daemon sees it: a socket as descriptor 3, a memfd as descriptor 4.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/frame.h"
#include "base/unique_fd.h"
#include "evald/internal/builder.pb.h"

namespace evald::snapshot {
namespace {

namespace fs = std::filesystem;
using internal::SnapshotEvent;
using testing::AllOf;
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

  internal::SnapshotRequest Request(const std::string& config) {
    internal::SnapshotRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(config, request.mutable_config())) << config;
    request.set_config_folder(root_);
    request.set_store_folder(store_);
    return request;
  }

  Answer Send(const internal::SnapshotRequest& request) {
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

  Answer Ask(const std::string& config) { return Send(Request(config)); }
  Answer Force(const std::string& config) {
    internal::SnapshotRequest request = Request(config);
    request.set_force(true);
    return Send(request);
  }
  Answer Resume(const std::string& config) {
    internal::SnapshotRequest request = Request(config);
    request.set_resume(true);
    return Send(request);
  }
  Answer LoadGeneration(const std::string& config, uint64_t generation) {
    internal::SnapshotRequest request = Request(config);
    request.set_load_generation(generation);
    return Send(request);
  }
  Answer Note(uint64_t generation, const std::string& config_fingerprint) {
    internal::SnapshotRequest request = Request("");
    request.mutable_serving()->set_generation(generation);
    request.mutable_serving()->set_config_fingerprint(config_fingerprint);
    return Send(request);
  }

  std::vector<fs::path> Files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(store_)) files.push_back(entry.path());
    return files;
  }

  // Until the store has that many files, or for ten seconds.
  void WaitForFiles(size_t count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (Files().size() < count && std::chrono::steady_clock::now() < end) sched_yield();
    EXPECT_GE(Files().size(), count);
  }

  fs::path root_, store_;
  std::error_code ignored_;
};

TEST_F(EvaldSnapshot, BuildsThenLoadsThenRebuildsWhatBrokeOrChanged) {
  const std::string config = "extensions { builtin: 'console' } extensions { builtin: 'encoding' }";
  const Answer built = Ask(config);
  ASSERT_TRUE(built.last.has_ready()) << built.last.DebugString();
  EXPECT_EQ(built.last.ready().build_reason(), "no snapshot is stored");
  EXPECT_EQ(built.last.ready().snapshot().generation(), 1u);
  EXPECT_EQ(built.last.ready().snapshot().blob_bytes(), built.blob.size());
  EXPECT_THAT(built.last.ready().snapshot().extensions(), ElementsAre("random", "console", "encoding"));
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

  const Answer reordered = Ask("extensions { builtin: 'encoding' } extensions { builtin: 'console' }");
  EXPECT_EQ(reordered.last.ready().build_reason(), "the order of extensions changed");
  EXPECT_EQ(reordered.last.ready().snapshot().generation(), 3u);
  EXPECT_EQ(reordered.last.ready().stored_size(), 2);
  EXPECT_EQ(reordered.last.ready().stored(0).generation(), 3u);
}

TEST_F(EvaldSnapshot, ForceBuildsWhatDidNotChangeAndKeepsTheOlderOne) {
  Ask("");
  const Answer forced = Force("");
  EXPECT_EQ(forced.last.ready().build_reason(), "forced");
  EXPECT_EQ(forced.last.ready().snapshot().generation(), 2u);
  ASSERT_EQ(forced.last.ready().stored_size(), 2);
  EXPECT_EQ(forced.last.ready().stored(0).build_reason(), "forced");
  EXPECT_EQ(forced.last.ready().stored(1).build_reason(), "no snapshot is stored");
  EXPECT_EQ(Ask("").last.ready().snapshot().generation(), 2u) << "the newest one";
}

TEST_F(EvaldSnapshot, KeepsAsManyAsTheConfigurationSays) {
  for (int i = 0; i < 3; ++i) Force("kept_generations: 2");
  EXPECT_EQ(Ask("kept_generations: 2").last.ready().stored_size(), 2);
}

TEST_F(EvaldSnapshot, TellsWhatExtensionsSayAndKeepsIt) {
  const std::string config =
      "extensions { builtin: 'console' } extensions { name: 'own' source: 'console.log(\"hello\", {a: 1})' }"
      "modules { specifier: 'm' source: 'console.warn(\"from\\\\na module\")' }";
  const Answer built = Ask(config);
  ASSERT_TRUE(built.last.has_ready()) << built.last.DebugString();
  EXPECT_THAT(built.log, ElementsAre("hello { a: 1 }", "from", "a module"));
  EXPECT_THAT(built.last.ready().snapshot().build_log(), ElementsAre("hello { a: 1 }", "from", "a module"));

  const Answer loaded = Ask(config);
  EXPECT_THAT(loaded.log, IsEmpty());
  EXPECT_THAT(loaded.last.ready().snapshot().build_log(), ElementsAre("hello { a: 1 }", "from", "a module"));
  EXPECT_EQ(loaded.last.ready().stored(0).SerializeAsString(),
            loaded.last.ready().snapshot().SerializeAsString());
}

TEST_F(EvaldSnapshot, TellsWhatAnExtensionSaidBeforeItThrew) {
  const Answer answer =
      Ask("extensions { builtin: 'console' }"
          "extensions { name: 'own' source: 'console.log(\"so far\"); throw 1' }");
  EXPECT_TRUE(answer.last.has_failed());
  EXPECT_THAT(answer.log, ElementsAre("so far"));
}

TEST_F(EvaldSnapshot, CarriesWarmUpAndCanariesAndWhatItWasMadeFrom) {
  std::ofstream(root_ / "warm.js") << "warm()";
  const std::string config =
      "extensions { builtin: 'random' } modules { specifier: 'm' source: '1' }"
      "warmup { file: 'warm.js' } canaries { name: 'sum' source: '1 + 1' expect: '2' }";
  for (const Answer& answer : {Ask(config), Ask(config)}) {  // built, then loaded
    const internal::SnapshotReady& ready = answer.last.ready();
    ASSERT_EQ(ready.warmup_size(), 1) << answer.last.DebugString();
    EXPECT_EQ(ready.warmup(0).name(), "warm.js");
    EXPECT_EQ(ready.warmup(0).source(), "warm()");
    ASSERT_EQ(ready.canaries_size(), 1);
    EXPECT_EQ(ready.canaries(0).name(), "sum");
    EXPECT_EQ(ready.canaries(0).source(), "1 + 1");
    EXPECT_EQ(ready.canaries(0).expect(), "2");
    EXPECT_EQ(ready.config_fingerprint(), ready.snapshot().fingerprint());
    ASSERT_EQ(ready.snapshot().inputs_size(), 4);
    const std::vector<std::pair<v1::SnapshotInput::Kind, std::string>> inputs = {
        {v1::SnapshotInput::EXTENSION, "random"},
        {v1::SnapshotInput::MODULE, "m"},
        {v1::SnapshotInput::WARMUP, "warm.js"},
        {v1::SnapshotInput::CANARY, "sum"}};
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(ready.snapshot().inputs(i).kind(), inputs[i].first);
      EXPECT_EQ(ready.snapshot().inputs(i).name(), inputs[i].second);
      EXPECT_EQ(ready.snapshot().inputs(i).sha256().size(), 64u);
    }
  }
  std::ofstream(root_ / "warm.js") << "warmer()";
  EXPECT_EQ(Ask(config).last.ready().build_reason(), "warm-up script 'warm.js' changed");
  EXPECT_EQ(Ask("extensions { builtin: 'random' }").last.ready().canaries(0).name(), "builtin");
}

TEST_F(EvaldSnapshot, LoadsAnyKeptGenerationAsItWas) {
  std::ofstream(root_ / "own.js") << "var version = 1";
  const std::string old_config =
      "extensions { name: 'own' file: 'own.js' } warmup { source: 'old' } canaries { source: 'version' }";
  const Answer old = Ask(old_config);
  ASSERT_TRUE(old.last.has_ready()) << old.last.DebugString();
  const Answer now = Ask("warmup { source: 'new' }");
  ASSERT_EQ(now.last.ready().snapshot().generation(), 2u);

  const Answer back = LoadGeneration("warmup { source: 'new' }", 1);
  ASSERT_TRUE(back.last.has_ready()) << back.last.DebugString();
  EXPECT_EQ(back.last.ready().snapshot().SerializeAsString(),
            old.last.ready().snapshot().SerializeAsString());
  EXPECT_EQ(back.last.ready().warmup(0).source(), "old");
  EXPECT_EQ(back.last.ready().canaries(0).source(), "version");
  EXPECT_EQ(back.last.ready().build_reason(), "");
  EXPECT_EQ(back.last.ready().config_fingerprint(), now.last.ready().snapshot().fingerprint());
  EXPECT_TRUE(back.blob == old.blob);

  fs::remove(root_ / "own.js");
  const Answer broken = LoadGeneration(old_config, 2);
  ASSERT_TRUE(broken.last.has_ready()) << broken.last.DebugString();
  EXPECT_EQ(broken.last.ready().snapshot().generation(), 2u);
  EXPECT_EQ(broken.last.ready().config_fingerprint(), "");
  EXPECT_THAT(broken.log, ElementsAre(AllOf(HasSubstr("cannot be read"), HasSubstr("own.js"))));
}

TEST_F(EvaldSnapshot, SaysWhyAGenerationCannotBeLoaded) {
  Ask("");
  Force("");
  const Answer missing = LoadGeneration("", 7);
  EXPECT_EQ(missing.last.failed().stage(), "load");
  EXPECT_TRUE(missing.last.failed().not_found());
  EXPECT_EQ(missing.last.failed().message(), "generation 7 is not kept: the store has 2, 1");

  const Answer foreign = LoadGeneration("engine { jitless: true }", 1);
  EXPECT_EQ(foreign.last.failed().stage(), "load");
  EXPECT_FALSE(foreign.last.failed().not_found());
  EXPECT_THAT(foreign.last.failed().message(),
              AllOf(HasSubstr("generation 1 cannot run in this evald: V8 flags"), HasSubstr("jitless"),
                    HasSubstr("restore that in the configuration file, and regenerate")));

  for (const fs::path& file : Files()) fs::resize_file(file, fs::file_size(file) - 1);
  const Answer damaged = LoadGeneration("", 1);
  EXPECT_EQ(damaged.last.failed().stage(), "load");
  EXPECT_FALSE(damaged.last.failed().not_found());
  EXPECT_THAT(damaged.last.failed().message(), HasSubstr("generation 1 cannot be loaded: truncated"));
}

TEST_F(EvaldSnapshot, NotesWhatServes) {
  Ask("");
  const Answer noted = Note(1, std::string(64, 'a'));
  ASSERT_TRUE(noted.last.has_ready()) << noted.last.DebugString();
  EXPECT_EQ(noted.last.ready().stored_size(), 1);
  EXPECT_FALSE(noted.last.ready().has_snapshot());
  EXPECT_EQ(noted.blob, "");
  EXPECT_TRUE(fs::exists(store_ / "serving"));
  EXPECT_EQ(Note(0, "").last.failed().stage(), "store");

  std::ofstream(root_ / "file") << "x";
  store_ = root_ / "file" / "store";
  EXPECT_EQ(Note(1, "").last.failed().stage(), "store");
}

TEST_F(EvaldSnapshot, ResumesWhatServedUnderTheSameConfiguration) {
  Ask("");
  const std::string changed = "warmup { source: '1' }";
  const std::string asked_for = Ask(changed).last.ready().config_fingerprint();
  Note(1, asked_for);  // rolled back while the configuration asked for the second one

  const Answer resumed = Resume(changed);
  EXPECT_EQ(resumed.last.ready().snapshot().generation(), 1u);
  EXPECT_EQ(resumed.last.ready().warmup_size(), 0);
  EXPECT_EQ(resumed.last.ready().config_fingerprint(), asked_for);
  EXPECT_EQ(Ask(changed).last.ready().snapshot().generation(), 2u) << "not when nobody asks to resume";
  const Answer forced = [&] {
    internal::SnapshotRequest request = Request(changed);
    request.set_resume(true);
    request.set_force(true);
    return Send(request);
  }();
  EXPECT_EQ(forced.last.ready().snapshot().generation(), 3u);
  EXPECT_EQ(Resume("warmup { source: '2' }").last.ready().snapshot().generation(), 4u)
      << "the configuration has changed since";
}

TEST_F(EvaldSnapshot, GoesByTheConfigurationWhereItCannotResume) {
  const std::string asked_for = Ask("").last.ready().config_fingerprint();
  Force("");
  Note(1, asked_for);
  for (const fs::path& file : Files()) {
    if (file.filename().string().starts_with("0000000001-")) fs::resize_file(file, 1000);
  }
  const Answer damaged = Resume("");
  EXPECT_EQ(damaged.last.ready().snapshot().generation(), 2u);
  EXPECT_THAT(
      damaged.log,
      Contains(HasSubstr("what served last cannot serve again: generation 1 cannot be loaded: truncated")));

  Note(9, asked_for);
  const Answer gone = Resume("");
  EXPECT_EQ(gone.last.ready().snapshot().generation(), 2u);
  EXPECT_THAT(gone.log, Contains(HasSubstr("generation 9, which served last, is not kept")));

  std::ofstream(store_ / "serving") << "evald serving\ngeneration";
  const Answer unknown = Resume("");
  EXPECT_EQ(unknown.last.ready().snapshot().generation(), 2u);
  EXPECT_THAT(unknown.log, Contains(HasSubstr("the note of what serves is damaged")));
}

TEST_F(EvaldSnapshot, AnExtensionsErrorSaysWhere) {
  std::ofstream(root_ / "own.js")
      << "function check() {\n  throw new RangeError('no such price')\n}\ncheck()";
  const Answer thrown = Ask("extensions { name: 'own' file: 'own.js' }");
  EXPECT_EQ(thrown.last.failed().stage(), "extension own");
  EXPECT_EQ(thrown.last.failed().message(),
            "own:2:3: RangeError: no such price\n    at check (own:2:9)\n    at own:4:1\n"
            "(own is the file " +
                (root_ / "own.js").string() + ")");

  const Answer syntax = Ask("extensions { name: 'own' source: 'var a = 1;\\n  var b = = 2' }");
  EXPECT_EQ(syntax.last.failed().stage(), "extension own");
  EXPECT_THAT(syntax.last.failed().message(), HasSubstr("own:2:11: SyntaxError: Unexpected token '='"));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(EvaldSnapshot, AModulesErrorSaysWhere) {
  const auto message = [&](const std::string& source) {
    std::ofstream(root_ / "m.mjs") << source;
    const Answer answer = Ask("modules { specifier: 'm' file: 'm.mjs' }");
    EXPECT_EQ(answer.last.failed().stage(), "module m");
    const std::string file = "\n(m is the file " + (root_ / "m.mjs").string() + ")";
    std::string text = answer.last.failed().message();
    EXPECT_TRUE(text.ends_with(file)) << text;
    if (text.ends_with(file)) text.resize(text.size() - file.size());
    return text;
  };
  EXPECT_EQ(message("export const a = 1;\n  null.x"),
            "m:2:8: TypeError: Cannot read properties of null (reading 'x')\n    at m:2:8");
  EXPECT_THAT(message("\nlet let = 1"), HasSubstr("m:2:5: SyntaxError: "));
  EXPECT_THAT(message("\nimport { x } from 'nowhere'"),
              HasSubstr("TypeError: Cannot find module 'nowhere' imported from m:2:19: there"));
  EXPECT_EQ(message("\n  await Promise.reject(new RangeError('no rates'))"),
            "m:2:24: RangeError: no rates\n    at m:2:24");
  EXPECT_EQ(message("const load = async () => {\n  await null;\n  throw new Error('late') };\nawait load()"),
            "m:3:9: Error: late\n    at load (m:3:9)\n    at async m:4:1");
  EXPECT_THAT(message("await Promise.reject('why')"), HasSubstr("why"));
  EXPECT_THAT(message("await new Promise(() => {})"), HasSubstr("can never happen"));
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
  EXPECT_EQ(answer.last.ready().snapshot().generation(), 1u);

  internal::SnapshotRequest again = Request("");
  again.set_above_generation(5);
  EXPECT_EQ(Send(again).last.ready().snapshot().generation(), 6u) << "though nothing in a store says so";
}

TEST_F(EvaldSnapshot, RefusesAStoreThatOthersCanWrite) {
  fs::create_directory(store_);
  fs::permissions(store_, fs::perms::all);
  const Answer answer = Ask("");
  EXPECT_EQ(answer.last.failed().stage(), "store");
  EXPECT_THAT(answer.last.failed().message(), HasSubstr("executable input"));
}

// Killed at moments that can be told from outside; store_test has the ones between two system calls.
TEST_F(EvaldSnapshot, KilledAtAnyMomentItLeavesAStoreThatWorks) {
  const std::string config =
      "extensions { builtin: 'console' } extensions { name: 'a' source: 'console.log(1)' }"
      "modules { specifier: 'm' source: 'console.log(2)' }";
  ASSERT_TRUE(Ask(config).last.has_ready());
  internal::SnapshotRequest request = Request(config);
  request.set_force(true);
  size_t files = 0;  // before the request
  const std::pair<const char*, std::function<void(Process&)>> moments[] = {
      {"at once", [](Process&) {}},
      {"when the first extension has run",
       [](Process& process) {
         SnapshotEvent event;
         EXPECT_TRUE(ReadFrame(process.socket.get(), 1 << 20, event).ok());
       }},
      {"when the module has run",
       [](Process& process) {
         for (int i = 0; i < 2; ++i) {
           SnapshotEvent event;
           EXPECT_TRUE(ReadFrame(process.socket.get(), 1 << 20, event).ok());
         }
       }},
      {"when the file is being written, or was", [&](Process&) { WaitForFiles(files + 1); }},
      {"when it has answered",
       [](Process& process) {
         SnapshotEvent event;
         while (!event.has_ready()) ASSERT_TRUE(ReadFrame(process.socket.get(), 1 << 20, event).ok());
       }},
  };
  uint64_t newest = 1;
  for (const auto& [when, wait] : moments) {
    files = Files().size();
    Process process = Start();
    ASSERT_TRUE(WriteFrame(process.socket.get(), request).ok());
    wait(process);
    kill(process.pid, SIGKILL);
    ExitCode(process.pid);

    const Answer loaded = Ask(config);
    ASSERT_TRUE(loaded.last.has_ready()) << when << ": " << loaded.last.DebugString();
    EXPECT_EQ(loaded.last.ready().build_reason(), "") << when;
    EXPECT_GE(loaded.last.ready().snapshot().generation(), newest) << when;
    EXPECT_THAT(loaded.log, IsEmpty()) << when;
    for (const fs::path& file : Files()) EXPECT_EQ(file.extension(), ".snapshot") << when;
    const Answer forced = Force(config);
    EXPECT_GT(forced.last.ready().snapshot().generation(), loaded.last.ready().snapshot().generation())
        << when;
    newest = forced.last.ready().snapshot().generation();
  }
}

TEST_F(EvaldSnapshot, EndsWhenTheDaemonHangsUpBeforeAsking) {
  Process process = Start();
  process.socket.reset();
  EXPECT_EQ(ExitCode(process.pid), 1);
}

TEST_F(EvaldSnapshot, TellsWhatAScriptWritesWhileItRuns) {
  Process process = Start();
  ASSERT_TRUE(WriteFrame(process.socket.get(),
                         Request("extensions { builtin: 'console' }"
                                 "extensions { name: 'a' source: 'console.log(\"so far\"); for (;;);' }"))
                  .ok());
  SnapshotEvent said;
  EXPECT_TRUE(ReadFrame(process.socket.get(), 1 << 20, said).ok());
  EXPECT_EQ(said.log().text(), "so far");
  kill(process.pid, SIGKILL);
  EXPECT_EQ(ExitCode(process.pid), -SIGKILL);
}

// The second extension never ends, so the builder does only if it is ended.
class EvaldSnapshotAlone : public EvaldSnapshot, public testing::WithParamInterface<bool> {};

TEST_P(EvaldSnapshotAlone, EndsWithTheProcessThatStartedIt) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  // Clear of the descriptors 3 and 4, which the builder replaces.
  const int held = fcntl(pipe_fds[1], F_DUPFD, 20);
  close(pipe_fds[1]);
  const pid_t daemon = fork();
  if (daemon == 0) {
    Process process = Start();
    const internal::SnapshotRequest request = Request(
        "extensions { builtin: 'console' } extensions { name: 'a' source: 'console.log(1)' }"
        "extensions { name: 'endless' source: 'for (;;);' }");
    WriteFrame(process.socket.get(), request).IgnoreError();
    SnapshotEvent said;
    if (GetParam()) ReadFrame(process.socket.get(), 1 << 20, said).IgnoreError();
    _exit(0);
  }
  close(held);
  // The builder holds the pipe's end too: it closes only when both processes are gone.
  char byte;
  EXPECT_EQ(read(pipe_fds[0], &byte, 1), 0);
  close(pipe_fds[0]);
  EXPECT_EQ(ExitCode(daemon), 0);
}

INSTANTIATE_TEST_SUITE_P(BeforeAndWhileItBuilds, EvaldSnapshotAlone, testing::Bool());

}  // namespace
}  // namespace evald::snapshot
