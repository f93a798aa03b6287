#include "snapshot/store.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "snapshot/fingerprint.h"

namespace evald::snapshot {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Fails, or writes short, as a test wants.
class FaultyCalls final : public FileCalls {
 public:
  ssize_t Write(int fd, const void* data, size_t size) override {
    if (write_limit == 0) return Fail();
    const size_t n = std::min(size, write_limit);
    if (!endless) write_limit -= n;
    return FileCalls::Write(fd, data, n);
  }
  int Fsync(int fd) override { return fsyncs_left-- == 0 ? Fail() : FileCalls::Fsync(fd); }
  int RenameAt(int folder, const char* from, const char* to) override {
    return rename_fails ? Fail() : FileCalls::RenameAt(folder, from, to);
  }

  size_t write_limit =
      SIZE_MAX;  // bytes until the disk is full; with `endless`, the most that one call takes
  bool endless = true;
  int fsyncs_left = -1;
  bool rename_fails = false;

 private:
  static int Fail() {
    errno = ENOSPC;
    return -1;
  }
};

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
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Create({.folder = folder_, .calls = &calls_});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  fs::path FileOf(const EnvelopeHeader& header) { return folder_ / (header.fingerprint() + ".snapshot"); }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename());
    return names;
  }
  std::string BlobOf(const EnvelopeHeader& header) {
    const absl::StatusOr<StoredSnapshot> stored = store_->Load(header.fingerprint());
    return stored.ok() ? stored->blob : std::string(stored.status().message());
  }

  fs::path root_, folder_;
  FaultyCalls calls_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, GivesBackWhatWasSaved) {
  const absl::StatusOr<EnvelopeHeader> saved = store_->Save(HeaderOf("v1"), "blob one");
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_EQ(saved->generation(), 1u);
  Reopen();
  const absl::StatusOr<StoredSnapshot> stored = store_->Load(HeaderOf("v1").fingerprint());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->blob, "blob one");
  EXPECT_EQ(stored->header.generation(), 1u);
}

TEST_F(StoreTest, FolderAndFilesAreTheUsersAlone) {
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "blob").ok());
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(FileOf(HeaderOf("v1"))).permissions(), fs::perms::owner_read | fs::perms::owner_write);
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
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "blob").ok());
  ASSERT_EQ(chmod(FileOf(HeaderOf("v1")).c_str(), 0620), 0);
  EXPECT_EQ(store_->Load(HeaderOf("v1").fingerprint()).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(StoreTest, ALinkIsNotFollowed) {
  std::ofstream(root_ / "elsewhere") << "x";
  fs::create_symlink(root_ / "elsewhere", FileOf(HeaderOf("v1")));
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
  for (const char* source : {"v1", "v2", "v3"}) ASSERT_TRUE(store_->Save(HeaderOf(source), source).ok());
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "again").ok());  // the same fingerprint, a new generation
  const absl::StatusOr<StoreListing> listing = store_->List();
  ASSERT_TRUE(listing.ok());
  std::vector<uint64_t> generations;
  for (const EnvelopeSummary& summary : listing->snapshots)
    generations.push_back(summary.header.generation());
  EXPECT_THAT(generations, ElementsAre(4, 3, 2));
  EXPECT_EQ(listing->snapshots[0].blob_bytes, 5u);
  EXPECT_EQ(BlobOf(HeaderOf("v1")), "again");
}

TEST_F(StoreTest, KeepsTheLastGenerationsAndRemovesTheOldest) {
  for (size_t i = 0; i < Store::kKeptGenerations + 3; ++i) {
    ASSERT_TRUE(store_->Save(HeaderOf("v" + std::to_string(i)), "blob").ok());
  }
  const absl::StatusOr<StoreListing> listing = store_->List();
  ASSERT_TRUE(listing.ok());
  EXPECT_THAT(listing->snapshots, SizeIs(Store::kKeptGenerations));
  EXPECT_EQ(listing->snapshots.back().header.generation(), 4u);
  EXPECT_FALSE(store_->Load(HeaderOf("v0").fingerprint()).ok());
}

