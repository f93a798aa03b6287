// What protobuf's parser complains of, caught: it says there, and only there, which string field was not
// UTF-8.
#pragma once

#include <string>

namespace evald {

// Sends complaints to whoever catches them on the same thread, else to the log at debug level. Once per
// process.
void InstallProtobufLog();

// Lives on the stack around a parse.
class ProtobufComplaint {
 public:
  ProtobufComplaint();
  ~ProtobufComplaint();
  ProtobufComplaint(const ProtobufComplaint&) = delete;
  ProtobufComplaint& operator=(const ProtobufComplaint&) = delete;

  // The name of the string field that was not UTF-8 ("evald.v1.EvalRequest.source"); empty if nothing was
  // said of one.
  std::string FieldNotUtf8() const;

 private:
  friend void InstallProtobufLog();

  static thread_local ProtobufComplaint* innermost_;
  ProtobufComplaint* const outer_;
  std::string text_;
};

}  // namespace evald
