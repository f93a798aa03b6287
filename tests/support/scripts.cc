#include "tests/support/scripts.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/format.h"
#include "tests/support/poll.h"

namespace evald::testing {

v1::EvalRequest Script(const std::string& source) {
  v1::EvalRequest request;
  request.set_source(source);
  return request;
}

v1::EvalRequest ModuleSource(const std::string& source) {
  v1::EvalRequest request = Script(source);
  request.set_source_kind(v1::SOURCE_KIND_MODULE);
  return request;
}

v1::CallFunctionRequest FunctionCall(const std::string& function, const std::vector<std::string>& json_args,
                                     const std::string& module) {
  v1::CallFunctionRequest request;
  request.set_function(function);
  request.set_module(module);
  for (const std::string& json : json_args) *request.add_args() = JsonValue(json);
  return request;
}

v1::Value JsonValue(const std::string& json) {
  v1::Value value;
  value.set_json(json);
  return value;
}

google::protobuf::Duration ToProto(std::chrono::nanoseconds duration) {
  google::protobuf::Duration result;
  result.set_seconds(duration / std::chrono::seconds(1));
  result.set_nanos(static_cast<int32_t>((duration % std::chrono::seconds(1)).count()));
  return result;
}

absl::StatusOr<Reply> Eval(Client& client, const v1::EvalRequest& request) {
  return client.Eval(request, {.timeout = 2 * kPatience});
}

absl::StatusOr<Reply> Eval(Client& client, const std::string& source) { return Eval(client, Script(source)); }

absl::StatusOr<Reply> Call(Client& client, const v1::CallFunctionRequest& request) {
  return client.CallFunction(request, {.timeout = 2 * kPatience});
}

std::string Brief(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) {
    const std::string reason = ReasonName(ReasonOf(reply.status()));
    return absl::StrCat("fails ", absl::StatusCodeToString(reply.status().code()), reason.empty() ? "" : " (",
                        reason, reason.empty() ? "" : ")", ": ", std::string(reply.status().message()));
  }
  if (reply->has_exception())
    return absl::StrCat("throws ", reply->exception().name(), ": ", reply->exception().message());
  const v1::Value& value = reply->value();
  if (value.has_bytes()) return absl::StrCat("bytes ", absl::BytesToHexString(value.bytes()));
  return absl::StrCat(value.has_structured() ? "structured " : "", FormatValue(value));
}

}  // namespace evald::testing
