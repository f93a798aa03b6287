#include "client/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "client/text_check.h"

namespace evald {
namespace {

constexpr char kAbout[] =
    "Runs JavaScript in an evald daemon.\n"
    "The result goes to stdout as JSON on one line, console output to stderr.\n"
    "Exit codes: 0 done; 1 the script threw; 2 anything else that went wrong.";

// What CLI11 fills in. One for the program's life: CLI11 keeps pointers into it.
struct Raw {
  std::string server, timeout, tenant;
  bool json = false, stats = false, raw = false, reused = false;
  std::string code, file, kind;
  std::vector<std::string> globals, modules;
  std::string import_map;
  std::string function, module;
  std::vector<std::string> args;
  std::string token_file, interval;
  uint64_t generation = 0;
  bool force = false, once = false;
};

void AddCommonFlags(CLI::App& app, Raw& raw) {
  app.add_option("--server", raw.server,
                 "host:port or unix:/path of evald [EVALD_SERVER, else 127.0.0.1:50051]")
      ->type_name("ADDR");
  app.add_option("--timeout", raw.timeout,
                 "Bound on the script's time, or on the wait where none runs: 300ms, 1.5s")
      ->type_name("DURATION");
  app.add_option("--tenant", raw.tenant,
                 "Whose request this is; tenants never share a process. Only scripts have one");
  app.add_flag("--json", raw.json, "Print the whole reply as JSON on one line");
}

void AddScriptFlags(CLI::App& app, Raw& raw) {
  AddCommonFlags(app, raw);
  app.add_option(
         "--add-module", raw.modules,
         "Send a module that can be imported as SPECIFIER; .json, .wasm, .ts and .mts are known by their "
         "ending, others are JavaScript. May be repeated")
      ->type_name("SPECIFIER=FILE")
      ->allow_extra_args(false);
  app.add_option("--import-map", raw.import_map, "Send an import map, which says what specifiers mean")
      ->type_name("FILE");
  app.add_flag("--reused", raw.reused,
               "Allow an isolate that this tenant's --reused requests have used before");
  app.add_flag("--stats", raw.stats, "Print what the run cost on stderr");
  app.add_flag("--raw", raw.raw, "The result is bytes or text: write it as it is, with no newline");
}

void AddEval(CLI::App& app, Raw& raw) {
  CLI::App* eval =
      app.add_subcommand("eval", "Evaluate JavaScript and print the value of its last expression");
  eval->add_option("CODE", raw.code, "The source text, or - to read it from standard input");
  eval->add_option("-f,--file", raw.file, "Read the source text from FILE; - is standard input")
      ->type_name("FILE");
  eval->add_option(
          "--kind", raw.kind,
          "script; module: the result is then the default export; or typescript, which files are whose "
          "name ends in .ts, .mts or .cts")
      ->check(CLI::IsMember({"script", "module", "typescript"}));
  eval->add_option("--global", raw.globals, "Bind a global before the source runs; may be repeated")
      ->type_name("NAME=JSON")
      ->allow_extra_args(false);
  AddScriptFlags(*eval, raw);
}

void AddCall(CLI::App& app, Raw& raw) {
  CLI::App* call = app.add_subcommand(
      "call", "Call a function that the snapshot or a module holds and print what it returns");
  call->add_option("FUNCTION", raw.function,
                   "Name of a global function; dots lead into objects: rules.price.total")
      ->required();
  call->add_option("ARG", raw.args, "Its arguments, each a JSON text or the word undefined")
      ->type_name("JSON ...");
  call->add_option("--module", raw.module,
                   "Specifier of a module, preloaded or added: FUNCTION is one of its exports");
  AddScriptFlags(*call, raw);
}

void AddSnapshot(CLI::App& app, Raw& raw) {
  CLI::App* snapshot =
      app.add_subcommand("snapshot", "Show the startup snapshots of evald, and replace them");
  snapshot->require_subcommand(1);
  AddCommonFlags(*snapshot->add_subcommand("get", "The snapshot that is serving"), raw);
  AddCommonFlags(*snapshot->add_subcommand("list", "Every snapshot in the store, newest first"), raw);
  CLI::App* regenerate = snapshot->add_subcommand(
      "regenerate",
      "Read the configuration and its files again and serve what they say, with no request lost");
  regenerate->add_flag("--force", raw.force, "Rebuild even if nothing changed");
  CLI::App* rollback =
      snapshot->add_subcommand("rollback", "Serve a stored snapshot again, with no request lost");
  rollback->add_option("GENERATION", raw.generation, "Which one (see list); else the one before")
      ->check([](const std::string& text) {
        const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        return number ? "" : "GENERATION is a number, as `evalctl snapshot list` shows it";
      });
  for (CLI::App* change : {regenerate, rollback}) {
    AddCommonFlags(*change, raw);
    change
        ->add_option(
            "--token_file", raw.token_file,
            "File with the daemon's admin token [EVALD_TOKEN_FILE, else, for an evald on this machine, "
            "where that puts it]")
        ->type_name("FILE");
  }
}

void AddTop(CLI::App& app, Raw& raw) {
  CLI::App* top = app.add_subcommand("top", "Show evald's live figures until Ctrl-C");
  top->add_option("--interval", raw.interval, "How often: 500ms, 2s; at least 100ms [1s]")
      ->type_name("DURATION");
  top->add_flag("--once", raw.once, "Show them once");
  AddCommonFlags(*top, raw);
}

// CLI11 takes an argument in brackets for a list of its own, and {} for an empty one, where a JSON array or
// object is meant. A space in front, which means nothing in JSON, keeps it from doing so.
std::vector<std::string> ShieldJson(std::vector<std::string> args) {
  const auto call = std::find(args.begin(), args.end(), "call");
  for (auto arg = call; arg != args.end(); ++arg) {
    if (!arg->empty() && (arg->front() == '[' || arg->front() == '{')) arg->insert(0, " ");
  }
  return args;
}

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

bool IsTypescriptFile(const std::string& name) {
  return absl::EndsWith(name, ".ts") || absl::EndsWith(name, ".mts") || absl::EndsWith(name, ".cts");
}

// Fields that both kinds of request have.
template <typename Request>
void FillCommon(const Raw& raw, const Command& command, Request& request) {
  request.set_tenant(raw.tenant);
  if (raw.reused) request.set_isolation(v1::ISOLATION_REUSED);
  if (raw.raw) request.set_result_format(v1::RESULT_FORMAT_BYTES);
  if (command.timeout) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*command.timeout);
    auto* wall_time = request.mutable_limits()->mutable_wall_time();
    wall_time->set_seconds(seconds.count());
    wall_time->set_nanos(static_cast<int32_t>((*command.timeout - seconds).count()));
  }
}

