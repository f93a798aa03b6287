// How evalctl says things: pure functions from what evald answered to text.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"

namespace evald {

// A result as JSON on one line, without the newline: `undefined` as that word, bytes as a JSON string of
// base64.
std::string FormatValue(const v1::Value& value);

// A result as it is: bytes, or the text of a JSON value. For --raw.
std::string FormatRawValue(const v1::Value& value);

// An uncaught exception as Node prints it: place, line, caret, stack. Ends in a newline.
std::string FormatException(const v1::ScriptException& exception);

// Console output, a line for each message, with a note if there was more.
std::string FormatConsole(const Reply& reply);

// "wall 1.25 ms, cpu ..." on one line, without the newline.
std::string FormatStats(const v1::ExecutionStats& stats);

// "DEADLINE_EXCEEDED (WALL_TIME_LIMIT): ..." and, on lines of their own, where the script was and
// what may help. Without the newline.
// `server` is the address called. What evald sent is PrintableLines.
std::string FormatError(const absl::Status& status, const std::string& server);

std::string FormatStatus(Client::Health health, const v1::GetSnapshotResponse& status);
std::string FormatSnapshot(const v1::Snapshot& snapshot);
std::string FormatSnapshots(const v1::ListSnapshotsResponse& snapshots);

absl::Duration ToDuration(const google::protobuf::Duration& duration);

// "1.25 ms".
std::string FormatMillis(const google::protobuf::Duration& duration);

// `text` with every control character as a question mark: what scripts wrote must not steer a terminal.
std::string Printable(const std::string& text);

// The same, but for line breaks and tabs, which stay: for what has several lines.
std::string PrintableLines(const std::string& text);

// Any message as JSON on one line, without the newline.
std::string FormatJson(const google::protobuf::Message& message);

}  // namespace evald
