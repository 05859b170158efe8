#include "embed/live_run.hpp"

namespace reprise::embed {

LiveRun::LiveRun(Program& program, os::Loop& loop, os::Poller& poller, Task<int> main)
    : program_(program),
      live_(*program.session().live()),
      loop_(loop),
      poller_(poller),
      main_(std::move(main)) {
  live_.hold.event = 0;
  main_.start();
}

void LiveRun::run_to(uint64_t event) {
  live_.hold.event = event;
  live_.hold.resume();
  while (!is_over() && !live_.hold.is_held()) {
    if (interrupted_ != nullptr && interrupted_->load(std::memory_order_relaxed)) return;
    stuck_ = !loop_.turn();
  }
}

}  // namespace reprise::embed
