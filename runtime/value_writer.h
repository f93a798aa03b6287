// Turns a JavaScript result into a Value for the reply.
#pragma once

#include <v8.h>

#include <string>

#include "evald/v1/value.pb.h"

namespace evald {

enum class WriteOutcome {
  kWritten,
  // The value has something that the format has no word for: `error` says what and where ("result.a[3] is a
  // function").
  kCannotBeCarried,
  // It is larger, or nested deeper, than allowed; `error` says so.
  kTooLarge,
  kTooDeep,
  // Code of the script's that carrying runs (a getter, toJSON, a proxy's trap) threw, or V8 is terminating:
  // see the caller's TryCatch.
  kThrew,
};

struct WriteLimits {
  uint64_t max_bytes = 16 << 20;
  int max_depth = 1000;
};

// Reads the value under the rules of v1::Value; stops as soon as a limit is passed. May run code of the
// script's. Call inside a HandleScope and a TryCatch.
WriteOutcome WriteValue(v8::Local<v8::Context> context, v8::Local<v8::Value> value, v1::ResultFormat format,
                        const WriteLimits& limits, v1::Value& out, std::string& error);

}  // namespace evald
