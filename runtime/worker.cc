#include "runtime/worker.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/frame.h"
#include "base/worker_exit.h"
#include "runtime/raw_syscall.h"

namespace evald {
namespace {

[[noreturn]] void Exit(WorkerExitCode code) {
  // Taking its memory down is the last thing that anybody waits for.
  constexpr int kLowestPriority = 19;
  RawSyscall(SYS_setpriority, PRIO_PROCESS, 0, kLowestPriority);
  _exit(static_cast<int>(code));
}

int64_t CpuNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);  // there is one thread
  return now.tv_sec * int64_t{1000000000} + now.tv_nsec;
}

int64_t Nanoseconds(MonotonicTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

int64_t Nanoseconds(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1000000000 + duration.nanos();
}

const v1::Limits& LimitsOf(const internal::WorkerRequest& request) {
  return request.has_call() ? request.call().limits() : request.eval().limits();
}

bool MayKeepState(const internal::WorkerRequest& request) {
  return (request.has_call() ? request.call().isolation() : request.eval().isolation()) ==
         v1::ISOLATION_REUSED;
}

// One blocking read at a time until a whole frame is there. Hanging up between frames is the ordinary end of
// a worker.
void ReadRequest(FrameReader& frames, internal::WorkerRequest& request) {
  std::string_view payload;
  for (;;) {
    const absl::StatusOr<FrameReader::State> state = frames.Next(payload);
    if (!state.ok()) Exit(WorkerExitCode::kProtocol);
    if (*state == FrameReader::State::kFrame) break;
    const FrameReader::Space space = frames.Prepare();
    const ssize_t n = read(kWorkerSocket, space.data, space.size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) Exit(WorkerExitCode::kHungUp);
    frames.Commit(static_cast<size_t>(n));
  }
  if (!request.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
    Exit(WorkerExitCode::kProtocol);
}

void Send(const internal::WorkerMessage& message) {
  if (!WriteFrame(kWorkerSocket, message).ok()) Exit(WorkerExitCode::kHungUp);
}

// The Runtime knows what ended the script; how long that took and what the limit was is known here.
void FillFault(Fault& fault, const v1::Limits& limits, int64_t wall_ns, int64_t cpu_ns,
               internal::WorkerFault& out) {
  const auto time_limit = [&](const google::protobuf::Duration& limit, int64_t reached_ns) {
    fault.limit = static_cast<uint64_t>(Nanoseconds(limit));
    fault.reached = static_cast<uint64_t>(reached_ns);
    absl::StrAppend(&fault.message, " of ", fault.limit / 1000000, " ms");
  };
  if (fault.reason == v1::ERROR_REASON_WALL_TIME_LIMIT) time_limit(limits.wall_time(), wall_ns);
  if (fault.reason == v1::ERROR_REASON_CPU_TIME_LIMIT) time_limit(limits.cpu_time(), cpu_ns);
  out.set_reason(fault.reason);
  out.set_message(std::move(fault.message));
  out.set_limit(fault.limit);
  out.set_reached(fault.reached);
  out.set_stack(std::move(fault.stack));
}

}  // namespace

void Worker::WarmUp() {
  // What is slow the first time (Intl) or needs a file (the time zone), while there are files.
  static_cast<void>(
      runtime_.Evaluate("[new Date().toString(), new Date().toLocaleString(), new "
                        "Intl.NumberFormat('en').format(1.5), 'a'.localeCompare('b')]"));
  for (int i = 0; i < 3; ++i) {
    Touch();
    internal::WorkerRequest failing, calling;
    failing.mutable_eval()->set_source("null.touch");
    calling.mutable_call()->set_function("String");
    calling.mutable_call()->add_args()->set_json("[1]");
    ServeTouch(failing);
    ServeTouch(calling);
  }
}

// Only what nearly every request does: each page that is written here is private memory of an idle worker,
// while the fault that a rarer request takes later costs it a microsecond.
void Worker::Touch() {
  internal::WorkerRequest request;
  request.mutable_eval()->set_source("({ list: [1, 2.5, 'three', null, true].map((x) => [x]) })");
  ServeTouch(request);
}

void Worker::ServeTouch(internal::WorkerRequest& request) {
  if (request.has_eval()) request.mutable_eval()->set_resource_name("evald:touch");
  v1::Limits& limits = request.has_call() ? *request.mutable_call()->mutable_limits()
                                          : *request.mutable_eval()->mutable_limits();
  limits.set_output_bytes(1 << 20);
  limits.set_console_bytes(1 << 10);
  internal::WorkerRequest parsed;
  parsed.ParseFromString(request.SerializeAsString());
  internal::WorkerMessage message;
  *message.mutable_reply() = Serve(parsed);
  EncodeFrame(message);
}

void Worker::Live() {
  if (options_.rewind && !std::exchange(lives_.touched, true)) {
    // Takes the page faults of a first request now; what it leaves behind is undone like a request's.
    Touch();
    rewinder_.Rewind();
  }
  FrameReader frames(options_.max_frame_bytes);
  SendReady(lives_.served ? v1::ISOLATE_ORIGIN_REWOUND : v1::ISOLATE_ORIGIN_FORKED);
  for (;;) {
    internal::WorkerRequest request;
    ReadRequest(frames, request);
    internal::WorkerMessage message;
    *message.mutable_reply() = Serve(request);
    lives_.served = true;
    const bool keep = MayKeepState(request) && !message.reply().has_fault();
    Send(message);
    if (!keep) EndLife();
    SendReady(v1::ISOLATE_ORIGIN_REUSED);
  }
}

void Worker::EndLife() {
  if (options_.rewind) rewinder_.Rewind();
  // The daemon hangs up when it suits it: exiting now would take the CPU from the request just answered.
  char byte;
  while (read(kWorkerSocket, &byte, 1) < 0 && errno == EINTR) {
  }
  Exit(WorkerExitCode::kHungUp);
}

void Worker::SendReady(v1::IsolateOrigin origin) {
  internal::WorkerMessage message;
  internal::WorkerReady& ready = *message.mutable_ready();
  ready.set_isolate_origin(origin);
  if (origin == v1::ISOLATE_ORIGIN_REWOUND) {
    const Rewinder::Stats& stats = rewinder_.stats();
    ready.set_pages_restored(stats.pages_restored);
    ready.set_pages_zeroed(stats.pages_zeroed);
    ready.set_rewind_micros(stats.micros);
  }
  Send(message);
}

// Of what RLIMIT_DATA counts: the break, and every private writable mapping. 0: up to the hard limit, which
// is the process's.
void Worker::LimitData(uint64_t bytes) {
  rlimit64 limit{};
  RawSyscall(SYS_prlimit64, 0, RLIMIT_DATA, 0, RawArgument(&limit));
  limit.rlim_cur =
      bytes == 0 ? limit.rlim_max : std::min<uint64_t>(limit.rlim_max, options_.base_data_bytes + bytes);
  RawSyscall(SYS_prlimit64, 0, RLIMIT_DATA, RawArgument(&limit), 0);
}

internal::WorkerReply Worker::Serve(const internal::WorkerRequest& request) {
  const v1::Limits& limits = LimitsOf(request);
  const int64_t start = Nanoseconds(std::chrono::steady_clock::now()), cpu_start = CpuNanoseconds();
  LimitData(limits.memory_bytes());
  lives_.timers.Arm(Nanoseconds(limits.wall_time()), Nanoseconds(limits.cpu_time()));
  for (const auto& [name, map] : request.source_maps()) runtime_.GiveSourceMap(name, map);
  Execution execution = request.has_call() ? runtime_.CallFunction(request.call(), limits.console_bytes())
                                           : runtime_.Eval(request.eval(), limits.console_bytes());
  lives_.timers.Disarm();
  LimitData(0);

  internal::WorkerReply reply;
  reply.set_request_id(request.request_id());
  if (auto* value = std::get_if<v1::Value>(&execution.outcome)) {
    *reply.mutable_value() = std::move(*value);
  } else if (auto* exception = std::get_if<v1::ScriptException>(&execution.outcome)) {
    *reply.mutable_exception() = std::move(*exception);
  } else {
    FillFault(std::get<Fault>(execution.outcome), limits, Nanoseconds(execution.finished) - start,
              CpuNanoseconds() - cpu_start, *reply.mutable_fault());
  }
  for (v1::ConsoleMessage& message : execution.console) *reply.add_console() = std::move(message);
  reply.set_console_truncated(execution.console_truncated);
  reply.set_started_ns(Nanoseconds(execution.started));
  reply.set_finished_ns(Nanoseconds(execution.finished));
  reply.set_cpu_ns(CpuNanoseconds() - cpu_start);
  reply.set_heap_bytes(execution.heap_bytes);
  return reply;
}

}  // namespace evald
