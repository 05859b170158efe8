// A Scheduler over a loop of the operating system's seams: EventLoop's, or the one of WASI's hosts.

#pragma once

#include <memory>

#include "base/os/loop.hpp"
#include "reprise/scheduler.hpp"

namespace reprise::embed {

std::shared_ptr<Scheduler> scheduler_of(std::shared_ptr<os::Loop> loop);

}  // namespace reprise::embed
