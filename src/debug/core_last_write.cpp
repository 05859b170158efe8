// Who wrote something last.

#include "debug/core.hpp"

namespace reprise::debug {

Result<Origin> Debugger::Core::last_write(const WatchPlace& place) {
  const Time present = run_->now();
  Origin origin;
  const auto search = [&]() -> Result<void> {
    const auto watch = [&] {
      std::vector<FindChange::Watched> one;
      one.push_back({0, PlaceWatch(run_->store(), place)});
      return one;
    };
    REPRISE_ASSIGN(const std::optional<Change> change, find_last_change(present, watch));
    if (!change) {
      origin.time = beginning_;
      origin.description = "as the program began";
      return ok();
    }
    origin.time = change->writer;
    origin.code = change->code;
    origin.before = change->before;
    origin.after = change->after;
    const bool by_host = change->behind.event > change->writer.event;
    origin.kind = by_host ? Origin::Kind::host : Origin::Kind::instruction;
    if (change->code) origin.description = modules_.describe(*change->code);
    if (!by_host) return ok();
    origin.event = change->writer.event;
    REPRISE_ASSIGN(const auto lines, log_.lines(*origin.event, 1));
    if (!lines.empty()) origin.description = lines[0].text;
    return ok();
  };
  auto searched = search();
  REPRISE_TRY(come_back(present));
  if (!searched) return fail(std::move(searched.error()));
  if (interrupted_.exchange(false)) return fail(ErrorKind::usage, "interrupted");
  return origin;
}

}  // namespace reprise::debug
