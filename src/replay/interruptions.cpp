#include "replay/interruptions.hpp"

namespace reprise::replay {

namespace {

/// What the request says of where a guest yielded, if it does.
std::optional<Interruption> yield_of(const trace::Asked& asked, uint64_t event) {
  using Kind = Interruption::Kind;
  switch (static_cast<trace::Growable>(asked.what)) {
    case trace::Growable::yield_at_fuel:
      return Interruption{Kind::yield_at_fuel, asked.old_size, event};
    case trace::Growable::yield_at_tick:
      return Interruption{Kind::yield_at_tick, asked.old_size, event};
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<std::vector<Interruption>> find_interruptions(trace::Reader& reader) {
  std::vector<Interruption> found;
  while (true) {
    REPRISE_ASSIGN(const auto record, reader.next());
    if (!record) return found;
    if (record->kind == trace::Kind::asked) {
      REPRISE_ASSIGN(const trace::Asked asked, trace::decode<trace::Asked>(record->payload));
      if (const auto yields = yield_of(asked, record->event)) found.push_back(*yields);
    }
    if (record->kind != trace::Kind::interrupted) continue;
    REPRISE_ASSIGN(const trace::Interrupted interrupted,
                   trace::decode<trace::Interrupted>(record->payload));
    if (interrupted.waiting == 0)
      found.push_back({Interruption::Kind::trap_at_tick, interrupted.ticks, record->event});
  }
}

}  // namespace reprise::replay