TEST_F(StoreTest, ABrokenFileIsReportedAndSkipped) {
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "blob").ok());
  ASSERT_TRUE(store_->Save(HeaderOf("v2"), "blob").ok());
  fs::resize_file(FileOf(HeaderOf("v2")), 50);
  std::ofstream(folder_ / "notes.txt") << "not a snapshot, not our business";
  const absl::StatusOr<StoreListing> listing = store_->List();
  ASSERT_TRUE(listing.ok());
  EXPECT_THAT(listing->snapshots, SizeIs(1));
  EXPECT_THAT(listing->broken, ElementsAre(HasSubstr("truncated")));
  EXPECT_EQ(store_->Load(HeaderOf("v2").fingerprint()).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(StoreTest, AFileUnderAnotherNameIsRefused) {
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "blob").ok());
  fs::rename(FileOf(HeaderOf("v1")), FileOf(HeaderOf("v2")));
  EXPECT_THAT(BlobOf(HeaderOf("v2")), HasSubstr("another snapshot than its name says"));
  const absl::StatusOr<StoreListing> listing = store_->List();
  ASSERT_TRUE(listing.ok());
  EXPECT_THAT(listing->snapshots, IsEmpty());
}

TEST_F(StoreTest, LeftoversOfAnInterruptedWriterAreSwept) {
  std::ofstream(folder_ / ".new.abc.1") << "half";
  Reopen();
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(StoreTest, ShortWritesAreContinued) {
  calls_.write_limit = 7;
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "blob").ok());
  EXPECT_EQ(BlobOf(HeaderOf("v1")), "blob");
}

// Whatever goes wrong, the file that was there stays good, and nothing else is left.
class StoreFault : public StoreTest {
 protected:
  void ExpectTheOldOneStays() {
    EXPECT_EQ(store_->Save(HeaderOf("v1"), "new").status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(BlobOf(HeaderOf("v1")), "old");
    EXPECT_THAT(Names(), SizeIs(1));
  }
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_TRUE(store_->Save(HeaderOf("v1"), "old").ok());
  }
};

TEST_F(StoreFault, ADiskThatFillsUpLeavesTheOldFile) {
  calls_.endless = false;
  calls_.write_limit = 60;
  ExpectTheOldOneStays();
}

TEST_F(StoreFault, AFailedFsyncLeavesTheOldFile) {
  calls_.fsyncs_left = 0;
  ExpectTheOldOneStays();
}

TEST_F(StoreFault, AFailedRenameLeavesTheOldFile) {
  calls_.rename_fails = true;
  ExpectTheOldOneStays();
}

TEST_F(StoreFault, AFailedFsyncOfTheFolderIsAnErrorWithTheNewFileInPlace) {
  calls_.fsyncs_left = 1;
  EXPECT_FALSE(store_->Save(HeaderOf("v1"), "new").ok());
  EXPECT_EQ(BlobOf(HeaderOf("v1")), "new");
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
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "blob").ok());
  EXPECT_EQ(ExplainChange([](auto& h) { h.mutable_extensions(1)->set_sha256("x"); }),
            "extension 'pricing' changed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.mutable_extensions()->SwapElements(0, 1); }),
            "the order of extensions changed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.mutable_extensions()->RemoveLast(); }),
            "extension 'pricing' was removed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.add_extensions()->set_name("more"); }),
            "extension 'more' was added");
  EXPECT_EQ(ExplainChange([](auto& h) { h.add_modules()->set_name("rules"); }), "module 'rules' was added");
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_v8_version("11.3"); }), "V8 11.3 instead of 10.2");
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_v8_flags("--x"); }), "V8 flags '--x' instead of ''");
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_ops_digest("x"); }), "the set of native functions changed");
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_architecture("arm"); }), "it was built on x86_64, this is arm");
}

TEST_F(ExplainTest, ComparesWithTheNewest) {
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "blob").ok());
  EnvelopeHeader other = HeaderOf("v1");
  other.set_v8_version("9.0");
  other.set_fingerprint(Fingerprint(other));
  ASSERT_TRUE(store_->Save(other, "blob").ok());
  EXPECT_EQ(ExplainChange([](auto& h) { h.set_v8_version("11.3"); }), "V8 11.3 instead of 9.0");
}

TEST_F(ExplainTest, SaysWhatIsWrongWithTheStoredOne) {
  ASSERT_TRUE(store_->Save(HeaderOf("v1"), "blob").ok());
  fs::resize_file(FileOf(HeaderOf("v1")), 50);
  EXPECT_THAT(Explain(HeaderOf("v1")), HasSubstr("truncated"));
  // Seen from another fingerprint, it is the only one there is.
  EXPECT_THAT(Explain(HeaderOf("v2")), HasSubstr("no stored snapshot can be used"));
}

}  // namespace
}  // namespace evald::snapshot
