// Short ways to run scripts in tests, and to say what came of them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/client.h"

namespace evald::testing {

// A request for `source`, all else by default.
v1::EvalRequest Script(const std::string& source);
v1::EvalRequest ModuleSource(const std::string& source);
v1::CallFunctionRequest FunctionCall(const std::string& function,
                                     const std::vector<std::string>& json_args = {},
                                     const std::string& module = "");

v1::Value JsonValue(const std::string& json);
google::protobuf::Duration ToProto(std::chrono::nanoseconds duration);

// Calls never wait longer than tests are patient.
absl::StatusOr<Reply> Eval(Client& client, const v1::EvalRequest& request);
absl::StatusOr<Reply> Eval(Client& client, const std::string& source);
absl::StatusOr<Reply> Call(Client& client, const v1::CallFunctionRequest& request);

// What came of it on one line, for comparisons and for reading:
//   [1,4,9]                                     a value, as JSON
//   undefined
//   bytes 00ff                                  in hexadecimal
//   structured [1,4,9]
//   throws TypeError: x is not a function
//   fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT): the message
std::string Brief(const absl::StatusOr<Reply>& reply);

}  // namespace evald::testing
