// One load on one server over gRPC; writes a Record (calls.h) for each call to standard output, as the
// machine has them in memory. The driver (driver/load.mjs) starts it and reads them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bench/calls.h"
#include "bench/generator.h"

int main(int argc, char** argv) {
  using evald::bench::CallOptions;
  CallOptions calls;
  evald::bench::Load load;
  std::string source_file;
  int64_t wall_time_millis = 0;
  const std::map<std::string, CallOptions::Kind> kinds = {{"echo", CallOptions::Kind::kEcho},
                                                          {"eval", CallOptions::Kind::kEval},
                                                          {"function", CallOptions::Kind::kFunction}};

  CLI::App app("One load on one server over gRPC");
  app.add_option("ADDRESS", calls.address)->required();
  app.add_option("--call", calls.kind, "echo, eval (pristine) or function (Math.max, reused)")
      ->transform(CLI::CheckedTransformer(kinds));
  app.add_option("--connections", calls.connections)->check(CLI::Range(1, 1000));
  app.add_option("--source", calls.source);
  app.add_option("--source_file", source_file)->check(CLI::ExistingFile);
  app.add_option("--expect", calls.expect, "The result, as JSON");
  app.add_option("--tenant", calls.tenant);
  app.add_option("--tenants", calls.tenants, "Calls take turns as so many; 0: every call is another one's");
  app.add_option("--wall_time_millis", wall_time_millis, "The limit");
  app.add_option("--rate", load.rate, "Open loop: calls a second");
  app.add_option("--in_flight", load.in_flight, "Closed loop: calls at a time");
  app.add_option("--seconds", load.seconds);
  app.add_option("--most", load.most, "Calls at the most");
  CLI11_PARSE(app, argc, argv);

  calls.wall_time = std::chrono::milliseconds(wall_time_millis);
  if (!source_file.empty()) {
    std::stringstream text;
    text << std::ifstream(source_file).rdbuf();
    calls.source = text.str();
  }
  const auto made = MakeCalls(calls);
  if (!made->WarmUp()) return std::fprintf(stderr, "nobody answers at %s\n", calls.address.c_str()), 1;
  const std::vector<evald::bench::Record> records = Run(*made, load);
  return std::fwrite(records.data(), sizeof(evald::bench::Record), records.size(), stdout) == records.size()
             ? 0
             : 1;
}
