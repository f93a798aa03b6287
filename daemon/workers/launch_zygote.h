// How a zygote process is started.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>

#include "base/unique_fd.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/workers/zygote_handle.h"

namespace evald {

// Starts `program`, as often as it is called. `image` is the sealed snapshot, for every zygote that is
// started from it. `beside_another`: the first one boots while another zygote serves, which it is not to hold
// up. `io` and `timers` outlive it.
ZygoteHandle::Launcher LaunchZygote(boost::asio::io_context* io, TimerQueue* timers, std::string program,
                                    UniqueFd image, bool beside_another);

}  // namespace evald
