#include "runtime/exceptions.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/utf8.h"
#include "runtime/host.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

constexpr size_t kMaxMessageBytes = 64 * 1024;
constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxSourceLineBytes = 256;
constexpr int kMaxPrototypes = 32;
constexpr int kMaxFrames = 10;

v8::Local<v8::String> Name(v8::Isolate* isolate, const char* name) {
  return v8::String::NewFromUtf8(isolate, name, v8::NewStringType::kInternalized).ToLocalChecked();
}

// The own data property `key` of an ordinary object. Asking for the descriptor calls no getter.
bool OwnValue(v8::Local<v8::Context> context, v8::Local<v8::Object> object, v8::Local<v8::String> key,
              v8::Local<v8::Value>& out) {
  v8::Local<v8::Value> descriptor;
  if (!object->GetOwnPropertyDescriptor(context, key).ToLocal(&descriptor) || !descriptor->IsObject())
    return false;
  // The descriptor is a fresh ordinary object, but a polluted Object.prototype has a say in what it inherits:
  // own only.
  const v8::Local<v8::Object> fields = descriptor.As<v8::Object>();
  const v8::Local<v8::String> value_key = Name(context->GetIsolate(), "value");
  return fields->HasOwnProperty(context, value_key).FromMaybe(false) &&
         fields->Get(context, value_key).ToLocal(&out);
}

// The same, if it is a string.
bool OwnString(v8::Local<v8::Context> context, v8::Local<v8::Object> object, v8::Local<v8::String> key,
               size_t max_bytes, std::string& out) {
  v8::Local<v8::Value> value;
  if (!OwnValue(context, object, key, value) || !value->IsString()) return false;
  out = ToUtf8(context->GetIsolate(), value.As<v8::String>(), max_bytes);
  return true;
}

// `name` as the object or the chain of its prototypes has it.
bool InheritedName(v8::Local<v8::Context> context, v8::Local<v8::Object> object, std::string& out) {
  const v8::Local<v8::String> key = Name(context->GetIsolate(), "name");
  v8::Local<v8::Value> at = object;
  for (int i = 0; i < kMaxPrototypes && at->IsObject() && !at->IsProxy(); ++i) {
    if (OwnString(context, at.As<v8::Object>(), key, kMaxNameBytes, out)) return true;
    at = at.As<v8::Object>()->GetPrototype();
  }
  return false;
}

// Where SetDescription puts it: out of reach of scripts.
v8::Local<v8::Private> Described(v8::Isolate* isolate, const char* what) {
  return v8::Private::ForApi(isolate, Name(isolate, what));
}

constexpr char kDescribedName[] = "evald.name";
constexpr char kDescribedMessage[] = "evald.message";

bool DescribedString(v8::Local<v8::Context> context, v8::Local<v8::Object> error, const char* what,
                     size_t max_bytes, std::string& out) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Value> value;
  if (!error->GetPrivate(context, Described(isolate, what)).ToLocal(&value) || !value->IsString())
    return false;
  out = ToUtf8(isolate, value.As<v8::String>(), max_bytes);
  return true;
}

std::string NameOfError(v8::Local<v8::Context> context, v8::Local<v8::Object> error) {
  std::string name;
  if (DescribedString(context, error, kDescribedName, kMaxNameBytes, name)) return name;
  return InheritedName(context, error, name) && !name.empty() ? name : "Error";
}

std::string MessageOfError(v8::Local<v8::Context> context, v8::Local<v8::Object> error) {
  std::string message;
  if (!DescribedString(context, error, kDescribedMessage, kMaxMessageBytes, message))
    OwnString(context, error, Name(context->GetIsolate(), "message"), kMaxMessageBytes, message);
  return message;
}

