// Module: a module's source and the specifier by which others import it.
#pragma once

#include <string>

#include "evald/v1/script.pb.h"

namespace evald {

struct Module {
  std::string specifier;
  // JavaScript and JSON as UTF-8, WebAssembly in its binary format.
  std::string source;
  v1::ModuleSource::Type type = v1::ModuleSource::JAVASCRIPT;
};

}  // namespace evald
