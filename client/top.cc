#include "client/top.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/format.h"
#include "client/progress.h"

namespace evald {
namespace {

// As many seconds, at the default interval, as fit a wide screen.
constexpr size_t kMostRates = 120;
constexpr char kBold[] = "1", kRed[] = "31", kGreen[] = "32", kYellow[] = "33", kBlue[] = "34", kDim[] = "2";

// Three figures, whatever the size: "68 us", "1.25 ms", "2.1 s".
std::string Short(const google::protobuf::Duration& duration) {
  const double us = absl::ToDoubleMicroseconds(ToDuration(duration));
  if (us < 1000) return absl::StrFormat("%.0f us", us);
  if (us < 1e6) return absl::StrFormat(us < 1e4 ? "%.2f ms" : "%.0f ms", us / 1000);
  return absl::StrFormat("%.1f s", us / 1e6);
}

// The first `width` characters of UTF-8 text.
std::string Cut(const std::string& text, size_t width) {
  size_t end = 0;
  for (size_t shown = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) continue;
    if (shown++ == width) break;
  }
  return text.substr(0, end);
}

std::string Course(const std::deque<double>& rates, size_t width) {
  static constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double most = rates.empty() ? 0 : *std::max_element(rates.begin(), rates.end());
  std::string text;
  for (size_t i = rates.size() - std::min(width, rates.size()); i < rates.size(); ++i) {
    const double share = most > 0 ? rates[i] / most : 0;
    text += kBars[std::min<size_t>(7, static_cast<size_t>(std::lround(share * 7)))];
  }
  return text;
}

std::string LatencyLine(const char* name, const v1::LatencySummary& summary) {
  if (summary.count() == 0) return absl::StrFormat("%-12s %9s %9s %9s %9s", name, "-", "-", "-", "-");
  return absl::StrFormat("%-12s %9s %9s %9s %9s", name, Short(summary.p50()), Short(summary.p90()),
                         Short(summary.p99()), Short(summary.max()));
}

std::string Outcomes(const v1::LiveStatus& status) {
  std::vector<std::pair<uint64_t, std::string>> most_first;
  for (const auto& [outcome, count] : status.outcomes_window()) most_first.emplace_back(count, outcome);
  std::sort(most_first.rbegin(), most_first.rend());
  return absl::StrJoin(most_first, "  ", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, entry.second, " ", entry.first);
  });
}

std::string Change(const v1::SnapshotChange& change) {
  if (change.under_way()) return absl::StrCat("under way: ", StageName(change.stage()), " ...");
  if (!change.has_outcome()) return "none";
  const v1::SnapshotOutcome& outcome = change.outcome();
  std::string text = absl::StrCat(outcome.trigger(), ": ", v1::SnapshotOutcome::Result_Name(outcome.result()),
                                  " in ", Short(outcome.took()));
  if (outcome.result() == v1::SnapshotOutcome::FAILED)
    absl::StrAppend(&text, " at ", StageName(outcome.failed_stage()), ": ", outcome.error());
  return text;
}

struct Look {
  char letter;
  const char* colour;
};

Look LookOf(v1::WorkerStatus::State state) {
  switch (state) {
    case v1::WorkerStatus::UNUSED:
      return {'u', kGreen};
    case v1::WorkerStatus::IDLE:
      return {'i', kBlue};
    case v1::WorkerStatus::BUSY:
      return {'B', kRed};
    case v1::WorkerStatus::RESETTING:
      return {'r', kYellow};
    case v1::WorkerStatus::STARTING:
      return {'s', kYellow};
    default:
      return {'x', kDim};
  }
}

std::string Clock(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%H:%M:%S", absl::FromUnixSeconds(time.seconds()), absl::LocalTimeZone());
}

}  // namespace

std::string TopView::Coloured(const char* code, const std::string& text) const {
  return colour_ ? absl::StrCat("\x1b[", code, "m", text, "\x1b[0m") : text;
}

std::string TopView::Workers(const v1::LiveStatus& status, size_t columns) const {
  std::string text;
  const size_t shown = std::min<size_t>(static_cast<size_t>(status.workers_size()), columns);
  for (size_t i = 0; i < shown; ++i) {
    const Look look = LookOf(status.workers(static_cast<int>(i)).state());
    text += Coloured(look.colour, std::string(1, look.letter));
  }
  return text;
}

std::string TopView::Frame(const v1::LiveStatus& status, ScreenSize size) {
  rates_.push_back(status.requests_per_second());
  if (rates_.size() > kMostRates) rates_.pop_front();

  std::vector<std::string> lines;
  const auto add = [&](const std::string& text, const char* colour = nullptr) {
    const std::string line = Cut(Printable(text), size.columns);
    lines.push_back(colour == nullptr ? line : Coloured(colour, line));
  };
  const v1::PoolStatus& pool = status.pool();
  const absl::Duration uptime = absl::Trunc(ToDuration(status.uptime()), absl::Seconds(1));
  add(absl::StrCat("evald ", status.evald_version(), " at ", server_, "  ", status.phase(), "  up ",
                   absl::FormatDuration(uptime), "  snapshot generation ", status.snapshot().generation()),
      status.phase() == "ready" ? kBold : kRed);
  const std::string rate =
      absl::StrFormat("requests/s   %9.0f now %9.0f over %s  ", status.requests_per_second(),
                      status.requests_per_second_window(), Short(status.window()));
  lines.push_back(rate + Course(rates_, size.columns > rate.size() ? size.columns - rate.size() : 0));
  add(absl::StrFormat("%-12s %9s %9s %9s %9s", "", "p50", "p90", "p99", "max"), kDim);
  add(LatencyLine("end to end", status.end_to_end()));
  add(LatencyLine("queue", status.queue_time()));
  add(LatencyLine("cold start", status.cold_start()));
  add(LatencyLine("run", status.run_time()));
  add(absl::StrCat("workers      ", pool.idle(), " idle, ", pool.busy(), " busy, ", pool.starting(),
                   " starting, at most ", pool.max_workers(), "; ", pool.queued(), " requests wait; ",
                   pool.forks(), " forks, ", pool.rewinds(), " rewinds"));
  lines.push_back(Workers(status, size.columns));
  add("u unused  i idle, of a tenant  B busy  r resetting  s starting  x leaving", kDim);
  add(absl::StrCat("outcomes     ", status.outcomes_window().empty() ? "none yet" : Outcomes(status)));
  add(absl::StrCat("last change  ", Change(status.change())));
  add("slow and failed of late", kDim);
  for (const v1::RecentRequest& request : status.recent()) {
    add(absl::StrFormat("%s %-12s %-10s %8s  %s  %s", Clock(request.time()), request.method(),
                        Cut(Printable(request.tenant()), 10), Short(request.end_to_end()), request.outcome(),
                        request.message()));
  }
  if (status.recent().empty()) add("none");
  if (lines.size() > size.rows) lines.resize(size.rows);
  return absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
}

}  // namespace evald