// The script's own Error.prepareStackTrace, if it set one.
bool ScriptsFormatter(v8::Local<v8::Context> context, v8::Local<v8::Value>& constructor,
                      v8::Local<v8::Value>& formatter) {
  v8::Isolate* const isolate = context->GetIsolate();
  return OwnValue(context, context->Global(), Name(isolate, "Error"), constructor) &&
         constructor->IsObject() && !constructor->IsProxy() &&
         OwnValue(context, constructor.As<v8::Object>(), Name(isolate, "prepareStackTrace"), formatter) &&
         formatter->IsFunction();
}

// The script's formatter's answer; empty if there is none or it threw.
v8::MaybeLocal<v8::Value> AskScriptsFormatter(v8::Local<v8::Context> context, v8::Local<v8::Value> error,
                                              v8::Local<v8::Array> sites) {
  v8::Local<v8::Value> constructor, formatter;
  if (!ScriptsFormatter(context, constructor, formatter)) return {};
  v8::Local<v8::Value> arguments[] = {error, sites};
  return formatter.As<v8::Function>()->Call(context, constructor, 2, arguments);
}

// "TypeError: no such thing", without calling a getter.
std::string Title(v8::Local<v8::Context> context, v8::Local<v8::Value> error) {
  if (!error->IsNativeError()) return "Error";
  const v8::Local<v8::Object> object = error.As<v8::Object>();
  const std::string message = MessageOfError(context, object);
  return absl::StrCat(NameOfError(context, object), message.empty() ? "" : ": ", message);
}

// V8 asks for the text of `error.stack`: the title, and a line for each call site. Always gives one: V8 10.2
// dies of a formatter that throws while no JavaScript is on the stack.
v8::MaybeLocal<v8::Value> FormatStack(v8::Local<v8::Context> context, v8::Local<v8::Value> error,
                                      v8::Local<v8::Array> sites) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Value> result;
  bool terminated = false;
  {
    v8::TryCatch caught(isolate);
    if (!AskScriptsFormatter(context, error, sites).ToLocal(&result)) {
      std::string text = Title(context, error);
      std::vector<std::string> frames;
      for (uint32_t i = 0; i < sites->Length() && !caught.HasTerminated(); ++i) {
        v8::Local<v8::Value> site;
        v8::Local<v8::String> line;
        if (!sites->Get(context, i).ToLocal(&site) || !site->ToString(context).ToLocal(&line)) continue;
        frames.push_back(ToUtf8(isolate, line, kMaxMessageBytes));
      }
      SourceMaps& maps = Host::Of(isolate).source_maps();
      if (!maps.empty()) maps.MapFrames(frames);
      for (const std::string& frame : frames) absl::StrAppend(&text, "\n    at ", frame);
      v8::Local<v8::String> stack;
      result = FromUtf8(isolate, text).ToLocal(&stack) ? stack : v8::String::Empty(isolate);
    }
    terminated = caught.HasTerminated();
  }
  // Caught here, it has to be asked for again, or the script would go on.
  if (terminated) isolate->TerminateExecution();
  return result;
}

}  // namespace

void SetDescription(v8::Local<v8::Context> context, v8::Local<v8::Object> error, v8::Local<v8::String> name,
                    v8::Local<v8::String> message) {
  v8::Isolate* const isolate = context->GetIsolate();
  static_cast<void>(error->SetPrivate(context, Described(isolate, kDescribedName), name));
  static_cast<void>(error->SetPrivate(context, Described(isolate, kDescribedMessage), message));
}

void InstallStackFormatter(v8::Isolate* isolate) { isolate->SetPrepareStackTraceCallback(FormatStack); }

std::string DescribeStack(v8::Isolate* isolate) {
  const v8::Local<v8::StackTrace> trace = v8::StackTrace::CurrentStackTrace(isolate, kMaxFrames);
  std::vector<std::string> frames;
  for (int i = 0; i < trace->GetFrameCount(); ++i) {
    const v8::Local<v8::StackFrame> frame = trace->GetFrame(isolate, static_cast<uint32_t>(i));
    const v8::Local<v8::String> function = frame->GetFunctionName(),
                                script = frame->GetScriptNameOrSourceURL();
    const std::string place =
        absl::StrCat(script.IsEmpty() ? "<anonymous>" : ToUtf8(isolate, script, kMaxNameBytes), ":",
                     frame->GetLineNumber(), ":", frame->GetColumn());
    const std::string name = function.IsEmpty() ? "" : ToUtf8(isolate, function, kMaxNameBytes);
    frames.push_back(name.empty() ? place : absl::StrCat(name, " (", place, ")"));
  }
  SourceMaps& maps = Host::Of(isolate).source_maps();
  if (!maps.empty()) maps.MapFrames(frames);
  std::string text;
  for (const std::string& frame : frames) absl::StrAppend(&text, text.empty() ? "" : "\n", "    at ", frame);
  return text;
}

