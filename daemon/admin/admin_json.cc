#include "daemon/admin/admin_json.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"

namespace evald {
namespace {

namespace http = boost::beast::http;

constexpr char kJson[] = "application/json";

AdminResponse NotWritable() {
  return {.status = http::status::internal_server_error, .body = "The answer cannot be written as JSON.\n"};
}

std::string Quoted(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  std::string json;
  return google::protobuf::util::MessageToJsonString(value, &json).ok() ? json : "\"\"";
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  return google::protobuf::util::MessageToJsonString(message, &json, options).ok() ? json : "";
}

absl::Status FromJson(const std::string& text, google::protobuf::Message& message) {
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &message);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the body is not a valid ", message.GetTypeName(),
                                                 " as JSON: ", std::string(parsed.message())));
}

AdminResponse JsonResponse(const google::protobuf::Message& message, http::status status) {
  std::string json = ToJson(message);
  if (json.empty()) return NotWritable();
  return {.status = status, .content_type = kJson, .body = std::move(json) + "\n"};
}

http::status HttpStatusOf(v1::ErrorReason reason) {
  switch (reason) {
    case v1::ERROR_REASON_INVALID_REQUEST:
      return http::status::bad_request;
    case v1::ERROR_REASON_UNAUTHENTICATED:
      return http::status::unauthorized;
    case v1::ERROR_REASON_TENANT_DENIED:
    case v1::ERROR_REASON_RIGHT_DENIED:
      return http::status::forbidden;
    case v1::ERROR_REASON_FUNCTION_NOT_FOUND:
    case v1::ERROR_REASON_MODULE_NOT_FOUND:
    case v1::ERROR_REASON_SNAPSHOT_NOT_FOUND:
      return http::status::not_found;
    case v1::ERROR_REASON_SNAPSHOT_SUPERSEDED:
      return http::status::conflict;
    case v1::ERROR_REASON_SOURCE_LIMIT:
      return http::status::payload_too_large;
    case v1::ERROR_REASON_SNAPSHOT_FAILED:
      return http::status::unprocessable_entity;
    case v1::ERROR_REASON_HEAP_LIMIT:
    case v1::ERROR_REASON_MEMORY_LIMIT:
    case v1::ERROR_REASON_OUTPUT_LIMIT:
    case v1::ERROR_REASON_RESULT_DEPTH_LIMIT:
    case v1::ERROR_REASON_QUEUE_FULL:
      return http::status::too_many_requests;
    // Not 408: clients and proxies repeat a request by themselves that was answered with it.
    case v1::ERROR_REASON_WALL_TIME_LIMIT:
    case v1::ERROR_REASON_CPU_TIME_LIMIT:
      return http::status::gateway_timeout;
    // Nobody is left to read the answer to a request that its client cancelled.
    case v1::ERROR_REASON_CANCELLED:
    case v1::ERROR_REASON_DRAINING:
    case v1::ERROR_REASON_NOT_READY:
    case v1::ERROR_REASON_WORKER_LOST:
      return http::status::service_unavailable;
    case v1::ERROR_REASON_UNSPECIFIED:
    case v1::ERROR_REASON_WORKER_CRASHED:
    case v1::ERROR_REASON_SANDBOX_VIOLATION:
    case v1::ERROR_REASON_INTERNAL:
    case v1::ErrorReason_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ErrorReason_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return http::status::internal_server_error;
}

AdminResponse FailureResponse(const Failure& failure) {
  return {.status = HttpStatusOf(failure.reason),
          .content_type = kJson,
          .body = absl::StrCat("{\"reason\":\"", ReasonName(failure.reason), "\",\"message\":",
                               Quoted(failure.message), ",\"limit\":\"", failure.limit, "\",\"reached\":\"",
                               failure.reached, "\",\"stack\":", Quoted(failure.stack), "}\n")};
}

std::string ToEvent(const google::protobuf::Message& message) {
  return absl::StrCat("data: ", ToJson(message), "\n\n");
}

}  // namespace evald
