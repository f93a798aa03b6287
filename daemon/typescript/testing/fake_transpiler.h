// FakeTranspiler: a transpiler's queue whose answers a test gives.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "daemon/typescript/intake.h"

namespace evald {

class FakeTranspiler final : public TranspilerQueue {
 public:
  bool on() const override { return is_on; }
  CallId Submit(Call* call) override {
    waiting[++last_id_] = call;
    return last_id_;
  }
  void Cancel(CallId id) override {
    if (waiting.count(id) == 1) Take(id).Fail({v1::ERROR_REASON_CANCELLED, "cancelled"}, nullptr);
  }
  void FailAll(const Failure& failure) override {
    while (!waiting.empty()) Take(waiting.begin()->first).Fail(failure, nullptr);
  }

  Call& Take(CallId id) {
    Call* const call = waiting.at(id);
    waiting.erase(id);
    return *call;
  }

  bool is_on = true;
  std::map<CallId, Call*> waiting;

 private:
  CallId last_id_ = 0;
};

}  // namespace evald
