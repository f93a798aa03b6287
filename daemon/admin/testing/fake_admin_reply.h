// FakeAdminReply: an admin client that is a mere record, for tests of handlers.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "daemon/admin/admin_router.h"

namespace evald {

class FakeAdminReply final : public AdminReply {
 public:
  void Send(AdminResponse response) override {
    EVALD_CHECK(!begun, "one answer");
    begun = ended = true;
    answer = std::move(response);
  }
  void Begin(AdminResponse head) override {
    EVALD_CHECK(!begun, "one answer");
    begun = true;
    answer = std::move(head);
  }
  void Write(std::shared_ptr<const std::string> piece) override {
    EVALD_CHECK(begun && !ended, "pieces are parts of a stream");
    answer.body += *piece;
    last_piece = std::move(piece);
  }
  void End() override { ended = true; }
  size_t unsent() const override { return unread; }

  bool begun = false;
  bool ended = false;
  AdminResponse answer;
  std::shared_ptr<const std::string> last_piece;
  size_t unread = 0;
};

// One request and what becomes of it. REQUIRES: there is such a route.
struct FakeAdminExchange {
  FakeAdminExchange(AdminRouter& router, boost::beast::http::verb method, const std::string& target,
                    const std::string& body = "", const std::string& accept = "") {
    AdminRequest request(method, target, 11);
    if (!accept.empty()) request.set(boost::beast::http::field::accept, accept);
    request.body() = body;
    AdminResponse refusal;
    AdminRoute* route = router.Find(method, target, refusal);
    EVALD_CHECK(route != nullptr, "the route is there");
    task = route->handler(request, reply);
    EVALD_CHECK(task != nullptr || reply.ended, "a handler answers, or leaves a task that will");
  }

  unsigned status() const { return static_cast<unsigned>(reply.answer.status); }
  const std::string& body() const { return reply.answer.body; }

  FakeAdminReply reply;
  std::unique_ptr<AdminTask> task;
};

}  // namespace evald
