#include "daemon/admin_routes.h"

#include <google/protobuf/util/json_util.h>

#include <string>

namespace evald {
namespace {

namespace http = boost::beast::http;

const char* NameOf(Phase phase) {
  switch (phase) {
    case Phase::kBooting:
      return "booting";
    case Phase::kReady:
      return "ready";
    case Phase::kDraining:
      return "draining";
  }
  return "unknown";
}

AdminResponse Status(const StatusSource& source) {
  v1::GetSnapshotResponse status;
  source.FillStatus(status);
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(status, &json, options).ok() || json.empty()) {
    return {.status = http::status::internal_server_error, .body = "The status cannot be written as JSON.\n"};
  }
  json.insert(1, std::string("\"phase\":\"") + NameOf(source.phase()) + "\",");
  return {.content_type = "application/json", .body = json + "\n"};
}

}  // namespace

void AddStatusRoutes(const StatusSource* source, AdminRouter& router) {
  router.Add(http::verb::get, "/healthz", [](const AdminRequest&) { return AdminResponse{.body = "ok\n"}; });
  router.Add(http::verb::get, "/readyz", [source](const AdminRequest&) {
    const bool ready = source->phase() == Phase::kReady;
    return AdminResponse{.status = ready ? http::status::ok : http::status::service_unavailable,
                         .body = std::string(NameOf(source->phase())) + "\n"};
  });
  router.Add(http::verb::get, "/v1/status", [source](const AdminRequest&) { return Status(*source); });
}

}  // namespace evald
