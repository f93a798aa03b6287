#include "tests/hostile/suite.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/support/concurrently.h"
#include "tests/support/poll.h"
#include "tests/support/scripts.h"

namespace evald::testing {
namespace {

using std::chrono::duration;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

double Millis(nanoseconds time) { return duration<double, std::milli>(time).count(); }

// The isolate as a script can see it: every object that can be reached from the global one, with the names,
// attributes and primitive values of its properties, as one number. Clocks and randomness are functions and
// not called.
constexpr char kFingerprint[] = R"js(
(() => {
  let hash = 7;
  const seen = new Map();
  const mix = (text) => { for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0; };
  const walk = (value) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
      return mix(typeof value + String(value));
    }
    if (seen.has(value)) return mix('#' + seen.get(value));
    seen.set(value, seen.size);
    for (const key of Reflect.ownKeys(value)) {
      const d = Reflect.getOwnPropertyDescriptor(value, key);
      mix(String(key) + d.enumerable + d.writable + d.configurable);
      if (key === 'timeOrigin') continue;
      walk(d.value);
      walk(d.get);
      walk(d.set);
    }
    walk(Reflect.getPrototypeOf(value));
  };
  const regexp = [RegExp.$1, RegExp.lastMatch, RegExp.input].join();
  walk(globalThis);
  return [hash, seen.size, regexp];
})()
)js";

v1::EvalRequest OfTenant(v1::EvalRequest request, const std::string& tenant) {
  request.set_tenant(tenant);
  return request;
}

// A well-behaved client: asks one thing after the other until it is told to stop.
class Neighbour {
 public:
  explicit Neighbour(const Daemon& daemon)
      : client_(daemon.NewClient()), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  void StopInto(SuiteResult& result) {
    thread_.request_stop();
    thread_.join();
    result.neighbour.AddAll(millis_);
    result.neighbour_wrong.insert(result.neighbour_wrong.end(), wrong_.begin(), wrong_.end());
  }

 private:
  void Run(const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      const std::string n = std::to_string(i);
      switch (i % 4) {
        case 0:
          Ask("[1,2,3].map(x => x * x + " + n + ")[0]", std::to_string(i + 1));
          break;
        case 1:
          Ask("(async () => { let n = 0; for (let i = 0; i < 50; i++) n += await i; return n })()", "1225");
          break;
        case 2:
          Ask("globalThis.n = (globalThis.n ?? 0) + 1; JSON.stringify({n, s: 'x'.repeat(10)})",
              R"("{\"n\":1,\"s\":\"xxxxxxxxxx\"}")");
          break;
        default:
          Ask("throw new RangeError('number " + n + "')", "throws RangeError: number " + n);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  void Ask(const std::string& source, const std::string& answer) {
    v1::EvalRequest request = OfTenant(Script(source), "neighbour");
    *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::seconds(10));
    const auto start = steady_clock::now();
    const std::string brief = Brief(Eval(*client_, request));
    millis_.Add(Millis(steady_clock::now() - start));
    if (brief != answer) wrong_.push_back(absl::StrCat(source, " gave ", brief));
  }

  const std::unique_ptr<Client> client_;
  bench::Samples millis_;
  std::vector<std::string> wrong_;
  std::jthread thread_;
};

bool IsTimeLimit(const HostileOutcome& outcome) {
  return absl::StrContains(outcome.brief, "(WALL_TIME_LIMIT)");
}

// The daemon's words for a worker that did not answer by itself.
bool WasKilled(const HostileOutcome& outcome) {
  return absl::StrContains(outcome.brief, "its worker was killed");
}

bool IsLate(const HostileOutcome& outcome) {
  return outcome.elapsed > outcome.script->wall + kKillGrace + kAnswerSlack;
}

std::string Fingerprint(Client& client, const std::string& tenant) {
  v1::EvalRequest request = OfTenant(Script(kFingerprint), tenant);
  *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::seconds(30));
  return Brief(Eval(client, request));
}

HostileOutcome RunOne(Client& client, const HostileScript& script, const std::string& fingerprint) {
  HostileOutcome outcome;
  outcome.script = &script;
  const v1::EvalRequest request = OfTenant(script.request, "hostile");
  const auto start = steady_clock::now();
  const absl::StatusOr<Reply> reply = Eval(client, request);
  outcome.elapsed = steady_clock::now() - start;
  outcome.brief = Brief(reply);
  outcome.expected = IsExpected(script, outcome.brief);
  if (const std::string found = Fingerprint(client, "hostile"); found != fingerprint)
    outcome.left_behind = found;
  return outcome;
}

}  // namespace

