#include "snapshot/store.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "snapshot/fingerprint.h"

namespace evald::snapshot {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Fails, writes short, or ends the process, as a test wants.
class FaultyCalls final : public FileCalls {
 public:
  ssize_t Write(int fd, const void* data, size_t size) override {
    Tick();
    if (write_limit == 0) return Fail();
    const size_t n = std::min(size, write_limit);
    if (!endless) write_limit -= n;
    return FileCalls::Write(fd, data, n);
  }
  int Fsync(int fd) override {
    Tick();
    return fsyncs_left-- == 0 ? Fail() : FileCalls::Fsync(fd);
  }
  int RenameAt(int folder, const char* from, const char* to) override {
    Tick();
    return rename_fails ? Fail() : FileCalls::RenameAt(folder, from, to);
  }
  int UnlinkAt(int folder, const char* name) override {
    Tick();
    return FileCalls::UnlinkAt(folder, name);
  }

  size_t write_limit =
      SIZE_MAX;  // bytes until the disk is full; with `endless`, the most that one call takes
  bool endless = true;
  int fsyncs_left = -1;
  bool rename_fails = false;
  int calls_until_killed = -1;

 private:
  void Tick() {
    if (calls_until_killed-- == 0) raise(SIGKILL);
  }
  static int Fail() {
    errno = ENOSPC;
    return -1;
  }
};

Recipe RecipeOf(const std::string& source) {
  Recipe recipe;
  recipe.add_warmup()->set_source(source);
  return recipe;
}

EnvelopeHeader HeaderOf(const std::string& source) {
  EnvelopeHeader header;
  header.set_v8_version("10.2");
  header.set_architecture("x86_64");
  for (const char* name : {"console", "pricing"}) {
    SnapshotPart& part = *header.add_extensions();
    part.set_name(name);
    part.set_sha256(source);
  }
  header.set_fingerprint(Fingerprint(header));
  return header;
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/storeXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    folder_ = root_ / "a" / "store";
    Reopen();
  }
  void TearDown() override { fs::remove_all(root_); }

