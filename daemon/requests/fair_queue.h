// FairQueue: what waits, first come first served within a tenant, and the tenants taking turns.
#pragma once

#include <cstddef>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"

namespace evald {

// Holds ids, not the things they stand for. Not synchronised. All operations but Visit take constant time.
class FairQueue {
 public:
  using Id = uint64_t;
  enum class Verdict {
    kTake,  // it goes; the tenant's next one has its turn after the other tenants
    kSkip,  // nothing for this tenant now
    kStop,  // nothing for anybody now
  };

  // REQUIRES: `id` is not in the queue.
  void Push(const std::string& tenant, Id id);

  // False: it is not in the queue.
  bool Remove(Id id);

  bool Contains(Id id) const { return places_.contains(id); }
  bool Waits(const std::string& tenant) const { return tenants_.contains(tenant); }
  size_t size() const { return places_.size(); }
  size_t SizeOf(const std::string& tenant) const;

  // Asks about the first id of each tenant in turn, until all were skipped or one said to stop. `depth`: how
  // many wait behind the same tenant, this one included. `visit` does not touch the queue.
  void Visit(absl::FunctionRef<Verdict(const std::string& tenant, Id id, size_t depth)> visit);

 private:
  struct Tenant {
    std::string name;
    std::list<Id> waiting;  // never empty
  };
  using Turn = std::list<Tenant>::iterator;
  struct Place {
    Turn turn;
    std::list<Id>::iterator at;
  };

  void Erase(absl::flat_hash_map<Id, Place>::iterator place);

  std::list<Tenant> turns_;  // whose turn it is next is in front
  absl::flat_hash_map<std::string, Turn> tenants_;
  absl::flat_hash_map<Id, Place> places_;
};

}  // namespace evald
