// The dashboard: one HTML page with its script and style inside. It asks for nothing but what the admin
// endpoint that served it answers.
#pragma once

#include <string_view>

namespace evald {

// UTF-8.
std::string_view DashboardPage();

// What to send with it as `content-security-policy`: a browser then runs this page's own script and style,
// named by their digests, connects to nobody but the page's origin, and turns no text into HTML.
std::string_view DashboardPolicy();

}  // namespace evald
