// What evalctl was asked to do: its command line, parsed and checked. The only file that knows evalctl's
// flags.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "evald/v1/script.pb.h"

namespace evald {

struct Command {
  enum class Verb {
    kPrintText,  // `text`: help, which was asked for
    kEval,
    kCall,
    kStatus,
    kSnapshotGet,
    kSnapshotList,
    kSnapshotRegenerate,
    kSnapshotRollback,
    kTop,
  };
  Verb verb = Verb::kPrintText;
  std::string text;

  std::string server;
  std::optional<std::chrono::nanoseconds> timeout;
  // The whole reply as JSON, on one line.
  bool json = false;
  // The statistics of the run, on stderr.
  bool stats = false;
  // A result of bytes or text is written as it is.
  bool raw = false;

  // kEval; its source is still to be read if `source_file` is set ("-" is standard input).
  v1::EvalRequest eval;
  std::optional<std::string> source_file;
  // kCall.
  v1::CallFunctionRequest call;
  // Both: modules to be read and sent with it, and the file of an import map; empty: none.
  struct ModuleFile {
    std::string specifier;
    std::string file;
    v1::ModuleSource::Type type;
  };
  std::vector<ModuleFile> modules;
  std::string import_map_file;

  // kSnapshotRegenerate.
  bool force = false;
  // kSnapshotRollback; 0: the one before.
  uint64_t generation = 0;
  // Both: where the admin token is. It has to be there only if the user said so. Empty: none is sent.
  std::string token_file;
  bool token_file_given = false;
  // kTop.
  std::chrono::nanoseconds interval = std::chrono::seconds(1);
  bool once = false;
};

// What holds where the command line says nothing.
struct Defaults {
  std::string server;
  // The file that the user has chosen; it goes to whichever server is called.
  std::string token_file;
  // Where a daemon on this machine keeps its token, which goes nowhere else: the connection is not encrypted.
  std::string local_token_file;
};

// `args` without the program's name. INVALID_ARGUMENT: wrong usage; the message says what is wrong and where
// help is to be had.
absl::StatusOr<Command> ParseCommandLine(const std::vector<std::string>& args, const Defaults& defaults);

// "300ms", "1.5s", "2m": positive and finite, else INVALID_ARGUMENT.
absl::StatusOr<std::chrono::nanoseconds> ParseTimeout(const std::string& text);

// JSON text, or the word `undefined`. INVALID_ARGUMENT if it is neither.
absl::StatusOr<v1::Value> ParseValue(const std::string& text);

}  // namespace evald
