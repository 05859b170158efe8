// The debugger's core: one recorded run, and a present moment in it that can be moved both ways.
//
//   auto debugger = Debugger::open({.trace = "run.trace"});
//   (*debugger)->seek((*debugger)->end());                       // where it trapped
//   for (const DebugFrame& frame : (*debugger)->frames()) show(frame);
//   (*debugger)->add_watchpoint(MemoryRange{0, 0x1234, 4}, "x");
//   (*debugger)->go(Direction::backward);                        // who wrote it?
//
// A live run can be debugged, too: it is recorded as it goes, so all of its past is there, and what
// lies behind the last moment it has come to (the *frontier*) is not known yet. Going back from
// there is going back in the recording; going forward again leads to the frontier, and beyond it
// the run itself goes on, with its host.
//
// Of a recorded run everything is on the trace: nothing that moves the present moment has an effect
// outside, and the same question always has the same answer. Going backwards is running forward
// again from an earlier known moment; snapshots make that quick, and nothing else depends on them.
//
// Commands run to their end and say where they stopped; interrupt(), from any thread, makes them
// stop early. It is never lost: what comes too early for one command to see stops it where it
// begins, and what comes too late the next one. Who takes commands from somebody knows which of
// them is meant, and calls forget_interrupt() between (debug/interruption.hpp). Errors are for what
// cannot be done at all (a trace that cannot be read, an unknown name); that a breakpoint is never
// reached is no error.
//
// Used by one thread at a time, except interrupt().

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "debug/origin.hpp"
#include "debug/state.hpp"
#include "debug/stop.hpp"
#include "debug/time.hpp"
#include "replay/mirror.hpp"

namespace reprise::embed {
class LiveRun;
struct ProgramFile;
}  // namespace reprise::embed

namespace reprise::debug {

/// Memory that snapshots may take, and how many ticks lie between two as long as they are few.
inline constexpr uint64_t kDefaultSnapshotBytes = uint64_t{256} << 20;
inline constexpr uint64_t kDefaultSnapshotTicks = uint64_t{1} << 18;

struct DebuggerOptions {
  std::string trace;
  /// Debug with this program instead of the recorded one.
  std::string component = {};
  /// Where symbol files of stripped modules are looked for.
  std::vector<std::string> symbol_directories = {};
  uint64_t snapshot_bytes = kDefaultSnapshotBytes;
  uint64_t snapshot_ticks = kDefaultSnapshotTicks;
  /// Use the index that is beside the trace, if there is one.
  bool use_index = true;
  /// Running takes at least so many times as long as taking snapshots does.
  uint32_t snapshot_rest = 10;
  /// What the guest prints, the first time that the run gets there. May be null.
  std::function<void(replay::Stream, Bytes)> output = {};
};

/// A live run that has not begun yet.
struct LiveTarget {
  std::shared_ptr<const embed::ProgramFile> program;
  /// Records into DebuggerOptions::trace. Outlives the debugger; when it is over its recording is
  /// closed, and the debugger goes on with that.
  embed::LiveRun* run = nullptr;
};

/// What an index cost, and what it holds.
struct IndexReport {
  std::string path;
  uint64_t bytes = 0;
  size_t snapshots = 0;
  Time end;
};

class Debugger {
 public:
  /// Opens at the beginning, before the first event.
  static Result<std::unique_ptr<Debugger>> open(DebuggerOptions options);
  static Result<std::unique_ptr<Debugger>> attach(DebuggerOptions options,
                                                  const LiveTarget& target);
  ~Debugger();
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;

  // ---- Where ----

  Time now() const;
  Time beginning() const { return {}; }
  /// The last moment of the recording; of a live run the frontier. The first question runs the
  /// whole of it once, and leaves the present where it is.
  Result<Time> end();
  /// How the present moment was reached.
  const Stop& last_stop() const;
  /// The present moment is the recording's last.
  bool at_end() const;
  /// A live run is being debugged that is not over.
  bool is_live() const;

  // ---- Moving ----

  /// To a time; to the first moment behind it if the run has no such moment.
  Result<Stop> seek(const Time& time);
  /// Before that event, inside the call that makes it. The number of an event that is not a call
  /// leads to the next moment at which the run can be stopped.
  Result<Stop> seek_event(uint64_t event);
  /// 0 is the beginning, 1 the end, measured in ticks.
  Result<Stop> seek_fraction(double fraction);
  Result<Stop> seek_end();

