// Messages and failures as the admin endpoint's JSON, and how a failure becomes an HTTP status.
//
// Field names are those of the .proto files; fields that are not set are written too, with their defaults;
// 64-bit integers are strings, durations "1.5s", bytes base64 (protobuf's own JSON mapping).
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "daemon/admin/admin_router.h"
#include "daemon/requests/status_mapping.h"

namespace evald {

// On one line. Empty if the message cannot be written (a duration out of protobuf's range).
std::string ToJson(const google::protobuf::Message& message);

// INVALID_ARGUMENT says where `text` is no such message; a field that there is not is named.
absl::Status FromJson(const std::string& text, google::protobuf::Message& message);

AdminResponse JsonResponse(const google::protobuf::Message& message,
                           boost::beast::http::status status = boost::beast::http::status::ok);

// As docs/admin.md tells clients. A reason that this version does not know is 500.
boost::beast::http::status HttpStatusOf(v1::ErrorReason reason);

// {"reason":"WALL_TIME_LIMIT","message":"...","limit":"...","reached":"...","stack":"..."}, as ErrorDetail
// says.
AdminResponse FailureResponse(const Failure& failure);

// One server-sent event whose data is `message`.
std::string ToEvent(const google::protobuf::Message& message);

}  // namespace evald
