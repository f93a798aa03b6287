// Store: the folder that keeps built snapshots across restarts.
//
//   <folder>/                         0700; refused if group or others can write it: snapshots are executable
//   input <folder>/<fingerprint>.snapshot   0600; one envelope (snapshot/envelope.h)
//   <folder>/.new.<something>         a file being written; swept when it is left over
//
// A file appears whole or not at all: it is written under another name, flushed, renamed, and the folder
// flushed. Whoever writes or sweeps holds a lock (flock) on the folder, so any number of processes can share
// a store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "snapshot/envelope.h"
#include "snapshot/file_calls.h"

namespace evald::snapshot {

// One snapshot taken out of a store, all of it checked.
struct StoredSnapshot {
  EnvelopeHeader header;
  std::string blob;
};

// What a store holds.
struct StoreListing {
  std::vector<EnvelopeSummary> snapshots;  // newest generation first
  std::vector<std::string> broken;         // a line for each file that could not be read: its name and why
};

// Used by one thread at a time. Holds no snapshot in memory.
class Store {
 public:
  // Generations kept: enough to go back over a day's changes, at a few MiB each.
  static constexpr size_t kKeptGenerations = 8;

  struct Options {
    std::string folder;
    // Null: the system's. Not owned.
    FileCalls* calls = nullptr;
  };

  // Makes the folder if it is not there, its parents too, and sweeps what an interrupted writer left.
  // PERMISSION_DENIED: others could write the folder; the message says what to do. UNAVAILABLE: it cannot be
  // made or opened.
  static absl::StatusOr<std::unique_ptr<Store>> Create(Options options);

  // NOT_FOUND: there is none. Else as DecodeEnvelope, and DATA_LOSS where a file holds another fingerprint
  // than its name, and UNAVAILABLE where it cannot be read.
  absl::StatusOr<StoredSnapshot> Load(const std::string& fingerprint);

  // Stores a snapshot under `header.fingerprint()`, replacing one of the same fingerprint, then removes the
  // oldest ones over kKeptGenerations. The generation that `header` has is replaced by the next one, and that
  // header is returned. REQUIRES: IsFingerprint(header.fingerprint()). On an error whatever was stored before
  // is untouched.
  absl::StatusOr<EnvelopeHeader> Save(EnvelopeHeader header, std::string_view blob);

  absl::StatusOr<StoreListing> List();

  // One line that says why a snapshot of what `expected` describes has to be built, given that Load of it
  // returned `load`: what is wrong with the stored one, or what differs from the newest one ("extension
  // 'console' changed").
  std::string Explain(const EnvelopeHeader& expected, const absl::Status& load);

 private:
  Store(Options options, UniqueFd folder);

  absl::StatusOr<StoredSnapshot> LoadFile(const std::string& name);
  absl::StatusOr<EnvelopeSummary> ReadSummary(const std::string& name);
  absl::StatusOr<std::vector<std::string>> FileNames();
  absl::Status WriteFile(const std::string& name, std::string_view bytes);
  void SweepLeftovers();
  void RemoveOldest();

  const std::string path_;
  FileCalls& calls_;
  const UniqueFd folder_;
};

// What `stored` differs in from `expected`, as one line; empty if in nothing that a fingerprint covers.
std::string DescribeDifference(const EnvelopeHeader& expected, const EnvelopeHeader& stored);

}  // namespace evald::snapshot