std::string HostileConfig() {
  return R"pb(
    pool { min_idle: 8 max_workers: 32 }
    modules { specifier: "inner" source: "export const b = () => 'b'" }
    modules { specifier: "outer" source: "import { b } from 'inner'; export const a = () => 'a' + b()" }
  )pb";
}

SuiteResult RunSuite(Daemon& daemon, const std::vector<HostileScript>& scripts) {
  SuiteResult result;
  result.outcomes.resize(scripts.size());
  const std::string fingerprint = Fingerprint(daemon.client(), "pristine");
  Neighbour neighbour(daemon);
  Concurrently(static_cast<int>(scripts.size()), kHostileThreads, [&](int i) {
    const auto at = static_cast<size_t>(i);
    result.outcomes[at] = RunOne(daemon.client(), scripts[at], fingerprint);
  });
  neighbour.StopInto(result);
  for (const HostileOutcome& outcome : result.outcomes) {
    if (!IsTimeLimit(outcome)) continue;
    bench::Samples& kind = WasKilled(outcome) ? result.lateness.hard : result.lateness.soft;
    kind.Add(Millis(outcome.elapsed - outcome.script->wall));
  }
  for (HostileOutcome& outcome : result.outcomes) {
    if (IsLate(outcome)) outcome = RunOne(daemon.client(), *outcome.script, fingerprint);
  }
  return result;
}

std::string Complaint(const HostileOutcome& outcome) {
  std::string complaint;
  if (!outcome.expected) absl::StrAppend(&complaint, " came to an outcome that is not listed;");
  if (IsLate(outcome)) {
    absl::StrAppend(&complaint, " was answered after ", static_cast<int>(Millis(outcome.elapsed)),
                    " ms, with a limit of ", outcome.script->wall.count(), " ms;");
  }
  if (!outcome.left_behind.empty())
    absl::StrAppend(&complaint, " left something behind for the next script: ", outcome.left_behind, ";");
  if (complaint.empty()) return complaint;
  return absl::StrCat(outcome.script->name, " (", outcome.script->file, ")", complaint,
                      " outcome: ", outcome.brief.substr(0, 300));
}

std::string Describe(const std::string& what, bench::Samples samples) {
  if (samples.size() == 0) return absl::StrCat(what, ": none");
  return absl::StrFormat("%s: %d, p50 %.1f ms, p99 %.1f ms, max %.1f ms", what, samples.size(),
                         samples.Median(), samples.Quantile(0.99), samples.Max());
}

std::ostream& operator<<(std::ostream& out, const Holdings& h) {
  return out << h.processes << " processes and " << h.idle_workers << " idle workers, " << h.descriptors
             << " descriptors, daemon " << h.daemon_bytes << " bytes, zygote " << h.zygote << " "
             << h.zygote_bytes << " bytes, " << h.zygote_restarts << " restarts";
}

Holdings MeasureHoldings(Daemon& daemon) {
  Holdings holdings;
  (void)Eventually([&] {
    if (daemon.BuilderRuns()) return false;
    const auto status = daemon.client().GetSnapshot({.timeout = kPatience});
    if (!status.ok()) return false;
    const v1::PoolStatus& pool = status->pool();
    const std::vector<pid_t> descendants = proc::Descendants(daemon.pid());
    const size_t workers = daemon.WorkerPids().size();
    if (pool.busy() + pool.queued() + pool.starting() != 0 || workers != pool.idle()) return false;
    holdings.zygote = daemon.ZygotePid();
    holdings.zygote_restarts = pool.zygote_restarts();
    holdings.idle_workers = workers;
    holdings.processes = descendants.size() - workers;
    holdings.descriptors = proc::OpenDescriptors(daemon.pid()) - 2 * workers;
    holdings.daemon_bytes = proc::PrivateBytes(daemon.pid());
    holdings.zygote_bytes = proc::PrivateBytes(holdings.zygote);
    return true;
  });
  return holdings;
}

}  // namespace evald::testing
