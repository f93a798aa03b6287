// What evalctl was asked to do: its command line, parsed and checked. The only file that knows evalctl's
// flags.
#pragma once

#include <chrono>
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
};

// `args` without the program's name. `default_server` is where to call if no --server is given.
// INVALID_ARGUMENT: wrong usage; the message says what is wrong and where help is to be had.
absl::StatusOr<Command> ParseCommandLine(const std::vector<std::string>& args,
                                         const std::string& default_server);

// "300ms", "1.5s", "2m": positive and finite, else INVALID_ARGUMENT.
absl::StatusOr<std::chrono::nanoseconds> ParseTimeout(const std::string& text);

// JSON text, or the word `undefined`. INVALID_ARGUMENT if it is neither.
absl::StatusOr<v1::Value> ParseValue(const std::string& text);

}  // namespace evald
