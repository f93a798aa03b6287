// What building a snapshot and running from one have in common: external references and the evaluation of
// extensions.
#pragma once

#include <v8.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "runtime/extension.h"

namespace evald {

// The addresses by which a snapshot refers to native functions: the ops in the order given, evald's own, 0 at
// the end.
std::vector<intptr_t> ExternalReferences(absl::Span<const NativeOp> ops);

// Evaluates one extension in the context that is entered. `exports` holds what the extensions before it
// export, by name; what it exports itself is added. A bundle gets at those that it needs by
// require('evald:NAME'), at its native functions by 'evald:ops', at hooks (runtime/hooks.h) by 'evald:hooks'.
// False: it threw, or does not provide what it says that it provides; see the caller's TryCatch.
bool EvaluateExtension(v8::Local<v8::Context> context, const Extension& extension,
                       v8::Local<v8::Object> exports);

// Compiles a classic script, whose first line has the number `line_offset`, counted from 0. Empty: it threw,
// see the caller's TryCatch.
v8::MaybeLocal<v8::Script> CompileScript(v8::Local<v8::Context> context, std::string_view source,
                                         std::string_view resource_name, int line_offset = 0);

// Compiles and runs one.
v8::MaybeLocal<v8::Value> RunScript(v8::Local<v8::Context> context, std::string_view source,
                                    std::string_view resource_name);

}  // namespace evald
