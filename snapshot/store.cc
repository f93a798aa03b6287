#include "snapshot/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "snapshot/fingerprint.h"

namespace evald::snapshot {
namespace {

constexpr char kSuffix[] = ".snapshot";
constexpr size_t kSuffixBytes = sizeof(kSuffix) - 1;
constexpr size_t kGenerationDigits = 10;
constexpr char kServingName[] = "serving";
constexpr char kLeftoverPrefix[] = ".new.";

std::string FileName(uint64_t generation, const std::string& fingerprint) {
  return absl::StrFormat("%0*d-%s%s", static_cast<int>(kGenerationDigits), generation, fingerprint, kSuffix);
}

// Before there were generations to keep, a file was named by its fingerprint alone.
bool IsOldName(const std::string& name) {
  return absl::EndsWith(name, kSuffix) && IsFingerprint(name.substr(0, name.size() - kSuffixBytes));
}

absl::Status Errno(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

// As `mkdir -p`: every folder made here is the user's alone.
absl::Status MakeFolder(const std::string& path) {
  for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      // A parent that is there but may not be written (EACCES, EROFS) is no obstacle if the rest is there
      // too.
      const int error = errno;
      struct stat found;
      if (stat(part.c_str(), &found) != 0) {
        errno = error;
        return Errno(absl::StrCat("the snapshot store ", path, " cannot be made: mkdir ", part));
      }
    }
    if (at == std::string::npos) return absl::OkStatus();
  }
}

absl::Status CheckOwnership(const struct stat& found, const std::string& what) {
  if (found.st_uid != geteuid() && found.st_uid != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(what, " belongs to user ", found.st_uid,
                     ", not to the one that evald runs as: snapshots are executable input"));
  }
  if ((found.st_mode & 022) != 0) {
    char mode[8];
    std::snprintf(mode, sizeof(mode), "%04o", static_cast<unsigned>(found.st_mode & 07777));
    return absl::PermissionDeniedError(
        absl::StrCat(what, " can be written by group or others (mode ", mode,
                     "): snapshots are executable input; run chmod go-w on it"));
  }
  return absl::OkStatus();
}

// Opens one file of the store for reading and checks that nobody else can have written it.
absl::StatusOr<UniqueFd> OpenFile(int folder, const std::string& name, uint64_t& size) {
  UniqueFd file(openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) {
    if (errno == ENOENT) return absl::NotFoundError("it is not stored");
    return Errno(absl::StrCat("open ", name));
  }
  struct stat found;
  if (fstat(file.get(), &found) != 0) return Errno(absl::StrCat("stat ", name));
  if (!S_ISREG(found.st_mode)) return absl::DataLossError("not a regular file");
  if (absl::Status owned = CheckOwnership(found, name); !owned.ok()) return owned;
  size = static_cast<uint64_t>(found.st_size);
  return file;
}

