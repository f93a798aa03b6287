// GET /: the page that shows what the admin endpoint's other paths answer.
#pragma once

#include "daemon/admin/admin_router.h"

namespace evald {

// The page is the same for everybody and holds no figures, so a link from another site may lead to it.
void AddDashboardRoute(AdminRouter& router);

}  // namespace evald
