// Runs one evalctl command against a daemon.
#pragma once

#include <iosfwd>

#include "client/options.h"

namespace evald {

class Client;

enum class ExitCode : int {
  kDone = 0,
  kScriptThrew = 1,
  kFailed = 2,  // usage, transport, limits
};

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

// The result goes to `out`, all else to `err`. Standard input is read only if the command says so.
ExitCode RunCommand(Command command, Client& client, Streams streams);

}  // namespace evald
