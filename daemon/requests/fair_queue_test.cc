#include "daemon/requests/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace evald {
namespace {

using testing::ElementsAre;
using Verdict = FairQueue::Verdict;

std::vector<FairQueue::Id> TakeUpTo(FairQueue& queue, size_t limit) {
  std::vector<FairQueue::Id> taken;
  queue.Visit([&](const std::string&, FairQueue::Id id, size_t) {
    if (taken.size() == limit) return Verdict::kStop;
    taken.push_back(id);
    return Verdict::kTake;
  });
  return taken;
}

TEST(FairQueue, OneTenantIsServedInOrder) {
  FairQueue queue;
  for (FairQueue::Id id : {1, 2, 3}) queue.Push("a", id);
  EXPECT_THAT(TakeUpTo(queue, 2), ElementsAre(1, 2));
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_THAT(TakeUpTo(queue, 9), ElementsAre(3));
  EXPECT_FALSE(queue.Waits("a"));
}

TEST(FairQueue, ABusyTenantDoesNotHoldUpTheOthers) {
  FairQueue queue;
  for (FairQueue::Id id : {1, 2, 3, 4}) queue.Push("busy", id);
  queue.Push("b", 5);
  queue.Push("c", 6);
  EXPECT_THAT(TakeUpTo(queue, 9), ElementsAre(1, 5, 6, 2, 3, 4));
}

TEST(FairQueue, TurnsGoOnFromOneVisitToTheNext) {
  FairQueue queue;
  for (FairQueue::Id id : {1, 2, 3}) queue.Push("a", id);
  for (FairQueue::Id id : {4, 5, 6}) queue.Push("b", id);
  EXPECT_THAT(TakeUpTo(queue, 1), ElementsAre(1));
  EXPECT_THAT(TakeUpTo(queue, 1), ElementsAre(4));
  EXPECT_THAT(TakeUpTo(queue, 1), ElementsAre(2));
}

TEST(FairQueue, ASkippedTenantKeepsItsTurn) {
  FairQueue queue;
  queue.Push("a", 1);
  queue.Push("b", 2);
  queue.Push("b", 3);
  std::vector<FairQueue::Id> asked;
  queue.Visit([&](const std::string& tenant, FairQueue::Id id, size_t) {
    asked.push_back(id);
    return tenant == "a" ? Verdict::kSkip : Verdict::kTake;
  });
  EXPECT_THAT(asked, ElementsAre(1, 2, 3));
  EXPECT_THAT(TakeUpTo(queue, 9), ElementsAre(1));
}

TEST(FairQueue, WhatIsRemovedIsNotVisited) {
  FairQueue queue;
  queue.Push("a", 1);
  queue.Push("a", 2);
  queue.Push("b", 3);
  EXPECT_TRUE(queue.Remove(1));
  EXPECT_TRUE(queue.Remove(3));
  EXPECT_FALSE(queue.Remove(3));
  EXPECT_FALSE(queue.Waits("b"));
  EXPECT_THAT(TakeUpTo(queue, 9), ElementsAre(2));
}

TEST(FairQueue, TellsHowDeepATenantWaits) {
  FairQueue queue;
  for (FairQueue::Id id : {1, 2, 3}) queue.Push("a", id);
  size_t seen = 0;
  queue.Visit([&](const std::string&, FairQueue::Id, size_t depth) {
    seen = depth;
    return Verdict::kStop;
  });
  EXPECT_EQ(seen, 3u);
  EXPECT_EQ(queue.SizeOf("a"), 3u);
  EXPECT_EQ(queue.SizeOf("b"), 0u);
}

}  // namespace
}  // namespace evald
