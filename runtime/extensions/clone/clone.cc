#include "runtime/extensions/clone/clone.h"

#include <memory>
#include <utility>

#include "runtime/extensions/clone/clone_bundle.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// What an object is to a clone; clone.js has the same numbers.
enum class Kind : int32_t {
  kNone = -1,  // cannot be cloned
  kOrdinary,
  kArray,
  kDate,
  kRegExp,
  kNumber,
  kString,
  kBoolean,
  kBigInt,
  kMap,
  kSet,
  kArrayBuffer,
  kSharedArrayBuffer,
  kTypedArray,
  kDataView,
  kError,
};

bool CannotBeCloned(v8::Local<v8::Value> value) {
  return value->IsProxy() || value->IsFunction() || value->IsPromise() || value->IsWeakMap() ||
         value->IsWeakSet() || value->IsMapIterator() || value->IsSetIterator() ||
         value->IsGeneratorObject() || value->IsArgumentsObject() || value->IsSymbolObject() ||
         value->IsModuleNamespaceObject() || value->IsWasmMemoryObject() || value->IsWasmModuleObject() ||
         value->IsExternal();
}

Kind KindOf(v8::Local<v8::Context> context, v8::Local<v8::Value> value) {
  if (value->IsArray()) return Kind::kArray;
  if (CannotBeCloned(value) || value == context->Global()) return Kind::kNone;
  if (value->IsDate()) return Kind::kDate;
  if (value->IsRegExp()) return Kind::kRegExp;
  if (value->IsNumberObject()) return Kind::kNumber;
  if (value->IsStringObject()) return Kind::kString;
  if (value->IsBooleanObject()) return Kind::kBoolean;
  if (value->IsBigIntObject()) return Kind::kBigInt;
  if (value->IsMap()) return Kind::kMap;
  if (value->IsSet()) return Kind::kSet;
  if (value->IsArrayBuffer()) return Kind::kArrayBuffer;
  if (value->IsSharedArrayBuffer()) return Kind::kSharedArrayBuffer;
  if (value->IsTypedArray()) return Kind::kTypedArray;
  if (value->IsDataView()) return Kind::kDataView;
  if (value->IsNativeError()) return Kind::kError;
  return value.As<v8::Object>()->InternalFieldCount() > 0 ? Kind::kNone : Kind::kOrdinary;
}

// clone_kind(object): see Kind.
void KindOp(const Info& info) {
  const Kind kind =
      info[0]->IsObject() ? KindOf(info.GetIsolate()->GetCurrentContext(), info[0]) : Kind::kNone;
  info.GetReturnValue().Set(static_cast<int32_t>(kind));
}

// clone_names(array): its own enumerable keys that are no symbols and no indices.
void Names(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  v8::Local<v8::Array> names;
  if (info[0]->IsObject() &&
      info[0]
          .As<v8::Object>()
          ->GetPropertyNames(isolate->GetCurrentContext(), v8::KeyCollectionMode::kOwnOnly,
                             static_cast<v8::PropertyFilter>(v8::ONLY_ENUMERABLE | v8::SKIP_SYMBOLS),
                             v8::IndexFilter::kSkipIndices, v8::KeyConversionMode::kConvertToString)
          .ToLocal(&names)) {
    info.GetReturnValue().Set(names);
  }
}

// clone_regexp(regexp): another one of the same source and flags.
void CloneRegExp(const Info& info) {
  if (!info[0]->IsRegExp()) return;
  const v8::Local<v8::RegExp> regexp = info[0].As<v8::RegExp>();
  v8::Local<v8::RegExp> made;
  if (v8::RegExp::New(info.GetIsolate()->GetCurrentContext(), regexp->GetSource(), regexp->GetFlags())
          .ToLocal(&made)) {
    info.GetReturnValue().Set(made);
  }
}

// clone_share(buffer): another buffer with the same memory; undefined if that cannot be had.
void Share(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  if (info[0]->IsSharedArrayBuffer()) {
    info.GetReturnValue().Set(
        v8::SharedArrayBuffer::New(isolate, info[0].As<v8::SharedArrayBuffer>()->GetBackingStore()));
  } else if (info[0]->IsArrayBuffer() && info[0].As<v8::ArrayBuffer>()->IsDetachable()) {
    info.GetReturnValue().Set(
        v8::ArrayBuffer::New(isolate, info[0].As<v8::ArrayBuffer>()->GetBackingStore()));
  }
}

// clone_detach(buffer)
void Detach(const Info& info) {
  if (info[0]->IsArrayBuffer()) info.GetReturnValue().Set(v8_compat::Detach(info[0].As<v8::ArrayBuffer>()));
}

}  // namespace

Extension CloneExtension() {
  return WithOps(CloneBundle(), {{"clone_detach", Detach},
                                 {"clone_kind", KindOp},
                                 {"clone_names", Names},
                                 {"clone_regexp", CloneRegExp},
                                 {"clone_share", Share}});
}

}  // namespace evald
