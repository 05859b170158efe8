#include "replay/interruptions.hpp"

namespace reprise::replay {

Result<std::vector<Interruption>> find_interruptions(trace::Reader& reader) {
  std::vector<Interruption> found;
  while (true) {
    REPRISE_ASSIGN(const auto record, reader.next());
    if (!record) return found;
    if (record->kind != trace::Kind::interrupted) continue;
    REPRISE_ASSIGN(const trace::Interrupted interrupted,
                   trace::decode<trace::Interrupted>(record->payload));
    if (interrupted.waiting == 0) found.push_back({interrupted.ticks});
  }
}

}  // namespace reprise::replay
