#include "daemon/snapshots/json_equal.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <optional>
#include <string>

namespace evald {
namespace {

std::optional<google::protobuf::Value> Parse(absl::string_view text) {
  google::protobuf::Value value;
  const google::protobuf::StringPiece piece(text.data(), text.size());
  if (!google::protobuf::util::JsonStringToMessage(piece, &value).ok()) return std::nullopt;
  if (value.kind_case() == google::protobuf::Value::KIND_NOT_SET) return std::nullopt;
  return value;
}

}  // namespace

bool IsJson(absl::string_view text) { return Parse(text).has_value(); }

bool SameJson(absl::string_view a, absl::string_view b) {
  const std::optional<google::protobuf::Value> left = Parse(a);
  if (!left.has_value()) return false;
  const std::optional<google::protobuf::Value> right = Parse(b);
  return right.has_value() && google::protobuf::util::MessageDifferencer::Equals(*left, *right);
}

}  // namespace evald
