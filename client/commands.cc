#include "client/commands.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "client/format.h"
#include "client/progress.h"
#include "client/text_check.h"
#include "client/top.h"

namespace evald {
namespace {

// How much longer than the script's own limit evalctl waits: for a place in the queue, the daemon's grace
// period and the way back.
constexpr std::chrono::seconds kPatience{5};
// Where no script runs, an answer is due at once.
constexpr std::chrono::seconds kStatusTimeout{10};

ExitCode Fail(const absl::Status& status, const Command& command, const Streams& streams) {
  streams.err << "evalctl: " << FormatError(status, command.server) << "\n";
  return ExitCode::kFailed;
}

absl::StatusOr<std::string> ReadBytes(std::istream& in, const std::string& name) {
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return absl::InvalidArgumentError(absl::StrCat("cannot read ", name));
  return bytes;
}

absl::StatusOr<std::string> ReadAll(std::istream& in, const std::string& name) {
  absl::StatusOr<std::string> text = ReadBytes(in, name);
  if (!text.ok()) return text;
  if (absl::Status status = CheckUtf8(*text); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is ", std::string(status.message())));
  }
  return text;
}

absl::StatusOr<std::string> ReadSource(const std::string& file, std::istream& in, bool binary = false) {
  if (file == "-") return ReadAll(in, "standard input");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  // A folder opens, but there is nothing to read from it.
  if (!stream || stream.peek() == std::ifstream::traits_type::eof()) {
    if (errno != 0)
      return absl::InvalidArgumentError(absl::StrCat("cannot read ", file, ": ", std::strerror(errno)));
  }
  return binary ? ReadBytes(stream, file) : ReadAll(stream, file);
}

// Reads what is to be sent with the request.
template <typename Request>
absl::Status AddModules(const Command& command, std::istream& in, Request& request) {
  for (const Command::ModuleFile& module : command.modules) {
    const bool wasm = module.type == v1::ModuleSource::WASM;
    absl::StatusOr<std::string> source = ReadSource(module.file, in, wasm);
    if (!source.ok()) return source.status();
    v1::ModuleSource& sent = (*request.mutable_modules())[module.specifier];
    sent.set_type(module.type);
    if (wasm) {
      sent.set_binary(*std::move(source));
    } else {
      sent.set_text(*std::move(source));
    }
  }
  if (command.import_map_file.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> import_map = ReadSource(command.import_map_file, in);
  if (!import_map.ok()) return import_map.status();
  request.set_import_map(*std::move(import_map));
  return absl::OkStatus();
}

// What was to be sent cannot be read.
ExitCode FailToRead(const absl::Status& status, const Streams& streams) {
  streams.err << "evalctl: " << status.message() << "\n";
  return ExitCode::kFailed;
}

CallOptions ScriptCallOptions(const Command& command) {
  if (!command.timeout) return {};
  return {.timeout = *command.timeout + kPatience};
}

ExitCode PrintReply(const absl::StatusOr<Reply>& reply, const Command& command, const Streams& streams) {
  if (!reply.ok()) return Fail(reply.status(), command, streams);
  if (command.json) {
    streams.out << FormatJson(*reply) << "\n";
  } else {
    streams.err << FormatConsole(*reply);
    if (reply->has_exception()) {
      streams.err << FormatException(reply->exception());
    } else if (command.raw) {
      streams.out << FormatRawValue(reply->value());
    } else {
      streams.out << FormatValue(reply->value()) << "\n";
    }
  }
  if (command.stats) streams.err << "evalctl: " << FormatStats(reply->stats()) << "\n";
  return reply->has_exception() ? ExitCode::kScriptThrew : ExitCode::kDone;
}

ExitCode RunEval(Command& command, Client& client, const Streams& streams) {
  if (command.source_file) {
    absl::StatusOr<std::string> source = ReadSource(*command.source_file, streams.in);
    if (!source.ok()) return FailToRead(source.status(), streams);
    command.eval.set_source(*std::move(source));
  }
  if (absl::Status added = AddModules(command, streams.in, command.eval); !added.ok())
    return FailToRead(added, streams);
  return PrintReply(client.Eval(command.eval, ScriptCallOptions(command)), command, streams);
}

ExitCode RunCall(Command& command, Client& client, const Streams& streams) {
  if (absl::Status added = AddModules(command, streams.in, command.call); !added.ok())
    return FailToRead(added, streams);
  return PrintReply(client.CallFunction(command.call, ScriptCallOptions(command)), command, streams);
}

ExitCode RunStatus(const Command& command, Client& client, const Streams& streams) {
  const CallOptions options{.timeout = command.timeout.value_or(kStatusTimeout)};
  const absl::StatusOr<Client::Health> health = client.CheckHealth(options);
  if (!health.ok()) return Fail(health.status(), command, streams);
  const absl::StatusOr<v1::GetSnapshotResponse> status = client.GetSnapshot(options);
  if (!status.ok()) return Fail(status.status(), command, streams);
  streams.out << (command.json ? FormatJson(*status) + "\n" : FormatStatus(*health, *status));
  return *health == Client::Health::kServing ? ExitCode::kDone : ExitCode::kFailed;
}

ExitCode RunSnapshotGet(const Command& command, Client& client, const Streams& streams) {
  const auto status = client.GetSnapshot({.timeout = command.timeout.value_or(kStatusTimeout)});
  if (!status.ok()) return Fail(status.status(), command, streams);
  streams.out << (command.json ? FormatJson(status->snapshot()) + "\n" : FormatSnapshot(status->snapshot()));
  return ExitCode::kDone;
}

ExitCode RunSnapshotList(const Command& command, Client& client, const Streams& streams) {
  const auto list = client.ListSnapshots({.timeout = command.timeout.value_or(kStatusTimeout)});
  if (!list.ok()) return Fail(list.status(), command, streams);
  streams.out << (command.json ? FormatJson(*list) + "\n" : FormatSnapshots(*list));
  return ExitCode::kDone;
}

// The first line of a file; empty where there need not be one.
absl::StatusOr<std::string> ReadToken(const Command& command) {
  errno = 0;
  std::ifstream file(command.token_file);
  std::string token;
  if (std::getline(file >> std::ws, token)) return std::string(absl::StripAsciiWhitespace(token));
  if (!command.token_file_given) return std::string();
  return absl::InvalidArgumentError(absl::StrCat("--token_file ", command.token_file, ": ",
                                                 errno != 0 ? std::strerror(errno) : "holds no token"));
}

ExitCode RunChange(const Command& command, Client& client, const Streams& streams) {
  const absl::StatusOr<std::string> token = ReadToken(command);
  if (!token.ok()) {
    streams.err << "evalctl: " << token.status().message() << "\n";
    return ExitCode::kFailed;
  }
  CallOptions options;
  options.timeout = command.timeout;
  options.token = *token;
  absl::StatusOr<v1::SnapshotOutcome> outcome = absl::UnknownError("");
  {
    ProgressPrinter printer(streams.err);
    const auto print = [&](const v1::SnapshotProgress& progress) { printer.Print(progress); };
    outcome = command.verb == Command::Verb::kSnapshotRegenerate
                  ? client.RegenerateSnapshot(command.force, print, options)
                  : client.RollbackSnapshot(command.generation, print, options);
  }
  if (!outcome.ok()) return Fail(outcome.status(), command, streams);
  streams.out << (command.json ? FormatJson(*outcome) + "\n" : FormatOutcome(*outcome));
  return ExitCode::kDone;
}

ScreenSize ScreenSizeOf(int terminal) {
  winsize size{};
  if (ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  // The cursor rests below the last line.
  return {.columns = size.ws_col, .rows = size.ws_row - size_t{1}};
}

// On a terminal each moment takes the place of the one before; elsewhere they follow one another.
ExitCode RunTop(const Command& command, Client& client, const Streams& streams) {
  const bool terminal = !command.once && isatty(STDOUT_FILENO) != 0;
  TopView view(command.server, terminal);
  const auto show = [&](const v1::LiveStatus& status) {
    constexpr char kClear[] = "\x1b[H\x1b[2J";
    constexpr ScreenSize kNoBounds{.columns = 160, .rows = 1000};
    if (command.json) {
      streams.out << FormatJson(status) << "\n";
    } else {
      streams.out << (terminal ? kClear : "")
                  << view.Frame(status, terminal ? ScreenSizeOf(STDOUT_FILENO) : kNoBounds)
                  << (terminal || command.once ? "" : "\n");
    }
    streams.out.flush();
    return !command.once && streams.out.good();
  };
  for (;;) {
    CallOptions options;
    if (command.once) options.timeout = command.timeout.value_or(kStatusTimeout);
    const absl::Status status = client.WatchStatus(command.interval, show, options);
    if (status.ok()) return ExitCode::kDone;
    Fail(status, command, streams);
    // A daemon that restarts is back in a moment.
    if (!terminal || !absl::IsUnavailable(status)) return ExitCode::kFailed;
    std::this_thread::sleep_for(command.interval);
  }
}

}  // namespace

ExitCode RunCommand(Command command, Client& client, Streams streams) {
  switch (command.verb) {
    case Command::Verb::kPrintText:
      streams.out << command.text;
      return ExitCode::kDone;
    case Command::Verb::kEval:
      return RunEval(command, client, streams);
    case Command::Verb::kCall:
      return RunCall(command, client, streams);
    case Command::Verb::kStatus:
      return RunStatus(command, client, streams);
    case Command::Verb::kSnapshotGet:
      return RunSnapshotGet(command, client, streams);
    case Command::Verb::kSnapshotList:
      return RunSnapshotList(command, client, streams);
    case Command::Verb::kSnapshotRegenerate:
    case Command::Verb::kSnapshotRollback:
      return RunChange(command, client, streams);
    case Command::Verb::kTop:
      return RunTop(command, client, streams);
  }
  return ExitCode::kFailed;
}

}  // namespace evald
