// Hooks: functions that extensions hand to the host, for it to call: `import { setHook } from 'evald:hooks'`.
#pragma once

#include <v8.h>

#include <string_view>

namespace evald {

// They belong to the context and are part of its snapshot. The isolate's thread only.
namespace hooks {

// In a context that has none yet.
void Prepare(v8::Local<v8::Context> context);

// The object that extensions import as evald:hooks. Its setHook(name, function) sets one, or replaces it.
v8::MaybeLocal<v8::Object> Module(v8::Local<v8::Context> context);

// Empty: no extension has set it. `name` is plain ASCII.
v8::MaybeLocal<v8::Function> Find(v8::Local<v8::Context> context, std::string_view name);

// What setHook is in a snapshot, for ExternalReferences.
v8::FunctionCallback Setter();

}  // namespace hooks
}  // namespace evald