std::string ToUtf8(v8::Isolate* isolate, v8::Local<v8::String> string, size_t max_bytes) {
  std::string text = v8_compat::WriteUtf8(isolate, string);
  if (text.size() > max_bytes) {
    size_t size = max_bytes;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    text.resize(size);
  }
  return text;
}

v8::MaybeLocal<v8::String> FromUtf8(v8::Isolate* isolate, std::string_view text) {
  if (text.size() > static_cast<size_t>(v8::String::kMaxLength)) return {};
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()));
}

v1::ScriptException DescribeException(v8::Local<v8::Context> context, v8::Local<v8::Value> exception,
                                      v8::Local<v8::Message> message) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::TryCatch quiet(isolate);
  if (message.IsEmpty()) message = v8::Exception::CreateMessage(isolate, exception);

  v1::ScriptException out;
  out.set_name("Uncaught");
  if (exception->IsNativeError()) {
    const v8::Local<v8::Object> error = exception.As<v8::Object>();
    std::string text;
    out.set_name(NameOfError(context, error));
    out.set_message(MessageOfError(context, error));
    if (OwnString(context, error, Name(isolate, "stack"), kMaxMessageBytes, text)) out.set_stack(text);
  } else if (exception->IsString()) {
    out.set_message(ToUtf8(isolate, exception.As<v8::String>(), kMaxMessageBytes));
  } else {
    // V8's own words for the value, made without calling anything of the script's.
    const std::string text = ToUtf8(isolate, message->Get(), kMaxMessageBytes);
    out.set_message(std::string(absl::StripPrefix(text, "Uncaught ")));
  }

  const v8::Local<v8::Value> resource = message->GetScriptResourceName();
  if (!resource.IsEmpty() && resource->IsString()) {
    out.set_resource_name(ToUtf8(isolate, resource.As<v8::String>(), kMaxNameBytes));
    out.set_line(message->GetLineNumber(context).FromMaybe(0));
    if (out.line() > 0) out.set_column(message->GetStartColumn(context).FromMaybe(-1) + 1);
    v8::Local<v8::String> line;
    if (message->GetSourceLine(context).ToLocal(&line))
      out.set_source_line(ToUtf8(isolate, line, kMaxSourceLineBytes));
    if (auto original = Host::Of(isolate).source_maps().Find(out.resource_name(), out.line(), out.column())) {
      out.set_resource_name(std::move(original->source));
      out.set_line(original->line);
      out.set_column(original->column);
      out.set_source_line(std::string(CutUtf8(original->text.value_or(""), kMaxSourceLineBytes)));
    }
  }
  return out;
}

v1::ScriptException DescribeException(v8::Local<v8::Context> context, const v8::TryCatch& caught) {
  return DescribeException(context, caught.Exception(), caught.Message());
}

std::string ExceptionText(const v1::ScriptException& exception) {
  std::string out;
  if (!exception.resource_name().empty()) {
    absl::StrAppend(&out, exception.resource_name(), ":", exception.line(), ":", exception.column(), ": ");
  }
  const std::string title =
      absl::StrCat(exception.name(), exception.message().empty() ? "" : ": ", exception.message());
  if (exception.stack().empty()) return out + title;
  absl::StrAppend(&out, absl::StartsWith(exception.stack(), title) ? "" : title + "\n", exception.stack());
  return out;
}

}  // namespace evald