// The first `limit` bytes of a file, or all of it.
absl::StatusOr<std::string> ReadBeginning(int fd, size_t limit) {
  std::string bytes(limit, '\0');
  size_t done = 0;
  while (done < limit) {
    const ssize_t n = read(fd, bytes.data() + done, limit - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno("read");
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

// Holds the store's lock while it lives, if it could be had.
class FolderLock {
 public:
  FolderLock(int folder, int how) : folder_(folder) {
    int result;
    do {
      result = flock(folder_, how);
    } while (result != 0 && errno == EINTR);
    held_ = result == 0;
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock() {
    if (held_) flock(folder_, LOCK_UN);
  }
  bool held() const { return held_; }

 private:
  const int folder_;
  bool held_ = false;
};

using Parts = google::protobuf::RepeatedPtrField<SnapshotPart>;

const SnapshotPart* Find(const Parts& parts, const std::string& name) {
  for (const SnapshotPart& part : parts) {
    if (part.name() == name) return &part;
  }
  return nullptr;
}

// `kind` and its plural: "extension", "extensions".
std::string DescribeParts(const std::string& kind, const std::string& kinds, const Parts& expected,
                          const Parts& stored) {
  const bool same = std::equal(
      expected.begin(), expected.end(), stored.begin(), stored.end(),
      [](const auto& a, const auto& b) { return a.name() == b.name() && a.sha256() == b.sha256(); });
  if (same) return "";
  for (const SnapshotPart& part : expected) {
    const SnapshotPart* before = Find(stored, part.name());
    if (before == nullptr) return absl::StrCat(kind, " '", part.name(), "' was added");
    if (before->sha256() != part.sha256()) return absl::StrCat(kind, " '", part.name(), "' changed");
  }
  for (const SnapshotPart& part : stored) {
    if (Find(expected, part.name()) == nullptr) return absl::StrCat(kind, " '", part.name(), "' was removed");
  }
  return absl::StrCat(expected.size() == stored.size() ? "the order of " : "the number of ", kinds,
                      " changed");
}

bool HasServed(const ServingNote& note, uint64_t generation) {
  return std::find(note.served.begin(), note.served.end(), generation) != note.served.end();
}

// Whether a file that Load or LoadGeneration refused so can be of use to nobody, ever.
bool IsUseless(const absl::Status& load) {
  switch (load.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kPermissionDenied:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string DescribeForeignness(const EnvelopeHeader& expected, const EnvelopeHeader& stored) {
  if (expected.architecture() != stored.architecture()) {
    return absl::StrCat("it was built on ", stored.architecture(), ", this is ", expected.architecture());
  }
  if (expected.v8_version() != stored.v8_version()) {
    return absl::StrCat("V8 ", expected.v8_version(), " instead of ", stored.v8_version());
  }
  if (expected.v8_flags() != stored.v8_flags()) {
    return absl::StrCat("V8 flags '", expected.v8_flags(), "' instead of '", stored.v8_flags(), "'");
  }
  if (expected.ops_digest() != stored.ops_digest()) return "the set of native functions changed";
  return "";
}

std::string DescribeDifference(const EnvelopeHeader& expected, const EnvelopeHeader& stored) {
  for (const std::string& text :
       {DescribeForeignness(expected, stored),
        DescribeParts("extension", "extensions", expected.extensions(), stored.extensions()),
        DescribeParts("module", "modules", expected.modules(), stored.modules()),
        DescribeParts("warm-up script", "warm-up scripts", expected.warmup(), stored.warmup()),
        DescribeParts("canary", "canaries", expected.canaries(), stored.canaries())}) {
    if (!text.empty()) return text;
  }
  if (expected.import_map_sha256() != stored.import_map_sha256()) return "the import map changed";
  if (Fingerprint(expected) != stored.fingerprint()) return "it was built by another version of evald";
  return "";
}

Store::Store(Options options, UniqueFd folder)
    : path_(std::move(options.folder)),
      kept_generations_(options.kept_generations),
      newest_served_(options.newest_served),
      calls_(*options.calls),
      folder_(std::move(folder)) {}

absl::StatusOr<std::unique_ptr<Store>> Store::Create(Options options) {
  if (options.folder.empty()) return absl::InvalidArgumentError("the snapshot store has no folder");
  EVALD_CHECK(options.kept_generations > 0, "a store that keeps nothing has no use");
  static FileCalls system_calls;
  if (options.calls == nullptr) options.calls = &system_calls;
  if (absl::Status made = MakeFolder(options.folder); !made.ok()) return made;
  UniqueFd folder(open(options.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return Errno(absl::StrCat("the snapshot store ", options.folder, " cannot be opened"));
  struct stat found;
  if (fstat(folder.get(), &found) != 0) return Errno(absl::StrCat("stat ", options.folder));
  if (absl::Status owned = CheckOwnership(found, absl::StrCat("the snapshot store ", options.folder));
      !owned.ok())
    return owned;
  std::unique_ptr<Store> store(new Store(std::move(options), std::move(folder)));
  store->SweepLeftovers();
  return store;
}

void Store::SweepLeftovers() {
  // A lock that is taken means that somebody is writing: what is there is not left over.
  const FolderLock lock(folder_.get(), LOCK_EX | LOCK_NB);
  if (!lock.held()) return;
  const absl::StatusOr<std::vector<std::string>> names = FileNames();
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (absl::StartsWith(name, kLeftoverPrefix) || IsOldName(name))
      calls_.UnlinkAt(folder_.get(), name.c_str());
  }
}

absl::StatusOr<std::vector<std::string>> Store::FileNames() {
  // A descriptor of its own: the position in a folder belongs to the open file description.
  const int fd = openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Errno(absl::StrCat("open ", path_));
  DIR* entries = fdopendir(fd);
  if (entries == nullptr) {
    close(fd);
    return Errno(absl::StrCat("read ", path_));
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(entries)) names.emplace_back(entry->d_name);
  closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<Store::Entry> Store::ParseName(const std::string& name) {
  Entry entry;
  if (name.size() < kGenerationDigits + 1 + kSuffixBytes ||
      !absl::SimpleAtoi(name.substr(0, kGenerationDigits), &entry.generation))
    return std::nullopt;
  entry.fingerprint = name.substr(kGenerationDigits + 1, name.size() - kSuffixBytes - kGenerationDigits - 1);
  entry.file = name;
  if (entry.generation == 0 || !IsFingerprint(entry.fingerprint) ||
      FileName(entry.generation, entry.fingerprint) != name)
    return std::nullopt;
  return entry;
}

// Newest first.
absl::StatusOr<std::vector<Store::Entry>> Store::Entries() {
  const absl::StatusOr<std::vector<std::string>> names = FileNames();
  if (!names.ok()) return names.status();
  std::vector<Entry> entries;
  for (const std::string& name : *names) {
    if (std::optional<Entry> entry = ParseName(name)) entries.push_back(*std::move(entry));
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.generation > b.generation; });
  return entries;
}

absl::StatusOr<StoredSnapshot> Store::LoadEntry(const Entry& entry) {
  uint64_t size = 0;
  const absl::StatusOr<UniqueFd> file = OpenFile(folder_.get(), entry.file, size);
  if (!file.ok()) return file.status();
  if (size > kMaxEnvelopeBytes) {
    return absl::OutOfRangeError(
        absl::StrCat("a file of ", size, " bytes, more than the limit of ", kMaxEnvelopeBytes));
  }
  const absl::StatusOr<std::string> bytes = ReadBeginning(file->get(), size);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<Envelope> envelope = DecodeEnvelope(*bytes);
  if (!envelope.ok()) return envelope.status();
  if (envelope->header.fingerprint() != entry.fingerprint ||
      envelope->header.generation() != entry.generation) {
    return absl::DataLossError("it holds another snapshot than its name says");
  }
  if (Fingerprint(envelope->header) != entry.fingerprint) {
    return absl::FailedPreconditionError("it was built by another version of evald");
  }
  return StoredSnapshot{
      std::move(envelope->header), std::move(envelope->recipe), std::string(envelope->blob), {}};
}

absl::StatusOr<StoredSnapshot> Store::Load(const std::string& fingerprint) {
  const absl::StatusOr<std::vector<Entry>> entries = Entries();
  if (!entries.ok()) return entries.status();
  absl::Status newest = absl::NotFoundError("no such snapshot is stored");
  std::vector<std::string> passed_over;
  for (const Entry& entry : *entries) {
    if (entry.fingerprint != fingerprint) continue;
    absl::StatusOr<StoredSnapshot> stored = LoadEntry(entry);
    if (stored.ok()) {
      stored->passed_over = std::move(passed_over);
      return stored;
    }
    if (absl::IsNotFound(stored.status())) continue;  // removed just now
    if (absl::IsNotFound(newest)) newest = stored.status();
    passed_over.push_back(absl::StrCat(entry.file, ": ", stored.status().message()));
  }
  return newest;
}

absl::StatusOr<StoredSnapshot> Store::LoadGeneration(uint64_t generation) {
  const absl::StatusOr<std::vector<Entry>> entries = Entries();
  if (!entries.ok()) return entries.status();
  const auto found = std::find_if(entries->begin(), entries->end(),
                                  [&](const Entry& entry) { return entry.generation == generation; });
  if (found == entries->end()) return absl::NotFoundError("it is not stored");
  return LoadEntry(*found);
}

absl::StatusOr<EnvelopeSummary> Store::ReadSummary(const Entry& entry) {
  uint64_t size = 0;
  const absl::StatusOr<UniqueFd> file = OpenFile(folder_.get(), entry.file, size);
  if (!file.ok()) return file.status();
  const absl::StatusOr<std::string> beginning =
      ReadBeginning(file->get(), std::min<uint64_t>(size, kMaxSummaryBytes));
  if (!beginning.ok()) return beginning.status();
  if (beginning->size() < std::min<uint64_t>(size, kMaxSummaryBytes))
    return absl::DataLossError("truncated while it was read");
  absl::StatusOr<EnvelopeSummary> summary = DecodeEnvelopeHeader(*beginning, size);
  if (summary.ok() && (summary->header.fingerprint() != entry.fingerprint ||
                       summary->header.generation() != entry.generation)) {
    return absl::DataLossError("it holds another snapshot than its name says");
  }
  return summary;
}

absl::StatusOr<StoreListing> Store::List() {
  const absl::StatusOr<std::vector<Entry>> entries = Entries();
  if (!entries.ok()) return entries.status();
  StoreListing listing;
  for (const Entry& entry : *entries) {
    absl::StatusOr<EnvelopeSummary> summary = ReadSummary(entry);
    if (summary.ok()) {
      listing.snapshots.push_back(*std::move(summary));
    } else if (!absl::IsNotFound(summary.status())) {  // not one that was removed just now
      listing.broken.push_back(absl::StrCat(entry.file, ": ", summary.status().message()));
    }
  }
  return listing;
}

uint64_t Store::LargestGeneration() {
  uint64_t largest = 0;
  if (const absl::StatusOr<std::vector<Entry>> entries = Entries(); entries.ok() && !entries->empty())
    largest = entries->front().generation;
  if (const absl::StatusOr<ServingNote> serving = Serving(); serving.ok())
    largest = std::max(largest, serving->generation);
  return largest;
}

absl::Status Store::WriteFile(const std::string& name, std::string_view bytes) {
  UniqueFd file(
      openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return Errno(absl::StrCat("create a file in ", path_));
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = calls_.Write(file.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno(absl::StrCat("write in ", path_));
    if (n == 0) return absl::UnavailableError(absl::StrCat("write in ", path_, ": nothing more was taken"));
    done += static_cast<size_t>(n);
  }
  if (calls_.Fsync(file.get()) != 0) return Errno(absl::StrCat("fsync in ", path_));
  return absl::OkStatus();
}

// REQUIRES: the lock is held. On an error from fsync of the folder the new file is the one that is found,
// whatever happens: only its outliving a power cut is at stake. On any other the old one is untouched.
absl::Status Store::PutFile(const std::string& name, std::string_view bytes) {
  const std::string temporary = absl::StrCat(kLeftoverPrefix, name, ".", getpid());
  unlinkat(folder_.get(), temporary.c_str(), 0);  // of an earlier process with this id
  absl::Status written = WriteFile(temporary, bytes);
  if (written.ok() && calls_.RenameAt(folder_.get(), temporary.c_str(), name.c_str()) != 0) {
    written = Errno(absl::StrCat("rename in ", path_));
  }
  if (!written.ok()) {
    unlinkat(folder_.get(), temporary.c_str(), 0);
    return written;
  }
  if (calls_.Fsync(folder_.get()) != 0) return Errno(absl::StrCat("fsync of ", path_));
  return absl::OkStatus();
}

absl::StatusOr<EnvelopeHeader> Store::Save(EnvelopeHeader header, const Recipe& recipe,
                                           std::string_view blob) {
  EVALD_CHECK(IsFingerprint(header.fingerprint()), "a snapshot is stored under a fingerprint");
  const FolderLock lock(folder_.get(), LOCK_EX);
  if (!lock.held()) return Errno(absl::StrCat("lock ", path_));
  // Without knowing what is there, a generation might repeat.
  if (const absl::StatusOr<std::vector<Entry>> entries = Entries(); !entries.ok()) return entries.status();
  const uint64_t largest = std::max(LargestGeneration(), header.generation());
  if (largest >= kMaxGeneration) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there is no generation after ", largest, ": empty the snapshot store ", path_));
  }
  header.set_generation(largest + 1);
  const absl::StatusOr<std::string> bytes = EncodeEnvelope(header, recipe, blob);
  if (!bytes.ok()) return bytes.status();
  if (absl::Status put = PutFile(FileName(header.generation(), header.fingerprint()), *bytes); !put.ok())
    return put;
  RemoveUnusable(header);
  RemoveOld(header.generation());
  return header;
}

// What `saved` was made to replace.
void Store::RemoveUnusable(const EnvelopeHeader& saved) {
  const absl::StatusOr<std::vector<Entry>> entries = Entries();
  if (!entries.ok()) return;
  for (const Entry& entry : *entries) {
    if (entry.fingerprint != saved.fingerprint() || entry.generation == saved.generation()) continue;
    if (IsUseless(LoadEntry(entry).status())) calls_.UnlinkAt(folder_.get(), entry.file.c_str());
  }
}

void Store::RemoveOld(uint64_t saved) {
  const absl::StatusOr<std::vector<Entry>> entries = Entries();
  if (!entries.ok()) return;
  const absl::StatusOr<ServingNote> note = Serving();
  const auto is_proved = [&](const Entry& entry) {
    return !note.ok() || note->served.empty() || HasServed(*note, entry.generation);
  };
  size_t proved = 0;
  for (const Entry& entry : *entries) proved += is_proved(entry) ? 1 : 0;
  proved = std::min(proved, kept_generations_);
  const size_t unproved = std::min(kKeptUnproved, kept_generations_ - proved);
  size_t proved_seen = 0, unproved_seen = 0;
  for (const Entry& entry : *entries) {
    const bool old =
        is_proved(entry) ? ++proved_seen > proved : entry.generation != saved && ++unproved_seen > unproved;
    const bool in_use =
        entry.generation == newest_served_ || (note.ok() && entry.generation == note->generation);
    if (old && !in_use && entry.generation != saved) calls_.UnlinkAt(folder_.get(), entry.file.c_str());
  }
}

std::vector<uint64_t> Store::ServedSoFar(uint64_t serving) {
  const absl::StatusOr<ServingNote> note = Serving();
  const bool known = note.ok() && !note->served.empty();
  std::vector<uint64_t> served = {serving};
  if (const absl::StatusOr<std::vector<Entry>> entries = Entries(); entries.ok()) {
    for (const Entry& entry : *entries) {
      if (!known || HasServed(*note, entry.generation)) served.push_back(entry.generation);
    }
  } else if (known) {
    served.insert(served.end(), note->served.begin(), note->served.end());
  }
  std::sort(served.begin(), served.end(), std::greater<>());
  served.erase(std::unique(served.begin(), served.end()), served.end());
  if (served.size() > kMostServedListed) served.resize(kMostServedListed);
  return served;
}

absl::Status Store::NoteServing(ServingNote note) {
  if (note.generation == 0 || note.generation > kMaxGeneration)
    return absl::InvalidArgumentError(absl::StrCat("there is no generation ", note.generation));
  if (!note.config_fingerprint.empty() && !IsFingerprint(note.config_fingerprint))
    return absl::InvalidArgumentError("the configuration's fingerprint is none");
  const FolderLock lock(folder_.get(), LOCK_EX);
  if (!lock.held()) return Errno(absl::StrCat("lock ", path_));
  note.served = ServedSoFar(note.generation);
  return PutFile(kServingName, EncodeServingNote(note));
}

absl::StatusOr<ServingNote> Store::Serving() {
  uint64_t size = 0;
  const absl::StatusOr<UniqueFd> file = OpenFile(folder_.get(), kServingName, size);
  if (!file.ok()) return file.status();
  const absl::StatusOr<std::string> text = ReadBeginning(file->get(), kMaxServingNoteBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<ServingNote> note = DecodeServingNote(*text);
  if (note.ok() && note->generation > kMaxGeneration)
    return absl::DataLossError("the note of what serves is damaged");
  return note;
}

std::string Store::Explain(const EnvelopeHeader& expected, const absl::Status& load) {
  if (!absl::IsNotFound(load)) return absl::StrCat("the stored snapshot cannot be used: ", load.message());
  const absl::StatusOr<StoreListing> listing = List();
  if (!listing.ok()) return std::string(listing.status().message());
  if (listing->snapshots.empty()) {
    if (listing->broken.empty()) return "no snapshot is stored";
    return absl::StrCat("no stored snapshot can be used: ", listing->broken.front());
  }
  const std::string difference = DescribeDifference(expected, listing->snapshots.front().header);
  return difference.empty() ? "the newest stored snapshot was taken away meanwhile" : difference;
}

}  // namespace evald::snapshot
