#include "runtime/import_map.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/utf8.h"
#include "runtime/exceptions.h"
#include "runtime/specifier.h"

namespace evald {
namespace {

// How much of the map's own text a message repeats.
constexpr size_t kMaxQuoted = 100;

std::string Cut(const std::string& text) { return std::string(CutUtf8(text, kMaxQuoted)); }

std::string At(const std::string& path, const std::string& key) {
  return absl::StrCat(path, "['", Cut(key), "']");
}

absl::Status Fault(const std::string& where, const std::string& what) {
  return absl::InvalidArgumentError(where.empty() ? what : absl::StrCat(where, ": ", what));
}

bool EndsWithSlash(std::string_view text) { return !text.empty() && text.back() == '/'; }

bool StartsWith(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

// The own enumerable properties of what JSON.parse made.
absl::Status ForEach(v8::Local<v8::Context> context, const std::string& path, v8::Local<v8::Value> value,
                     const std::function<absl::Status(const std::string&, v8::Local<v8::Value>)>& visit) {
  if (!value->IsObject() || value->IsArray()) return Fault(path, "is not a JSON object");
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::Object> object = value.As<v8::Object>();
  v8::Local<v8::Array> keys;
  if (!object
           ->GetOwnPropertyNames(context, v8::PropertyFilter::ONLY_ENUMERABLE,
                                 v8::KeyConversionMode::kConvertToString)
           .ToLocal(&keys)) {
    return Fault(path, "cannot be read");
  }
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    const v8::HandleScope scope(isolate);
    v8::Local<v8::Value> key, entry;
    if (!keys->Get(context, i).ToLocal(&key) || !key->IsString() ||
        !object->Get(context, key).ToLocal(&entry)) {
      return Fault(path, "cannot be read");
    }
    if (absl::Status ok = visit(ToUtf8(isolate, key.As<v8::String>()), entry); !ok.ok()) return ok;
  }
  return absl::OkStatus();
}

absl::Status CheckLength(const std::string& where, std::string_view specifier) {
  if (specifier.size() <= kMaxSpecifierBytes) return absl::OkStatus();
  return Fault(where, absl::StrCat("has ", specifier.size(), " bytes, more than ", kMaxSpecifierBytes));
}

}  // namespace

absl::Status ImportMap::ReadEntries(v8::Local<v8::Context> context, const std::string& path,
                                    v8::Local<v8::Value> value, Entries& entries) {
  return ForEach(context, path, value, [&](const std::string& key, v8::Local<v8::Value> entry) {
    const std::string where = At(path, key);
    if (key.empty()) return Fault(where, "a specifier is not empty");
    if (absl::Status fits = CheckLength(where, key); !fits.ok()) return fits;
    std::optional<std::string>& address = entries[CanonicalSpecifier(key)];
    if (entry->IsNull()) {
      address.reset();
      return absl::OkStatus();
    }
    if (!entry->IsString()) return Fault(where, "is neither a string nor null");
    const std::string text = ToUtf8(context->GetIsolate(), entry.As<v8::String>());
    if (text.empty()) return Fault(where, "the address is empty");
    if (absl::Status fits = CheckLength(where, text); !fits.ok()) return fits;
    if (EndsWithSlash(key) && !EndsWithSlash(text))
      return Fault(where, "the specifier ends with a slash, so the address has to");
    address = CanonicalSpecifier(text);
    return absl::OkStatus();
  });
}

absl::StatusOr<ImportMap> ImportMap::Parse(v8::Local<v8::Context> context, std::string_view json) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::HandleScope scope(isolate);
  v8::TryCatch caught(isolate);
  v8::Local<v8::String> text;
  v8::Local<v8::Value> top;
  if (!FromUtf8(isolate, json).ToLocal(&text)) return Fault("", "is too long");
  if (!v8::JSON::Parse(context, text).ToLocal(&top)) {
    if (caught.HasTerminated()) return absl::AbortedError("the script was ended");
    return Fault("", absl::StrCat("is not JSON: ", DescribeException(context, caught).message()));
  }
  ImportMap map;
  absl::Status ok = ForEach(context, "", top, [&](const std::string& key, v8::Local<v8::Value> value) {
    if (key == "imports") return ReadEntries(context, key, value, map.imports_);
    if (key != "scopes") return absl::OkStatus();
    return ForEach(context, key, value, [&](const std::string& prefix, v8::Local<v8::Value> entries) {
      if (absl::Status fits = CheckLength(At(key, prefix), prefix); !fits.ok()) return fits;
      return ReadEntries(context, At(key, prefix), entries, map.scopes_[CanonicalSpecifier(prefix)]);
    });
  });
  if (!ok.ok()) return ok;
  return map;
}

bool ImportMap::Match(const Entries& entries, const std::string& specifier,
                      absl::StatusOr<std::string>& result) {
  if (entries.empty()) return false;
  const auto blocked = [&](const std::string& by) {
    result = absl::InvalidArgumentError(
        absl::StrCat("is blocked by the import map, which has null for '", Cut(by), "'"));
    return true;
  };
  if (const auto exact = entries.find(specifier); exact != entries.end()) {
    if (!exact->second) return blocked(exact->first);
    result = *exact->second;
    return true;
  }
  for (size_t end = specifier.rfind('/'); end != std::string::npos;
       end = end == 0 ? std::string::npos : specifier.rfind('/', end - 1)) {
    const std::string_view prefix(specifier.data(), end + 1);
    const auto found = entries.find(prefix);
    if (found == entries.end()) continue;
    if (!found->second) return blocked(found->first);
    const std::string& address = *found->second;
    const std::string rest = absl::StrCat("./", specifier.substr(end + 1));
    std::string whole = ResolvePath(rest, address);
    if (!StartsWith(whole, address)) {
      result = absl::InvalidArgumentError(
          absl::StrCat("leaves the folder that the import map has for '", Cut(found->first), "'"));
    } else {
      result = std::move(whole);
    }
    return true;
  }
  return false;
}

absl::StatusOr<std::string> ImportMap::Resolve(std::string_view specifier, std::string_view base) const {
  if (specifier.empty()) return absl::InvalidArgumentError("is empty");
  if (specifier.size() > kMaxSpecifierBytes)
    return absl::InvalidArgumentError(absl::StrCat("is longer than ", kMaxSpecifierBytes, " bytes"));
  // A longer name is no module's.
  if (base.size() > kMaxSpecifierBytes) base = "";
  std::string normal = IsPath(specifier) ? ResolvePath(specifier, base) : std::string(specifier);
  absl::StatusOr<std::string> result = normal;
  if (!scopes_.empty()) {
    if (const auto own = scopes_.find(base); own != scopes_.end() && Match(own->second, normal, result))
      return result;
    for (size_t end = base.rfind('/'); end != std::string_view::npos;
         end = end == 0 ? std::string_view::npos : base.rfind('/', end - 1)) {
      const auto found = scopes_.find(base.substr(0, end + 1));
      if (found != scopes_.end() && end + 1 < base.size() && Match(found->second, normal, result))
        return result;
    }
  }
  Match(imports_, normal, result);
  return result;
}

}  // namespace evald
