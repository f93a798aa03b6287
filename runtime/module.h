// Module: an ES module's source and the specifier by which others import it.
#pragma once

#include <string>

namespace evald {

struct Module {
  std::string specifier;
  std::string source;
};

}  // namespace evald
