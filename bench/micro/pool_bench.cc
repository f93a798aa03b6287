// Checkout: what the pool's own bookkeeping costs a request, by the workers that it holds, by the tenants
// that come.
#include <benchmark/benchmark.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "daemon/workers/pool.h"
#include "daemon/workers/testing/fake_worker_host.h"

namespace evald {
namespace {

class NoHolder final : public LeaseHolder {
 public:
  void OnReply(internal::WorkerReply&) override {}
  void OnWorkerEnded(const WorkerEnd&) override {}
};

// A pool whose workers answer at once.
class Fixture {
 public:
  explicit Fixture(size_t workers) : pool_(Options(workers), &host_, &timers_) {
    host_.SetEvents(&pool_);
    pool_.Open(/*rewind=*/true);
    while (pool_.idle() < workers) host_.ReadyAll();
  }

  // One request, from the lease until the worker is ready again.
  void Serve(const std::string& tenant) {
    std::optional<Lease> lease = pool_.TryAcquire(tenant, v1::ISOLATION_PRISTINE, &holder_);
    EVALD_CHECK(lease.has_value(), "there is a worker");
    const WorkerId id = lease->worker_id();
    lease->Send(request_);
    host_.Reply(id);
    lease.reset();
    host_.Ready(id, v1::ISOLATE_ORIGIN_REWOUND);
  }

 private:
  static PoolOptions Options(size_t workers) {
    PoolOptions options;
    options.min_idle = workers;
    options.max_workers = 2 * workers;
    options.max_uses = UINT64_MAX;
    options.max_starting = workers;
    return options;
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  FakeWorkerHost host_;
  Pool pool_;
  NoHolder holder_;
  internal::WorkerRequest request_;
};

void Checkout(benchmark::State& state) {
  Fixture fixture(static_cast<size_t>(state.range(0)));
  const auto tenants = static_cast<size_t>(state.range(1));
  std::vector<std::string> names;
  for (size_t i = 0; i < tenants; ++i) names.push_back("tenant-" + std::to_string(i));
  size_t next = 0;
  for (auto _ : state) fixture.Serve(names[next++ % tenants]);
}
BENCHMARK(Checkout)
    ->ArgNames({"workers", "tenants"})
    ->Args({16, 1})
    ->Args({16, 8})
    ->Args({1000, 1})
    ->Args({1000, 500})
    ->Args({5000, 1})
    ->Args({5000, 2000});

}  // namespace
}  // namespace evald

BENCHMARK_MAIN();