  void Reopen() {
    absl::StatusOr<std::unique_ptr<Store>> store =
        Store::Create({.folder = folder_, .kept_generations = kept_, .calls = &calls_});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  // Where that generation of it is kept.
  fs::path FileOf(const EnvelopeHeader& header, int generation) {
    const std::string digits = std::to_string(generation);
    return folder_ /
           (std::string(10 - digits.size(), '0') + digits + "-" + header.fingerprint() + ".snapshot");
  }
  // The generation that it got, or 0.
  uint64_t Save(const std::string& source, const std::string& blob = "blob") {
    const absl::StatusOr<EnvelopeHeader> saved = store_->Save(HeaderOf(source), RecipeOf(source), blob);
    EXPECT_TRUE(saved.ok()) << saved.status();
    return saved.ok() ? saved->generation() : 0;
  }
  std::vector<uint64_t> Generations() {
    std::vector<uint64_t> generations;
    const absl::StatusOr<StoreListing> listing = store_->List();
    EXPECT_TRUE(listing.ok()) << listing.status();
    if (!listing.ok()) return generations;
    for (const EnvelopeSummary& summary : listing->snapshots)
      generations.push_back(summary.header.generation());
    return generations;
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string BlobOf(uint64_t generation) {
    const absl::StatusOr<StoredSnapshot> stored = store_->LoadGeneration(generation);
    return stored.ok() ? stored->blob : std::string(stored.status().message());
  }
  std::string BlobOf(const EnvelopeHeader& header) {
    const absl::StatusOr<StoredSnapshot> stored = store_->Load(header.fingerprint());
    return stored.ok() ? stored->blob : std::string(stored.status().message());
  }

  fs::path root_, folder_;
  size_t kept_ = Store::kDefaultKeptGenerations;
  FaultyCalls calls_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, GivesBackWhatWasSaved) {
  EXPECT_EQ(Save("v1", "blob one"), 1u);
  EXPECT_THAT(Names(), ElementsAre("0000000001-" + HeaderOf("v1").fingerprint() + ".snapshot"));
  Reopen();
  const absl::StatusOr<StoredSnapshot> stored = store_->Load(HeaderOf("v1").fingerprint());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->blob, "blob one");
  EXPECT_EQ(stored->header.generation(), 1u);
  EXPECT_EQ(stored->recipe.SerializeAsString(), RecipeOf("v1").SerializeAsString());
  EXPECT_THAT(stored->passed_over, IsEmpty());
}

TEST_F(StoreTest, FolderAndFilesAreTheUsersAlone) {
  Save("v1");
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(FileOf(HeaderOf("v1"), 1)).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(StoreTest, AFolderThatOthersCanWriteIsRefused) {
  for (const mode_t mode : {0770, 0702}) {
    ASSERT_EQ(chmod(folder_.c_str(), mode), 0);
    const absl::Status status = Store::Create({.folder = folder_}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()), HasSubstr("executable input"));
  }
}

TEST_F(StoreTest, AFileThatOthersCanWriteIsNotLoaded) {
  Save("v1");
  ASSERT_EQ(chmod(FileOf(HeaderOf("v1"), 1).c_str(), 0620), 0);
  EXPECT_EQ(store_->Load(HeaderOf("v1").fingerprint()).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(StoreTest, ALinkIsNotFollowed) {
  std::ofstream(root_ / "elsewhere") << "x";
  fs::create_symlink(root_ / "elsewhere", FileOf(HeaderOf("v1"), 1));
  EXPECT_FALSE(store_->Load(HeaderOf("v1").fingerprint()).ok());
}

TEST_F(StoreTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(store_->Load(HeaderOf("v1").fingerprint()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->Load("../../etc/passwd").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StoreTest, AFolderThatCannotBeMadeIsUnavailable) {
  std::ofstream(root_ / "file") << "x";
  const absl::Status status = Store::Create({.folder = root_ / "file" / "store"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be made"));
}

TEST_F(StoreTest, GenerationsCountUpAndTheNewestIsFirst) {
  for (const char* source : {"v1", "v2", "v3"}) Save(source, source);
  Save("v1", "again");  // the same fingerprint: the older one stays
  EXPECT_THAT(Generations(), ElementsAre(4, 3, 2, 1));
  EXPECT_EQ(store_->List()->snapshots[0].blob_bytes, 5u);
  EXPECT_EQ(BlobOf(HeaderOf("v1")), "again");
  EXPECT_EQ(BlobOf(1), "v1");
  EXPECT_EQ(BlobOf(4), "again");
}

TEST_F(StoreTest, AGenerationThatIsNotKeptIsNotFound) {
  Save("v1");
  for (const uint64_t generation : {uint64_t{0}, uint64_t{2}, UINT64_MAX}) {
    EXPECT_EQ(store_->LoadGeneration(generation).status().code(), absl::StatusCode::kNotFound) << generation;
  }
}

TEST_F(StoreTest, KeepsTheLastGenerationsAndRemovesTheOldest) {
  for (size_t i = 0; i < Store::kDefaultKeptGenerations + 3; ++i) Save("v" + std::to_string(i));
  EXPECT_THAT(Generations(), SizeIs(Store::kDefaultKeptGenerations));
  EXPECT_EQ(Generations().back(), 4u);
  EXPECT_FALSE(store_->Load(HeaderOf("v0").fingerprint()).ok());
}

TEST_F(StoreTest, KeepsAsManyAsItIsToldTo) {
  kept_ = 1;
  Reopen();
  for (const char* source : {"v1", "v1", "v2"}) Save(source);
  EXPECT_THAT(Generations(), ElementsAre(3));
}

TEST_F(StoreTest, WhatIsNotedAsServingStays) {
  kept_ = 2;
  Reopen();
  Save("v1");
  ASSERT_TRUE(store_->NoteServing({1, HeaderOf("v1").fingerprint()}).ok());
  for (const char* source : {"v2", "v3", "v4"}) Save(source);
  EXPECT_THAT(Generations(), ElementsAre(4, 3, 1));
  ASSERT_TRUE(store_->NoteServing({4, HeaderOf("v4").fingerprint()}).ok());
  Save("v5");
  EXPECT_THAT(Generations(), ElementsAre(5, 4, 1)) << "those that have served stay longest";
  ASSERT_TRUE(store_->NoteServing({5, HeaderOf("v5").fingerprint()}).ok());
  Save("v6");
  EXPECT_THAT(Generations(), ElementsAre(6, 5, 4));
}

TEST_F(StoreTest, ThoseThatNeverServedDriveOutNoneThatHas) {
  kept_ = 4;
  Reopen();
  for (int i = 1; i <= 4; ++i) {
    Save("v" + std::to_string(i));
    ASSERT_TRUE(store_->NoteServing({static_cast<uint64_t>(i), ""}).ok());
  }
  for (int i = 5; i <= 12; ++i) Save("v" + std::to_string(i));
  EXPECT_THAT(Generations(), ElementsAre(12, 4, 3, 2, 1));
  ASSERT_TRUE(store_->NoteServing({12, ""}).ok());
  Save("v13");
  EXPECT_THAT(Generations(), ElementsAre(13, 12, 4, 3, 2)) << "one served since: the oldest goes";
}

TEST_F(StoreTest, FewOfThoseThatNeverServedStay) {
  Save("v1");
  ASSERT_TRUE(store_->NoteServing({1, ""}).ok());
  for (int i = 2; i <= 6; ++i) Save("v" + std::to_string(i));
  EXPECT_THAT(Generations(), ElementsAre(6, 5, 4, 1));
}

TEST_F(StoreTest, TheNewestThatServedStaysWithoutANote) {
  kept_ = 1;
  Reopen();
  Save("v1");
  absl::StatusOr<std::unique_ptr<Store>> store =
      Store::Create({.folder = folder_, .kept_generations = kept_, .newest_served = 1, .calls = &calls_});
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
  for (const char* source : {"v2", "v3"}) Save(source);
  EXPECT_THAT(Generations(), ElementsAre(3, 1));
}

TEST_F(StoreTest, WhereNothingIsKnownOfWhatServedAllMayHave) {
  for (int i = 1; i <= 3; ++i) Save("v" + std::to_string(i));
  ASSERT_TRUE(store_->NoteServing({3, ""}).ok());
  EXPECT_THAT(store_->Serving()->served, ElementsAre(3, 2, 1));
  Save("v4");
  ASSERT_TRUE(store_->NoteServing({2, ""}).ok());
  EXPECT_THAT(store_->Serving()->served, ElementsAre(3, 2, 1)) << "the fourth never did";
}

TEST_F(StoreTest, AGenerationIsNotGivenTwiceWhileAnythingIsLeftOfIt) {
  EXPECT_EQ(Save("v1"), 1u);
  EXPECT_EQ(Save("v2"), 2u);
  std::ofstream(FileOf(HeaderOf("v2"), 2)) << "damaged";
  EXPECT_EQ(Save("v3"), 3u) << "a damaged file has its generation in its name";
  ASSERT_TRUE(store_->NoteServing({7, ""}).ok());
  for (const std::string& name : Names()) {
    if (name != "serving") fs::remove(folder_ / name);
  }
  EXPECT_EQ(store_->LargestGeneration(), 7u);
  EXPECT_EQ(Save("v4"), 8u) << "the note knows";
  EnvelopeHeader header = HeaderOf("v5");
  header.set_generation(20);
  EXPECT_EQ(store_->Save(header, {}, "blob")->generation(), 21u) << "and so does who asks";
}

TEST_F(StoreTest, AfterTheLastGenerationThereIsNone) {
  EnvelopeHeader header = HeaderOf("v1");
  header.set_generation(Store::kMaxGeneration - 1);
  EXPECT_EQ(store_->Save(header, {}, "blob")->generation(), Store::kMaxGeneration);
  EXPECT_EQ(store_->Save(header, {}, "blob").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(BlobOf(Store::kMaxGeneration), "blob");
}

TEST_F(StoreTest, ProcessesThatSaveAtOnceGetDifferentGenerations) {
  constexpr int kProcesses = 4, kEach = 5;
  kept_ = kProcesses * kEach;
  std::vector<pid_t> pids;
  for (int i = 0; i < kProcesses; ++i) {
    pids.push_back(fork());
    if (pids.back() != 0) continue;
    // A store of its own: the lock belongs to the open folder.
    Reopen();
    for (int n = 0; n < kEach; ++n) {
      if (!store_->Save(HeaderOf("v1"), {}, "blob").ok()) _exit(1);
    }
    _exit(0);
  }
  for (const pid_t pid : pids) {
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  Reopen();
  std::vector<uint64_t> all;
  for (uint64_t generation = kProcesses * kEach; generation > 0; --generation) all.push_back(generation);
  EXPECT_EQ(Generations(), all);
}

TEST_F(StoreTest, ADamagedOneIsPassedOverForAnOlderOneOfTheSame) {
  Save("v1", "older");
  Save("v1", "newer");
  fs::resize_file(FileOf(HeaderOf("v1"), 2), 200);
  const absl::StatusOr<StoredSnapshot> stored = store_->Load(HeaderOf("v1").fingerprint());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->blob, "older");
  EXPECT_THAT(stored->passed_over, ElementsAre(AllOf(HasSubstr("0000000002-"), HasSubstr("truncated"))));
  EXPECT_THAT(BlobOf(2), HasSubstr("truncated")) << "asked for by name there is no other";
}

TEST_F(StoreTest, WhatReplacesADamagedOneRemovesIt) {
  Save("v1");
  Save("v2");
  fs::resize_file(FileOf(HeaderOf("v1"), 1), 200);
  fs::resize_file(FileOf(HeaderOf("v2"), 2), 200);
  ASSERT_TRUE(store_->NoteServing({1, ""}).ok());
  EXPECT_EQ(Save("v1", "again"), 3u);
  EXPECT_FALSE(fs::exists(FileOf(HeaderOf("v1"), 1)));
  EXPECT_TRUE(fs::exists(FileOf(HeaderOf("v2"), 2))) << "nothing has replaced that one";
  EXPECT_EQ(BlobOf(HeaderOf("v1")), "again");
}

TEST_F(StoreTest, AFileOfAnotherFormatVersionIsLeftToAge) {
  Save("v1");
  {
    std::fstream file(FileOf(HeaderOf("v1"), 1), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8);
    file.put(3);
  }
  EXPECT_EQ(store_->Load(HeaderOf("v1").fingerprint()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  Save("v1", "again");
  EXPECT_TRUE(fs::exists(FileOf(HeaderOf("v1"), 1)));
  EXPECT_EQ(BlobOf(HeaderOf("v1")), "again");
}

TEST_F(StoreTest, NamesThatAreNoneAreNotTouched) {
  const std::string fingerprint = HeaderOf("v1").fingerprint();
  const std::vector<std::string> names = {"1-" + fingerprint + ".snapshot",
                                          "0000000000-" + fingerprint + ".snapshot",
                                          "+000000001-" + fingerprint + ".snapshot",
                                          "00000000001-" + fingerprint + ".snapshot",
                                          "0000000001_" + fingerprint + ".snapshot",
                                          "0000000001-" + fingerprint + ".snapshot.old",
                                          "0000000001-.snapshot",
                                          "0000000001-x.snapshot",
                                          "notes.txt"};
  for (const std::string& name : names) std::ofstream(folder_ / name) << "x";
  Reopen();
  EXPECT_EQ(Save("v1"), 1u);
  EXPECT_THAT(Names(), SizeIs(names.size() + 1));
  EXPECT_THAT(store_->List()->broken, IsEmpty());
}

TEST_F(StoreTest, TheNoteOfWhatServesIsGivenBack) {
  EXPECT_EQ(store_->Serving().status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(store_->NoteServing({3, HeaderOf("v1").fingerprint()}).ok());
  ASSERT_TRUE(store_->NoteServing({2, HeaderOf("v2").fingerprint()}).ok());
  Reopen();
  const absl::StatusOr<ServingNote> note = store_->Serving();
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->generation, 2u);
  EXPECT_EQ(note->config_fingerprint, HeaderOf("v2").fingerprint());
  EXPECT_THAT(Names(), ElementsAre("serving"));
  EXPECT_EQ(fs::status(folder_ / "serving").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(StoreTest, ANoteThatMakesNoSenseIsNotWritten) {
  for (const ServingNote& note :
       {ServingNote{0, ""}, ServingNote{Store::kMaxGeneration + 1, ""}, ServingNote{1, "x"}}) {
    EXPECT_EQ(store_->NoteServing(note).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(StoreTest, ADamagedNoteIsNoObstacle) {
  Save("v1");
  for (const std::string& text : {std::string(), std::string("x"), std::string(100'000, '\n'),
                                  EncodeServingNote({Store::kMaxGeneration + 1, ""})}) {
    std::ofstream(folder_ / "serving") << text;
    EXPECT_EQ(store_->Serving().status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(store_->LargestGeneration(), 1u);
  }
  EXPECT_EQ(Save("v2"), 2u);
}

TEST_F(StoreTest, ABrokenFileIsReportedAndSkipped) {
  Save("v1");
  Save("v2");
  fs::resize_file(FileOf(HeaderOf("v2"), 2), 50);
  std::ofstream(folder_ / "notes.txt") << "not a snapshot, not our business";
  const absl::StatusOr<StoreListing> listing = store_->List();
  ASSERT_TRUE(listing.ok());
  EXPECT_THAT(listing->snapshots, SizeIs(1));
  EXPECT_THAT(listing->broken, ElementsAre(HasSubstr("truncated")));
  EXPECT_EQ(store_->Load(HeaderOf("v2").fingerprint()).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(StoreTest, AFileUnderAnotherNameIsRefused) {
  Save("v1");
  fs::rename(FileOf(HeaderOf("v1"), 1), FileOf(HeaderOf("v2"), 1));
  EXPECT_THAT(BlobOf(HeaderOf("v2")), HasSubstr("another snapshot than its name says"));
  fs::rename(FileOf(HeaderOf("v2"), 1), FileOf(HeaderOf("v1"), 2));
  EXPECT_THAT(BlobOf(2), HasSubstr("another snapshot than its name says"));
  const absl::StatusOr<StoreListing> listing = store_->List();
  ASSERT_TRUE(listing.ok());
  EXPECT_THAT(listing->snapshots, IsEmpty());
}

TEST_F(StoreTest, LeftoversOfAnInterruptedWriterAreSwept) {
  std::ofstream(folder_ / ".new.abc.1") << "half";
  Reopen();
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(StoreTest, FilesNamedByTheirFingerprintAloneAreSwept) {
  std::ofstream(folder_ / (HeaderOf("v1").fingerprint() + ".snapshot")) << "of an earlier version";
  std::ofstream(folder_ / "other.snapshot") << "not ours";
  Reopen();
  EXPECT_THAT(Names(), ElementsAre("other.snapshot"));
}

TEST_F(StoreTest, ShortWritesAreContinued) {
  calls_.write_limit = 7;
  Save("v1");
  EXPECT_EQ(BlobOf(HeaderOf("v1")), "blob");
}

// Whatever goes wrong, what was there stays good, and nothing else is left.
class StoreFault : public StoreTest {
 protected:
  void ExpectTheOldOneStays() {
    const std::vector<std::string> before = Names();
    EXPECT_EQ(store_->Save(HeaderOf("v1"), {}, "new").status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(BlobOf(HeaderOf("v1")), "old");
    EXPECT_EQ(Names(), before);
  }
  void ExpectTheOldNoteStays() {
    EXPECT_EQ(store_->NoteServing({9, ""}).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(store_->Serving()->generation, 1u);
    EXPECT_THAT(Names(), SizeIs(2));
  }
  void SetUp() override {
    StoreTest::SetUp();
    Save("v1", "old");
    ASSERT_TRUE(store_->NoteServing({1, ""}).ok());
  }
};

TEST_F(StoreFault, ADiskThatFillsUpLeavesTheOldFile) {
  calls_.endless = false;
  calls_.write_limit = 60;
  ExpectTheOldOneStays();
  calls_.write_limit = 5;
  ExpectTheOldNoteStays();
}

TEST_F(StoreFault, AFailedFsyncLeavesTheOldFile) {
  calls_.fsyncs_left = 0;
  ExpectTheOldOneStays();
  calls_.fsyncs_left = 0;
  ExpectTheOldNoteStays();
}

TEST_F(StoreFault, AFailedRenameLeavesTheOldFile) {
  calls_.rename_fails = true;
  ExpectTheOldOneStays();
  ExpectTheOldNoteStays();
}

TEST_F(StoreFault, AFailedFsyncOfTheFolderIsAnErrorWithTheNewFileInPlace) {
  calls_.fsyncs_left = 1;
  EXPECT_FALSE(store_->Save(HeaderOf("v1"), {}, "new").ok());
  EXPECT_EQ(BlobOf(HeaderOf("v1")), "new");
  EXPECT_EQ(store_->LargestGeneration(), 2u);
}

// The process ends at the first, second, ... of the calls that change the store; what it leaves must be a
// store that works, with all that was in it before, or with the new one too.
class StoreKill : public StoreTest {
 protected:
  // True: `work` was done before as many calls were made.
  template <typename Work>
  bool DoneBeforeCall(int call, const Work& work) {
    const pid_t pid = fork();
    if (pid == 0) {
      calls_.calls_until_killed = call;
      calls_.write_limit = 100;  // several writes for one file
      Reopen();
      work();
      _exit(0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
                (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
        << status;
    return WIFEXITED(status);
  }
  // Nothing but whole snapshots and a note.
  void ExpectAStoreThatWorks() {
    Reopen();
    EXPECT_THAT(store_->List()->broken, IsEmpty());
    for (const std::string& name : Names())
      EXPECT_TRUE(name == "serving" || name.ends_with(".snapshot")) << name;
    for (const uint64_t generation : Generations())
      EXPECT_TRUE(store_->LoadGeneration(generation).ok()) << generation;
  }
};

TEST_F(StoreKill, AtEveryCallOfASave) {
  kept_ = 3;
  Reopen();
  uint64_t largest = Save("v1", "first");
  ASSERT_TRUE(store_->NoteServing({largest, ""}).ok());
  for (const char* source : {"v2", "v3"}) largest = Save(source, source);
  int call = 0;
  for (bool done = false; !done; ++call) {
    ASSERT_LT(call, 1000);
    // One that is damaged: it goes, too.
    std::ofstream(FileOf(HeaderOf("v4"), 2)) << "damaged";
    done = DoneBeforeCall(call, [&] { store_->Save(HeaderOf("v4"), RecipeOf("v4"), "new").IgnoreError(); });
    if (!done) fs::remove(FileOf(HeaderOf("v4"), 2));
    ExpectAStoreThatWorks();
    EXPECT_EQ(BlobOf(1), "first") << "it serves";
    EXPECT_GE(Generations().front(), largest);
    largest = Generations().front();
    EXPECT_GT(Save("v5"), largest);
    ++largest;
  }
  EXPECT_GT(call, 6) << "several writes, two flushes, a rename, two removals";
  EXPECT_EQ(BlobOf(HeaderOf("v4")), "new");
}

TEST_F(StoreKill, AtEveryCallOfANote) {
  Save("v1");
  ASSERT_TRUE(store_->NoteServing({1, ""}).ok());
  int call = 0;
  for (bool done = false; !done; ++call) {
    ASSERT_LT(call, 100);
    done = DoneBeforeCall(call, [&] { store_->NoteServing({2, ""}).IgnoreError(); });
    ExpectAStoreThatWorks();
    const absl::StatusOr<ServingNote> note = store_->Serving();
    ASSERT_TRUE(note.ok()) << note.status();
    EXPECT_THAT(note->generation, AnyOf(2u, done ? 2u : 1u));
    if (!done) {
      ASSERT_TRUE(store_->NoteServing({1, ""}).ok());
    }
  }
  EXPECT_GT(call, 3);
}

class ExplainTest : public StoreTest {
 protected:
  std::string Explain(const EnvelopeHeader& expected) {
    return store_->Explain(expected, store_->Load(expected.fingerprint()).status());
  }
  // What is said when `change` was made to what is stored.
  template <typename Change>
  std::string ExplainChange(const Change& change) {
    EnvelopeHeader header = HeaderOf("v1");
    change(header);
    header.set_fingerprint(Fingerprint(header));
    return Explain(header);
  }
};

TEST_F(ExplainTest, AnEmptyStore) { EXPECT_EQ(Explain(HeaderOf("v1")), "no snapshot is stored"); }

TEST_F(ExplainTest, NamesWhatChanged) {
  Save("v1");
  EXPECT_EQ(ExplainChange([](auto& h) { h.mutable_extensions(1)->set_sha256("x"); }),
            "extension 'pricing' changed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.mutable_extensions()->SwapElements(0, 1); }),
            "the order of extensions changed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.mutable_extensions()->RemoveLast(); }),
            "extension 'pricing' was removed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.add_extensions()->set_name("more"); }),
            "extension 'more' was added");
  EXPECT_EQ(ExplainChange([](auto& h) { h.add_modules()->set_name("rules"); }), "module 'rules' was added");
  EXPECT_EQ(ExplainChange([](auto& h) { h.add_warmup()->set_name("w.js"); }),
            "warm-up script 'w.js' was added");
  EXPECT_EQ(ExplainChange([](auto& h) { h.add_canaries()->set_name("c"); }), "canary 'c' was added");
  EXPECT_EQ(ExplainChange([](auto& h) { *h.add_extensions() = h.extensions(0); }),
            "the number of extensions changed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_v8_version("11.3"); }), "V8 11.3 instead of 10.2");
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_v8_flags("--x"); }), "V8 flags '--x' instead of ''");
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_ops_digest("x"); }), "the set of native functions changed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_architecture("arm"); }), "it was built on x86_64, this is arm");
}

TEST_F(ExplainTest, ComparesWithTheNewest) {
  Save("v1");
  EnvelopeHeader other = HeaderOf("v1");
  other.set_v8_version("9.0");
  other.set_fingerprint(Fingerprint(other));
  ASSERT_TRUE(store_->Save(other, {}, "blob").ok());
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_v8_version("11.3"); }), "V8 11.3 instead of 9.0");
}

TEST_F(ExplainTest, SaysWhatIsWrongWithTheStoredOne) {
  Save("v1");
  fs::resize_file(FileOf(HeaderOf("v1"), 1), 50);
  EXPECT_THAT(Explain(HeaderOf("v1")), HasSubstr("truncated"));
  // Seen from another fingerprint, it is the only one there is.
  EXPECT_THAT(Explain(HeaderOf("v2")), HasSubstr("no stored snapshot can be used"));
}

}  // namespace
}  // namespace evald::snapshot
