// OutputJoiner: what a zygote and its workers write on standard error, made fit for a log of one line per
// event.
#pragma once

#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "daemon/loop/timer_queue.h"

namespace evald {

// V8 says farewell in blocks of many lines, with empty ones between:
//
//   <--- Last few GCs --->                       #
//   [12:0x5581]  53 ms: Mark-sweep 62.1 ...      # Fatal error in , line 0
//   <--- JS stacktrace --->                      # Check failed: ...
//   FATAL ERROR: Reached heap limit              #FailureMessage Object: 0x7ffd
//    1: 0x7f21 node::Abort() [libnode.so]        ==== C stack trace ====
//
// One such block becomes one line, " | " between its parts, of at most kLongest bytes. A line that does not
// look like a part of one, or a moment of silence, ends it. All other lines pass at once. Loop thread only;
// `timers` outlives it.
class OutputJoiner {
 public:
  static constexpr size_t kLongest = 1024;

  OutputJoiner(TimerQueue* timers, absl::AnyInvocable<void(std::string_view line)> emit);
  OutputJoiner(const OutputJoiner&) = delete;
  OutputJoiner& operator=(const OutputJoiner&) = delete;
  // Emits what it still holds.
  ~OutputJoiner() { EndBlock(); }

  // One line, without its newline.
  void Take(std::string_view line);

 private:
  void EndBlock();

  TimerQueue* const timers_;
  absl::AnyInvocable<void(std::string_view)> emit_;
  std::string block_;  // empty: none is open
  Timer silence_;
};

}  // namespace evald
