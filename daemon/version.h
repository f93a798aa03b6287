// The daemon's version, as --version, the status and the log tell it.
#pragma once

#define EVALD_VERSION "0.1.0"
