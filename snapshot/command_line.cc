#include "snapshot/command_line.h"

#include <errno.h>
#include <fcntl.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/unique_fd.h"
#include "snapshot/prepare.h"
#include "snapshot/serve.h"
#include "snapshot/store.h"

namespace evald::snapshot {
namespace {

// Keeps the first thing that protobuf's parser complains of, with its place.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::StatusOr<v1::EvaldConfig> ReadConfig(const std::string& path) {
  v1::EvaldConfig config;
  if (path.empty()) return config;
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text, &config))
    return absl::InvalidArgumentError(absl::StrCat(path, ":", error.text()));
  return config;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}

int Complain(const std::string& text) {
  std::fprintf(stderr, "evald-snapshot: %s\n", text.c_str());
  return 1;
}

// `note`: what else there is to say.
void PrintSnapshot(const v1::Snapshot& snapshot, const std::string& note) {
  const absl::Time built = absl::FromUnixSeconds(snapshot.built_at().seconds());
  const double build_millis = static_cast<double>(snapshot.build_time().seconds()) * 1e3 +
                              static_cast<double>(snapshot.build_time().nanos()) / 1e6;
  const std::string line = absl::StrCat(
      "generation ", snapshot.generation(), "  ", snapshot.fingerprint().substr(0, 12), "  ",
      snapshot.blob_bytes() / 1024, " KiB  built ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", built, absl::UTCTimeZone()), " in ",
      static_cast<int64_t>(build_millis), " ms  V8 ", snapshot.v8_version(),
      "  extensions: ", absl::StrJoin(snapshot.extensions(), ", "),
      snapshot.modules().empty() ? "" : absl::StrCat("  modules: ", absl::StrJoin(snapshot.modules(), ", ")),
      note);
  std::printf("%s\n", line.c_str());
}

// Whole or not at all, as Bazel and others who wait for a file take one that is there for good.
absl::Status WriteFile(const std::string& path, std::string_view bytes) {
  const std::string unfinished = absl::StrCat(path, ".new");
  const auto failed = [&](const char* what) {
    const int error = errno;
    unlink(unfinished.c_str());
    return absl::UnavailableError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error)));
  };
  const UniqueFd file(open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return failed("create");
  if (absl::Status written = WriteAll(file.get(), bytes); !written.ok()) return failed("write");
  if (rename(unfinished.c_str(), path.c_str()) != 0) return failed("write");
  return absl::OkStatus();
}

int WriteBuilt(const internal::SnapshotRequest& request, const std::vector<Extension>& available,
               const std::string& transpiler, const LogSink& log, const std::string& path) {
  const auto built = BuildEnvelope(request, available, transpiler, log);
  if (const auto* failed = std::get_if<internal::SnapshotFailed>(&built))
    return Complain(absl::StrCat(failed->stage(), ": ", failed->message()));
  const absl::Status written = WriteFile(path, std::get<std::string>(built));
  return written.ok() ? 0 : Complain(std::string(written.message()));
}

}  // namespace

int RunBuild(const BuildCommand& command, const std::vector<Extension>& available) {
  absl::StatusOr<v1::EvaldConfig> config = ReadConfig(command.config_file);
  if (!config.ok()) return Complain(std::string(config.status().message()));
  if (command.store_folder.empty() && command.output_file.empty())
    return Complain("give --store FOLDER or --output FILE");
  internal::SnapshotRequest request;
  *request.mutable_config() = *std::move(config);
  request.set_config_folder(FolderOf(command.config_file));
  request.set_store_folder(command.store_folder);
  request.set_force(command.force);
  const LogSink log = [](std::string_view line) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  };
  if (!command.output_file.empty())
    return WriteBuilt(request, available, command.transpiler, log, command.output_file);
  const auto prepared = PrepareSnapshot(request, available, command.transpiler, log);
  if (const auto* failed = std::get_if<internal::SnapshotFailed>(&prepared)) {
    return Complain(absl::StrCat(failed->stage(), ": ", failed->message()));
  }
  const internal::SnapshotReady& ready = std::get<PreparedSnapshot>(prepared).ready;
  std::printf("%s\n", ready.build_reason().empty() ? "up to date"
                                                   : absl::StrCat("built: ", ready.build_reason()).c_str());
  PrintSnapshot(ready.snapshot(), "");
  return 0;
}

int RunList(const std::string& store_folder) {
  const absl::StatusOr<std::unique_ptr<Store>> store = Store::Create({.folder = store_folder});
  if (!store.ok()) return Complain(std::string(store.status().message()));
  const absl::StatusOr<StoreListing> listing = (*store)->List();
  if (!listing.ok()) return Complain(std::string(listing.status().message()));
  const absl::StatusOr<ServingNote> serving = (*store)->Serving();
  for (const EnvelopeSummary& summary : listing->snapshots) {
    const bool serves = serving.ok() && serving->generation == summary.header.generation();
    PrintSnapshot(DescribeSnapshot(summary.header, summary.blob_bytes), serves ? "  (served last)" : "");
  }
  for (const std::string& broken : listing->broken) Complain(broken);
  return listing->broken.empty() ? 0 : 1;
}

}  // namespace evald::snapshot