v1::ModuleSource::Type TypeByEnding(std::string_view file) {
  if (file.ends_with(".json")) return v1::ModuleSource::JSON;
  if (file.ends_with(".wasm")) return v1::ModuleSource::WASM;
  if (file.ends_with(".ts") || file.ends_with(".mts")) return v1::ModuleSource::TYPESCRIPT;
  return v1::ModuleSource::JAVASCRIPT;
}

absl::Status FillModules(const Raw& raw, Command& command) {
  command.import_map_file = raw.import_map;
  for (const std::string& module : raw.modules) {
    // The last one: a specifier may be a URL with a query.
    const size_t equals = module.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == module.size())
      return Wrong(absl::StrCat("--add-module ", module, ": write SPECIFIER=FILE"));
    const std::string file = module.substr(equals + 1);
    command.modules.push_back({module.substr(0, equals), file, TypeByEnding(file)});
  }
  return absl::OkStatus();
}

absl::Status FillEval(const Raw& raw, bool has_code, bool has_file, Command& command) {
  command.verb = Command::Verb::kEval;
  if (has_code == has_file) return Wrong("eval takes either CODE or -f FILE");
  if (has_file || raw.code == "-") {
    command.source_file = has_file ? raw.file : "-";
    command.eval.set_resource_name(*command.source_file == "-" ? "stdin" : *command.source_file);
  } else {
    if (absl::Status status = CheckUtf8(raw.code); !status.ok())
      return Wrong(absl::StrCat("CODE is ", std::string(status.message())));
    command.eval.set_source(raw.code);
  }
  if (raw.kind == "module") command.eval.set_source_kind(v1::SOURCE_KIND_MODULE);
  if (raw.kind == "typescript" || (raw.kind.empty() && has_file && IsTypescriptFile(raw.file)))
    command.eval.set_source_kind(v1::SOURCE_KIND_TYPESCRIPT);
  for (const std::string& global : raw.globals) {
    const size_t equals = global.find('=');
    if (equals == std::string::npos || equals == 0)
      return Wrong(absl::StrCat("--global ", global, ": write NAME=JSON"));
    absl::StatusOr<v1::Value> value = ParseValue(global.substr(equals + 1));
    const std::string name = global.substr(0, equals);
    if (!value.ok())
      return Wrong(absl::StrCat("--global ", name, " ", std::string(value.status().message())));
    (*command.eval.mutable_globals())[name] = *std::move(value);
  }
  FillCommon(raw, command, command.eval);
  return FillModules(raw, command);
}

absl::Status FillCall(const Raw& raw, Command& command) {
  command.verb = Command::Verb::kCall;
  command.call.set_module(raw.module);
  command.call.set_function(raw.function);
  for (size_t i = 0; i < raw.args.size(); ++i) {
    absl::StatusOr<v1::Value> value = ParseValue(raw.args[i]);
    if (!value.ok())
      return Wrong(absl::StrCat("argument ", i + 1, " ", std::string(value.status().message())));
    *command.call.add_args() = *std::move(value);
  }
  FillCommon(raw, command, command.call);
  return FillModules(raw, command);
}

