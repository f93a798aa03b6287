// Forks of a process that holds an isolate, as a zygote makes them.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"

namespace evald {

// Builds of V8 for Node mark V8's pages as not to be inherited by a fork; after this they are.
void LetForksInheritPages();

// What `body` gives in a fork. REQUIRES: LetForksInheritPages was called.
std::string InAFork(absl::FunctionRef<std::string()> body);

}  // namespace evald
