// Turns what a script threw into data, without running any more of the script's code than it must.
#pragma once

#include <v8.h>

#include <string>

#include "evald/v1/script.pb.h"

namespace evald {

// Wherever a script has a source map (runtime/source_maps.h), places and stacks are told as its original has
// them. The isolate has a Host.

// Makes `error.stack` in this isolate come about without calling getters of the error's. An
// Error.prepareStackTrace that a script sets is honoured.
void InstallStackFormatter(v8::Isolate* isolate);

// What DescribeException and `error.stack` say of an error whose class has getters for name and message: they
// are never asked.
void SetDescription(v8::Local<v8::Context> context, v8::Local<v8::Object> error, v8::Local<v8::String> name,
                    v8::Local<v8::String> message);

// What was thrown, described. No getter, trap or toString of the script's is called, if the isolate has the
// stack formatter; only an Error.prepareStackTrace that the script set itself may run (bounded by whatever
// bounds the script). `message` may be empty: then one is made of `exception`.
v1::ScriptException DescribeException(v8::Local<v8::Context> context, v8::Local<v8::Value> exception,
                                      v8::Local<v8::Message> message);

// The same of what a TryCatch caught. REQUIRES: caught.HasCaught() and not caught.HasTerminated().
v1::ScriptException DescribeException(v8::Local<v8::Context> context, const v8::TryCatch& caught);

// In one text, as people read it: "file:3:7: TypeError: no such thing" and the stack below.
std::string ExceptionText(const v1::ScriptException& exception);

// The JavaScript stack that is running, a line for each of its first frames: "    at f (file.js:3:7)".
std::string DescribeStack(v8::Isolate* isolate);

// UTF-8, lone surrogates replaced by U+FFFD, cut to at most about `max_bytes`.
std::string ToUtf8(v8::Isolate* isolate, v8::Local<v8::String> string, size_t max_bytes = SIZE_MAX);

// A V8 string of UTF-8 text; empty if it is longer than V8's strings can be.
v8::MaybeLocal<v8::String> FromUtf8(v8::Isolate* isolate, std::string_view text);

}  // namespace evald
