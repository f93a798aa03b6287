#include "daemon/requests/validator.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace evald {
namespace {

// How much of a client's own text a message repeats.
constexpr size_t kMaxQuoted = 64;

absl::Status Invalid(absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text.substr(0, kMaxQuoted)),
                      text.size() > kMaxQuoted ? "...\"" : "\"");
}

bool IsReserved(absl::string_view word) {
  static constexpr std::array<absl::string_view, 39> kReserved = {
      "await",   "break",  "case",     "catch",  "class",  "const",  "continue",   "debugger",
      "default", "delete", "do",       "else",   "enum",   "export", "extends",    "false",
      "finally", "for",    "function", "if",     "import", "in",     "instanceof", "new",
      "null",    "return", "super",    "switch", "this",   "throw",  "true",       "try",
      "typeof",  "var",    "void",     "while",  "with",   "yield",  "let"};
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

// Letters beyond ASCII are taken on trust: they end up as property names, never in source text.
bool IsIdentifier(absl::string_view name) {
  const auto may_start = [](unsigned char c) {
    return absl::ascii_isalpha(c) || c == '_' || c == '$' || c >= 0x80;
  };
  const auto may_follow = [&](unsigned char c) { return may_start(c) || absl::ascii_isdigit(c); };
  return !name.empty() && may_start(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return may_follow(static_cast<unsigned char>(c)); }) &&
         !IsReserved(name);
}

absl::Status ValidateValue(absl::string_view path, const v1::Value& value) {
  if (value.kind_case() == v1::Value::kJson && value.json().empty()) {
    return Invalid(absl::StrCat(path, ".json"), "must not be empty (JSON text has at least one character)");
  }
  return absl::OkStatus();
}

absl::Status ValidateModule(const std::string& specifier, const v1::ModuleSource& module) {
  const std::string path =
      absl::StrCat("modules['", absl::Utf8SafeCHexEscape(absl::string_view(specifier).substr(0, kMaxQuoted)),
                   specifier.size() > kMaxQuoted ? "...']" : "']");
  if (specifier.empty()) return Invalid(path, "a specifier must not be empty");
  if (specifier.size() > kMaxSpecifierBytes) {
    return Invalid(
        path, absl::StrCat("the specifier has ", specifier.size(), " bytes, more than ", kMaxSpecifierBytes));
  }
  if (!v1::ModuleSource::Type_IsValid(module.type()))
    return Invalid(path, absl::StrCat("type: no such value: ", static_cast<int>(module.type())));
  if (module.type() == v1::ModuleSource::WASM) {
    if (!module.has_binary()) return Invalid(path, "has no `binary`, which a module of type WASM is");
  } else if (!module.has_text()) {
    return Invalid(path, module.has_binary()
                             ? "has `binary`, which only a module of type WASM is: give `text`"
                             : "has no `text`");
  }
  return absl::OkStatus();
}

// What both kinds of request have.
template <typename Request>
absl::Status ValidateCommon(const Request& request, const LimitBounds& bounds) {
  if (request.modules_size() > kMaxModules)
    return Invalid("modules", absl::StrCat(request.modules_size(), " are more than ", kMaxModules));
  for (const auto& [specifier, module] : request.modules()) {
    if (absl::Status ok = ValidateModule(specifier, module); !ok.ok()) return ok;
  }
  if (request.tenant().size() > kMaxTenantBytes) {
    return Invalid("tenant",
                   absl::StrCat("has ", request.tenant().size(), " bytes, more than ", kMaxTenantBytes));
  }
  if (!v1::Isolation_IsValid(request.isolation())) {
    return Invalid("isolation", absl::StrCat("no such value: ", static_cast<int>(request.isolation())));
  }
  if (!v1::ResultFormat_IsValid(request.result_format())) {
    return Invalid("result_format",
                   absl::StrCat("no such value: ", static_cast<int>(request.result_format())));
  }
  return ValidateLimits("limits", request.limits(), bounds.ceilings);
}

uint64_t Bytes(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kJson:
      return value.json().size();
    case v1::Value::kStructured:
      return value.structured().ByteSizeLong();
    case v1::Value::kBytes:
      return value.bytes().size();
    case v1::Value::kUndefined:
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return 0;
}

template <typename Request>
uint64_t ModuleBytes(const Request& request) {
  uint64_t bytes = request.import_map().size();
  for (const auto& [specifier, module] : request.modules())
    bytes += specifier.size() + module.text().size() + module.binary().size();
  return bytes;
}

template <typename Request>
void FillCommon(const LimitBounds& bounds, Request& request) {
  FillUnset(bounds.defaults, *request.mutable_limits());
  if (request.isolation() == v1::ISOLATION_UNSPECIFIED) request.set_isolation(v1::ISOLATION_PRISTINE);
  if (request.result_format() == v1::RESULT_FORMAT_UNSPECIFIED)
    request.set_result_format(v1::RESULT_FORMAT_JSON);
}

}  // namespace

absl::Status Validate(const v1::EvalRequest& request, const LimitBounds& bounds) {
  if (request.source().empty()) return Invalid("source", "must not be empty");
  if (!v1::SourceKind_IsValid(request.source_kind())) {
    return Invalid("source_kind", absl::StrCat("no such value: ", static_cast<int>(request.source_kind())));
  }
  for (const auto& [name, value] : request.globals()) {
    if (!IsIdentifier(name))
      return Invalid("globals", absl::StrCat(Quoted(name), " is not a JavaScript identifier"));
    absl::Status ok = ValidateValue(absl::StrCat("globals[", Quoted(name), "]"), value);
    if (!ok.ok()) return ok;
  }
  return ValidateCommon(request, bounds);
}

absl::Status Validate(const v1::CallFunctionRequest& request, const LimitBounds& bounds) {
  if (request.function().empty()) return Invalid("function", "must not be empty");
  for (absl::string_view name : absl::StrSplit(request.function(), '.')) {
    if (name.empty()) {
      return Invalid("function", absl::StrCat(Quoted(request.function()),
                                              " is not a dotted path: a name in it is empty"));
    }
  }
  for (int i = 0; i < request.args_size(); ++i) {
    absl::Status ok = ValidateValue(absl::StrCat("args[", i, "]"), request.args(i));
    if (!ok.ok()) return ok;
  }
  return ValidateCommon(request, bounds);
}

void FillDefaults(const LimitBounds& bounds, v1::EvalRequest& request) {
  FillCommon(bounds, request);
  if (request.source_kind() == v1::SOURCE_KIND_UNSPECIFIED) request.set_source_kind(v1::SOURCE_KIND_SCRIPT);
  if (request.resource_name().empty()) {
    request.set_resource_name(request.source_kind() == v1::SOURCE_KIND_TYPESCRIPT ? "eval.ts" : "eval.js");
  }
}

void FillDefaults(const LimitBounds& bounds, v1::CallFunctionRequest& request) {
  FillCommon(bounds, request);
}

uint64_t SourceBytes(const v1::EvalRequest& request) {
  return request.source().size() + ModuleBytes(request);
}

uint64_t SourceBytes(const v1::CallFunctionRequest& request) {
  uint64_t bytes = ModuleBytes(request);
  for (const v1::Value& argument : request.args()) bytes += Bytes(argument);
  return bytes;
}

}  // namespace evald
