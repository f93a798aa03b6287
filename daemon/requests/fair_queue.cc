#include "daemon/requests/fair_queue.h"

#include <iterator>

namespace evald {

void FairQueue::Push(const std::string& tenant, Id id) {
  auto found = tenants_.find(tenant);
  if (found == tenants_.end()) {
    turns_.push_back(Tenant{tenant, {}});
    found = tenants_.emplace(tenant, std::prev(turns_.end())).first;
  }
  std::list<Id>& waiting = found->second->waiting;
  places_.emplace(id, Place{found->second, waiting.insert(waiting.end(), id)});
}

bool FairQueue::Remove(Id id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return false;
  Erase(place);
  return true;
}

size_t FairQueue::SizeOf(const std::string& tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? 0 : found->second->waiting.size();
}

void FairQueue::Erase(absl::flat_hash_map<Id, Place>::iterator place) {
  const Turn turn = place->second.turn;
  turn->waiting.erase(place->second.at);
  places_.erase(place);
  if (!turn->waiting.empty()) return;
  tenants_.erase(turn->name);
  turns_.erase(turn);
}

void FairQueue::Visit(absl::FunctionRef<Verdict(const std::string&, Id, size_t)> visit) {
  for (Turn turn = turns_.begin(); turn != turns_.end();) {
    const Id id = turn->waiting.front();
    const Verdict verdict = visit(turn->name, id, turn->waiting.size());
    const Turn next = std::next(turn);
    switch (verdict) {
      case Verdict::kStop:
        return;
      case Verdict::kSkip:
        turn = next;
        break;
      case Verdict::kTake: {
        const bool more = turn->waiting.size() > 1;
        const bool last = next == turns_.end();
        // Behind the others, where this very round comes by again.
        if (more && !last) turns_.splice(turns_.end(), turns_, turn);
        Erase(places_.find(id));
        turn = more && last ? turn : next;
        break;
      }
    }
  }
}

}  // namespace evald