void FillSnapshot(const std::string& verb, const Raw& raw, const Defaults& defaults, Command& command) {
  static const auto& verbs =
      *new std::map<std::string, Command::Verb>{{"get", Command::Verb::kSnapshotGet},
                                                {"list", Command::Verb::kSnapshotList},
                                                {"regenerate", Command::Verb::kSnapshotRegenerate},
                                                {"rollback", Command::Verb::kSnapshotRollback}};
  command.verb = verbs.at(verb);
  command.force = raw.force;
  command.generation = raw.generation;
  command.token_file_given = !raw.token_file.empty();
  command.token_file = command.token_file_given ? raw.token_file : defaults.token_file;
  if (command.token_file.empty() && IsOnThisMachine(command.server))
    command.token_file = defaults.local_token_file;
}

absl::Status FillTop(const Raw& raw, Command& command) {
  command.verb = Command::Verb::kTop;
  command.once = raw.once;
  if (raw.interval.empty()) return absl::OkStatus();
  absl::StatusOr<std::chrono::nanoseconds> interval = ParseTimeout(raw.interval);
  if (!interval.ok()) return Wrong(absl::StrCat("--interval ", std::string(interval.status().message())));
  if (*interval < std::chrono::milliseconds(100)) return Wrong("--interval: at least 100ms");
  command.interval = *interval;
  return absl::OkStatus();
}

absl::StatusOr<Command> ToCommand(const CLI::App& app, const Raw& raw, const Defaults& defaults) {
  Command command;
  command.server = raw.server.empty() ? defaults.server : raw.server;
  command.json = raw.json;
  command.stats = raw.stats;
  command.raw = raw.raw;
  if (absl::Status status = CheckAddress(command.server); !status.ok()) {
    return Wrong(absl::StrCat("--server ", std::string(status.message())));
  }
  if (!raw.timeout.empty()) {
    absl::StatusOr<std::chrono::nanoseconds> timeout = ParseTimeout(raw.timeout);
    if (!timeout.ok()) return Wrong(absl::StrCat("--timeout ", std::string(timeout.status().message())));
    command.timeout = *timeout;
  }
  if (raw.json && raw.raw) return Wrong("--json and --raw cannot go together");

  const CLI::App* verb = app.get_subcommands().front();
  absl::Status status;
  if (verb->get_name() == "eval") {
    status = FillEval(raw, verb->get_option("CODE")->count() > 0, verb->get_option("--file")->count() > 0,
                      command);
  } else if (verb->get_name() == "call") {
    status = FillCall(raw, command);
  } else if (verb->get_name() == "status") {
    command.verb = Command::Verb::kStatus;
  } else if (verb->get_name() == "top") {
    status = FillTop(raw, command);
  } else {
    FillSnapshot(verb->get_subcommands().front()->get_name(), raw, defaults, command);
  }
  if (!status.ok()) return status;
  return command;
}

}  // namespace

absl::StatusOr<Command> ParseCommandLine(const std::vector<std::string>& args, const Defaults& defaults) {
  Raw raw;
  CLI::App app(kAbout, "evalctl");
  app.require_subcommand(1);
  // Before the command they are as welcome as after it.
  AddCommonFlags(app, raw);
  AddEval(app, raw);
  AddCall(app, raw);
  AddCommonFlags(*app.add_subcommand("status", "Show whether evald is serving, and how its pool stands"),
                 raw);
  AddSnapshot(app, raw);
  AddTop(app, raw);

  std::vector<std::string> reversed = ShieldJson(args);
  std::reverse(reversed.begin(), reversed.end());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return Command{.verb = Command::Verb::kPrintText, .text = app.help()};
  } catch (const CLI::CallForAllHelp&) {
    return Command{.verb = Command::Verb::kPrintText, .text = app.help("", CLI::AppFormatMode::All)};
  } catch (const CLI::ParseError& error) {
    return Wrong(absl::StrCat(error.what(), "; see evalctl --help"));
  }
  return ToCommand(app, raw, defaults);
}

absl::StatusOr<std::chrono::nanoseconds> ParseTimeout(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not a duration: write 300ms or 1.5s"));
  }
  if (duration < absl::Nanoseconds(1) || duration > absl::Hours(24)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is out of range: more than 0, at most 24h"));
  }
  return absl::ToChronoNanoseconds(duration);
}

absl::StatusOr<v1::Value> ParseValue(const std::string& text) {
  v1::Value value;
  if (text == "undefined") {
    value.mutable_undefined();
    return value;
  }
  if (absl::Status status = CheckJson(text); !status.ok()) {
    std::string message = absl::StrCat("is not JSON: ", text, " (", std::string(status.message()), ")");
    // The usual slip: the shell has eaten the quotes, or there never were any.
    const bool word = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) ||
             std::string_view("_- .:/@").find(c) != std::string_view::npos;
    });
    if (word) absl::StrAppend(&message, "; a string keeps its quotes: '\"", text, "\"'");
    return absl::InvalidArgumentError(message);
  }
  value.set_json(text);
  return value;
}

}  // namespace evald
