#include "daemon/dashboard/page.h"

#include "daemon/dashboard/page_data.h"

namespace evald {

std::string_view DashboardPage() { return kDashboardPage; }

std::string_view DashboardPolicy() { return kDashboardPolicy; }

}  // namespace evald
