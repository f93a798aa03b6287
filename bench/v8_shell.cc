// The very V8 that evald runs on, with its defaults and all of its threads: runs one script and prints its
// value. Usage: v8_shell FILE [V8-FLAG...]
#include <libplatform/libplatform.h>
#include <v8.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace {

// Empty: it threw.
std::string Run(v8::Isolate* isolate, const std::string& source) {
  const v8::Isolate::Scope entered(isolate);
  const v8::HandleScope handles(isolate);
  const v8::Local<v8::Context> context = v8::Context::New(isolate);
  const v8::Context::Scope context_scope(context);
  v8::Local<v8::String> text;
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> value;
  if (!v8::String::NewFromUtf8(isolate, source.c_str()).ToLocal(&text) ||
      !v8::Script::Compile(context, text).ToLocal(&script) || !script->Run(context).ToLocal(&value)) {
    return "";
  }
  return *v8::String::Utf8Value(isolate, value);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s FILE [V8-FLAG...]\n", argv[0]), 2;
  for (int i = 2; i < argc; ++i) v8::V8::SetFlagsFromString(argv[i]);
  const std::unique_ptr<v8::Platform> platform = v8::platform::NewDefaultPlatform();
  v8::V8::InitializePlatform(platform.get());
  v8::V8::Initialize();
  v8::Isolate::CreateParams params;
  const std::unique_ptr<v8::ArrayBuffer::Allocator> buffers(
      v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  params.array_buffer_allocator = buffers.get();
  v8::Isolate* const isolate = v8::Isolate::New(params);
  std::stringstream source;
  source << std::ifstream(argv[1]).rdbuf();
  const std::string result = Run(isolate, source.str());
  isolate->Dispose();
  if (result.empty()) return std::fprintf(stderr, "%s threw\n", argv[1]), 1;
  std::printf("%s\n", result.c_str());
}
