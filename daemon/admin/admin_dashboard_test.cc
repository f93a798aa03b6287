#include "daemon/admin/admin_dashboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/admin/testing/fake_admin_reply.h"
#include "daemon/dashboard/page.h"

namespace evald {
namespace {

namespace http = boost::beast::http;
using testing::Contains;
using testing::Pair;

TEST(AdminDashboard, ServesPageUnderItsPolicy) {
  AdminRouter router;
  AddDashboardRoute(router);
  const FakeAdminExchange page(router, http::verb::get, "/");
  EXPECT_EQ(page.status(), 200u);
  EXPECT_EQ(page.body(), DashboardPage());
  EXPECT_EQ(page.reply.answer.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.reply.answer.headers,
              Contains(Pair("Content-Security-Policy", std::string(DashboardPolicy()))));
}

TEST(AdminDashboard, MayBeLinkedToFromElsewhere) {
  AdminRouter router;
  AddDashboardRoute(router);
  AdminResponse refusal;
  const AdminRoute* route = router.Find(http::verb::get, "/?from=a-wiki", refusal);
  ASSERT_NE(route, nullptr);
  EXPECT_TRUE(route->harmless);
  EXPECT_FALSE(route->needs_token);
}

}  // namespace
}  // namespace evald
