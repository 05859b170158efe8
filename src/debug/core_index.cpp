// What a debugger knows of a run before it has run it, from the index beside the trace.

#include <fmt/format.h>

#include "debug/core.hpp"
#include "runtime/portable_heap.hpp"

namespace reprise::debug {

void Debugger::Core::use_index() {
  const std::string path = index_path(options_.trace);
  const auto identity = identify(options_.trace, *source_.program->bytes);
  if (!identity) return;
  auto index = read_index(path, *identity, snapshots_.pool(), 2 * options_.snapshot_bytes);
  if (!index) {
    if (index.error().kind != ErrorKind::io)
      index_note_ = fmt::format("{} is not used: {}", path, index.error().message);
    return;
  }
  end_ = index->end;
  outcome_ = std::move(index->outcome);
  known_output_ = std::move(index->printed);
  source_.knowledge = std::make_shared<const std::vector<uint8_t>>(std::move(index->knowledge));
  snapshots_.adopt(std::move(index->snapshots), index->interval);
}

Result<IndexReport> Debugger::Core::write_index(const std::string& path) {
  REPRISE_ASSIGN(const IndexIdentity identity, identify(options_.trace, *source_.program->bytes));
  keeps_output_ = true;
  TraceIndex index;
  REPRISE_ASSIGN(index.end, end());
  if (outcome_->kind == embed::ReplayOutcome::Kind::divergence)
    return fail(ErrorKind::divergence,
                "the run is not as recorded: " + outcome_->divergence->to_string());
  if (outcome_->kind == embed::ReplayOutcome::Kind::failed) return fail(Error(*outcome_->error));
  index.outcome = *outcome_;
  index.printed = std::move(known_output_);
  index.knowledge = knowledge_;
  index.interval = snapshots_.interval();
  // Where all instances have been made, whose types objects may have.
  REPRISE_TRY(go_to(index.end));
  REPRISE_TRY(snapshots_.each([&](const Snapshot& snapshot) -> Result<void> {
    Snapshot kept = snapshot;
    if (const std::vector<uint8_t> heap = std::exchange(kept.run.heap, {}); !heap.empty()) {
      REPRISE_ASSIGN(auto portable, runtime::to_portable(run_->store(), heap));
      const MemoryImage* before =
          index.snapshots.empty() ? nullptr : &index.snapshots.back().heap_objects;
      kept.heap_state = std::move(portable.state);
      kept.heap_objects = freeze_bytes(std::move(portable.objects), snapshots_.pool(), before);
    }
    index.snapshots.push_back(std::move(kept));
    return ok();
  }));
  IndexReport report{path, 0, index.snapshots.size(), index.end};
  REPRISE_ASSIGN(report.bytes, debug::write_index(path, identity, index));
  return report;
}

}  // namespace reprise::debug
