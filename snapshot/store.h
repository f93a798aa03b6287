// Store: the folder that keeps snapshot generations across restarts.
//
//   <folder>/            0700; refused if group or others can write it: snapshots are executable input
//     <generation>-<fingerprint>.snapshot
//                        0600; one envelope (snapshot/envelope.h). The generation has 10 decimal digits
//     serving            0600; which generation a restart goes on with (snapshot/serving_note.h)
//     .new.<something>   a file being written; swept when it is left over
//
// A file appears whole or not at all: it is written under another name, flushed, renamed, and the folder
// flushed. Whoever writes or sweeps holds a lock (flock) on the folder, so any number of processes can share
// a store, and a process that is killed leaves one that works. A snapshot's file is never written twice.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "snapshot/envelope.h"
#include "snapshot/file_calls.h"
#include "snapshot/serving_note.h"

namespace evald::snapshot {

// One generation taken out of a store, all of it checked.
struct StoredSnapshot {
  EnvelopeHeader header;
  Recipe recipe;
  std::string blob;
  // A line for each newer one of the same fingerprint that cannot be used: its name and why.
  std::vector<std::string> passed_over;
};

// What a store holds.
struct StoreListing {
  std::vector<EnvelopeSummary> snapshots;  // newest generation first
  std::vector<std::string> broken;         // a line for each file that could not be read: its name and why
};

// Used by one thread at a time. Holds no snapshot in memory.
class Store {
 public:
  // Enough to go back over a day's changes, at a few MiB each.
  static constexpr size_t kDefaultKeptGenerations = 8;
  // Of those that never served, besides the newest.
  static constexpr size_t kKeptUnproved = 2;
  // A file's name has room for no more.
  static constexpr uint64_t kMaxGeneration = 9'999'999'999;

  struct Options {
    std::string folder;
    // At least 1. What is noted as serving is kept on top of them.
    size_t kept_generations = kDefaultKeptGenerations;
    // The newest that has served, be it noted or not: it is kept as well. 0: none is known of.
    uint64_t newest_served = 0;
    // Null: the system's. Not owned.
    FileCalls* calls = nullptr;
  };

  // Makes the folder if it is not there, its parents too, and sweeps what an interrupted writer left.
  // PERMISSION_DENIED: others could write the folder; the message says what to do. UNAVAILABLE: it cannot be
  // made or opened.
  static absl::StatusOr<std::unique_ptr<Store>> Create(Options options);

  // The newest generation of that fingerprint that is whole. NOT_FOUND: there is none at all. Where there are
  // only ones that cannot be used, what is wrong with the newest of them: as DecodeEnvelope, and DATA_LOSS
  // where it is not what its name says, FAILED_PRECONDITION where another version of evald has built it,
  // PERMISSION_DENIED where others could have written it, and UNAVAILABLE where it cannot be read.
  absl::StatusOr<StoredSnapshot> Load(const std::string& fingerprint);

  // That one. NOT_FOUND: it is not kept. Else as Load.
  absl::StatusOr<StoredSnapshot> LoadGeneration(uint64_t generation);

  // Stores a snapshot as a new generation, which no other has had as long as one file of the store or its
  // note is left, and which is larger than `header.generation()`. Returns the header with it. Nothing is
  // replaced; then those of the same fingerprint that cannot be used are removed, and old ones. There stay:
  // the new one; the one noted as serving; Options::newest_served; of those that have served, the newest
  // `kept_generations`; and of those that never have, the newest kKeptUnproved, where that leaves no more
  // than `kept_generations` of the two kinds. Where it is not known which have served, the newest
  // `kept_generations` of all. REQUIRES: IsFingerprint(header.fingerprint()). On an error whatever was stored
  // before is untouched. RESOURCE_EXHAUSTED: there is no larger generation.
  absl::StatusOr<EnvelopeHeader> Save(EnvelopeHeader header, const Recipe& recipe, std::string_view blob);

  // The largest generation that there is a file or a note of; 0: none.
  uint64_t LargestGeneration();

  absl::StatusOr<StoreListing> List();

  // Replaces the note of what a restart goes on with: when this returns OK it outlives a power cut. The one
  // that it names has served from then on. Where it was not known which have, all that are stored count as
  // such. `note.served` is ignored. INVALID_ARGUMENT: its generation is 0 or over kMaxGeneration, or its
  // fingerprint is none.
  absl::Status NoteServing(ServingNote note);

  // NOT_FOUND: there is no note. DATA_LOSS, PERMISSION_DENIED, UNAVAILABLE: it cannot be used.
  absl::StatusOr<ServingNote> Serving();

  // One line that says why a snapshot of what `expected` describes has to be built, given that Load of it
  // returned `load`: what is wrong with the stored one, or what differs from the newest one ("extension
  // 'console' changed").
  std::string Explain(const EnvelopeHeader& expected, const absl::Status& load);

 private:
  struct Entry {
    uint64_t generation = 0;
    std::string fingerprint;
    std::string file;
  };

  Store(Options options, UniqueFd folder);

  static std::optional<Entry> ParseName(const std::string& name);
  absl::StatusOr<std::vector<std::string>> FileNames();
  absl::StatusOr<std::vector<Entry>> Entries();
  absl::StatusOr<StoredSnapshot> LoadEntry(const Entry& entry);
  absl::StatusOr<EnvelopeSummary> ReadSummary(const Entry& entry);
  absl::Status WriteFile(const std::string& name, std::string_view bytes);
  absl::Status PutFile(const std::string& name, std::string_view bytes);
  void SweepLeftovers();
  void RemoveUnusable(const EnvelopeHeader& saved);
  void RemoveOld(uint64_t saved);
  // Of those stored now, newest first; and `serving`, stored or not.
  std::vector<uint64_t> ServedSoFar(uint64_t serving);

  const std::string path_;
  const size_t kept_generations_;
  const uint64_t newest_served_;
  FileCalls& calls_;
  const UniqueFd folder_;
};

// In what `stored` differs from `expected`, as one line: what a process must share to load it.
std::string DescribeForeignness(const EnvelopeHeader& expected, const EnvelopeHeader& stored);

// In what `stored` differs from `expected`, as one line; empty if in nothing that a fingerprint covers.
std::string DescribeDifference(const EnvelopeHeader& expected, const EnvelopeHeader& stored);

}  // namespace evald::snapshot