  /// To the next (or previous) breakpoint or written watchpoint, else to the end (or beginning).
  Result<Stop> go(Direction direction);
  /// One Wasm instruction, into calls.
  Result<Stop> step_instruction(Direction direction);
  /// To where another source line begins, into calls of functions that have lines.
  Result<Stop> step_line(Direction direction);
  /// The same, over calls.
  Result<Stop> next_line(Direction direction);
  /// To behind the call that the frame is in; backwards, to that call.
  Result<Stop> step_out(Direction direction);

  /// From any thread, and from a signal handler: the command that is running, or else the next one,
  /// stops as `interrupted`.
  void interrupt();
  /// What was to stop is over: the next command runs.
  void forget_interrupt();

  // ---- Stopping places ----

  /// Fails with `usage` if there is no such place. `place` may have a condition and the like; `id`
  /// is given by the debugger.
  Result<Breakpoint> add_breakpoint(Breakpoint breakpoint);
  Result<Watchpoint> add_watchpoint(WatchPlace place, std::string text);
  /// Breakpoints and watchpoints have numbers in common.
  Result<void> remove(uint32_t id);
  Result<void> enable(uint32_t id);
  Result<void> disable(uint32_t id);
  Result<void> set_condition(uint32_t id, std::string condition);
  Result<void> set_ignore(uint32_t id, uint64_t count);
  std::span<const Breakpoint> breakpoints() const;
  std::span<const Watchpoint> watchpoints() const;
  /// Where a breakpoint at that place would stop, without setting it.
  Result<std::vector<CodeLocation>> resolve(const BreakPlace& place) const;

  // ---- Code ----

  std::span<const ModuleInfo> modules() const;
  /// "quicksort at sort.c:41", or "main+0x1a3".
  std::string describe(const CodeLocation& location) const;

  // ---- State, at the present moment ----

  /// Innermost first; none where no guest code is running.
  std::vector<DebugFrame> frames();
  /// What stands on the machine frame of `frame` (an index of frames()).
  Result<std::vector<TypedValue>> locals(size_t frame);
  /// From the bottom.
  Result<std::vector<TypedValue>> operands(size_t frame);

  /// The Wasm globals as the code of that frame counts them.
  Result<std::vector<TypedValue>> instance_globals(size_t frame);

  std::vector<MemoryInfo> memories();
  std::vector<TableInfo> tables();
  std::vector<GlobalInfo> globals();
  /// The handles in the tables of component instances.
  std::vector<ResourceInfo> resources();
  /// Fewer bytes where the memory ends.
  Result<std::vector<uint8_t>> read_memory(uint32_t memory, uint64_t address, uint64_t size);
  Result<std::vector<TypedValue>> read_table(uint32_t table, uint64_t first, uint64_t count);

  /// Parameters and locals of the source at a frame, innermost scope first.
  Result<std::vector<VariableInfo>> variables(size_t frame);
  /// Those outside functions.
  Result<std::vector<VariableInfo>> source_globals(size_t frame);
  /// The members of what an expression gives; of a long sequence, `count` from `first` on.
  Result<std::vector<VariableInfo>> children(size_t frame, std::string_view path, uint64_t first,
                                             uint64_t count);
  Result<VariableInfo> evaluate(size_t frame, std::string_view expression);

  // ---- Across the border ----

  /// Calls of the recording from event `first` on, at most `count` of them.
  Result<std::vector<HostCallLine>> events(uint64_t first, size_t count);
  /// The last `before` calls that lie before now, and the first `after` that lie behind.
  Result<std::vector<HostCallLine>> events_around(size_t before, size_t after);

  // ---- Where values come from ----

  /// The last write before now that changed a byte of the place: one that wrote what stood there
  /// already is passed over. The present stays where it is.
  Result<Origin> last_write(const WatchPlace& place);
  /// Where what stands at the place now comes from: follows copies back, from memory through
  /// locals, arguments, results and other memory, to what made it. Of several bytes that came
  /// different ways, the ones that were written last. At most kMaxOriginLinks links. The present
  /// stays where it is.
  Result<std::vector<OriginStep>> origin(const OriginPlace& place);

  // ---- Snapshots ----

  struct SnapshotUse {
    size_t count = 0;
    uint64_t bytes = 0;
  };
  SnapshotUse snapshots() const;
  /// Why the index beside the trace (index_trace) is not used; empty if it is, or if there is none.
  const std::string& index_note() const;

 private:
  friend Result<IndexReport> index_trace(DebuggerOptions options);
  class Core;
  explicit Debugger(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

/// Runs the whole trace once, and keeps beside it what was learnt (trace_index.hpp): a debugger
/// that is opened then need not run it. Fails with `divergence` where the run is not as recorded.
Result<IndexReport> index_trace(DebuggerOptions options);

}  // namespace reprise::debug
