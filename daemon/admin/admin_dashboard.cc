#include "daemon/admin/admin_dashboard.h"

#include <string>

#include "daemon/dashboard/page.h"

namespace evald {

namespace http = boost::beast::http;

void AddDashboardRoute(AdminRouter& router) {
  router.Add(http::verb::get, "/",
             [](const AdminRequest&) {
               return AdminResponse{.content_type = "text/html; charset=utf-8",
                                    .body = std::string(DashboardPage()),
                                    .headers = {{"Content-Security-Policy", std::string(DashboardPolicy())},
                                                {"Cross-Origin-Opener-Policy", "same-origin"}}};
             },
             {.harmless = true});
}

}  // namespace evald
