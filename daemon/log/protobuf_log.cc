#include "daemon/log/protobuf_log.h"

#include <google/protobuf/stubs/logging.h>
#include <spdlog/spdlog.h>

namespace evald {

thread_local ProtobufComplaint* ProtobufComplaint::innermost_ = nullptr;

void InstallProtobufLog() {
  google::protobuf::SetLogHandler(
      [](google::protobuf::LogLevel, const char*, int, const std::string& message) {
        if (ProtobufComplaint* catcher = ProtobufComplaint::innermost_) {
          catcher->text_ = message;
        } else {
          spdlog::debug("protobuf: {}", message);
        }
      });
}

ProtobufComplaint::ProtobufComplaint() : outer_(innermost_) { innermost_ = this; }
ProtobufComplaint::~ProtobufComplaint() { innermost_ = outer_; }

std::string ProtobufComplaint::FieldNotUtf8() const {
  if (text_.find("UTF-8") == std::string::npos) return "";
  const size_t begin = text_.find('\'');
  const size_t end = begin == std::string::npos ? begin : text_.find('\'', begin + 1);
  return end == std::string::npos ? "" : text_.substr(begin + 1, end - begin - 1);
}

}  // namespace evald
