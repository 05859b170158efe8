#include "debug/debugger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "debug/core.hpp"

namespace reprise::debug {

std::string_view to_string(Stop::Reason reason) {
  switch (reason) {
    case Stop::Reason::start:
      return "start";
    case Stop::Reason::end:
      return "end";
    case Stop::Reason::exit:
      return "exit";
    case Stop::Reason::trap:
      return "trap";
    case Stop::Reason::breakpoint:
      return "breakpoint";
    case Stop::Reason::watchpoint:
      return "watchpoint";
    case Stop::Reason::step:
      return "step";
    case Stop::Reason::divergence:
      return "divergence";
    case Stop::Reason::interrupted:
      break;
  }
  return "interrupted";
}

Result<std::unique_ptr<Debugger>> Debugger::open(DebuggerOptions options) {
  REPRISE_ASSIGN(auto core, Core::open(std::move(options)));
  return std::unique_ptr<Debugger>(new Debugger(std::move(core)));
}

Result<std::unique_ptr<Debugger>> Debugger::attach(DebuggerOptions options,
                                                   const LiveTarget& target) {
  REPRISE_ASSIGN(auto core, Core::attach(std::move(options), target));
  return std::unique_ptr<Debugger>(new Debugger(std::move(core)));
}

Debugger::Debugger(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Debugger::~Debugger() = default;

Time Debugger::now() const {
  return core_->run().now();
}
Result<Time> Debugger::end() {
  return core_->end();
}
const Stop& Debugger::last_stop() const {
  return core_->last_stop();
}
bool Debugger::at_end() const {
  return core_->at_end();
}
bool Debugger::is_live() const {
  return core_->is_live();
}

Result<Stop> Debugger::seek(const Time& time) {
  return core_->seek(time);
}
Result<Stop> Debugger::seek_event(uint64_t event) {
  return core_->seek_event(event);
}
Result<Stop> Debugger::seek_fraction(double fraction) {
  return core_->seek_fraction(fraction);
}
Result<Stop> Debugger::seek_end() {
  return core_->seek_end();
}
Result<Stop> Debugger::go(Direction direction) {
  return core_->go(direction);
}
Result<Stop> Debugger::step_instruction(Direction direction) {
  return core_->step_instruction(direction);
}
Result<Stop> Debugger::step_line(Direction direction) {
  return core_->step_line(direction);
}
Result<Stop> Debugger::next_line(Direction direction) {
  return core_->next_line(direction);
}
Result<Stop> Debugger::step_out(Direction direction) {
  return core_->step_out(direction);
}
void Debugger::interrupt() {
  core_->interrupt();
}
void Debugger::forget_interrupt() {
  core_->forget_interrupt();
}

Result<Breakpoint> Debugger::add_breakpoint(Breakpoint breakpoint) {
  return core_->places().add(std::move(breakpoint));
}
Result<Watchpoint> Debugger::add_watchpoint(WatchPlace place, std::string text) {
  return core_->places().add(place, std::move(text));
}
Result<void> Debugger::remove(uint32_t id) {
  return core_->places().remove(id);
}
Result<void> Debugger::enable(uint32_t id) {
  return core_->places().set_enabled(id, true);
}
Result<void> Debugger::disable(uint32_t id) {
  return core_->places().set_enabled(id, false);
}

Result<void> Debugger::set_condition(uint32_t id, std::string condition) {
  Breakpoint* breakpoint = core_->places().find(id);
  if (!breakpoint) return fail(ErrorKind::usage, fmt::format("there is no breakpoint {}", id));
  breakpoint->condition = std::move(condition);
  return ok();
}

Result<void> Debugger::set_ignore(uint32_t id, uint64_t count) {
  Breakpoint* breakpoint = core_->places().find(id);
  if (!breakpoint) return fail(ErrorKind::usage, fmt::format("there is no breakpoint {}", id));
  breakpoint->ignore = count;
  return ok();
}

std::span<const Breakpoint> Debugger::breakpoints() const {
  return core_->places().breakpoints();
}
std::span<const Watchpoint> Debugger::watchpoints() const {
  return core_->places().watchpoints();
}

Result<std::vector<CodeLocation>> Debugger::resolve(const BreakPlace& place) const {
  return std::visit(
      [&](const auto& p) -> Result<std::vector<CodeLocation>> {
        if constexpr (std::is_same_v<std::decay_t<decltype(p)>, EventPlace>)
          return std::vector<CodeLocation>();
        else
          return core_->modules().resolve(p);
      },
      place);
}

std::span<const ModuleInfo> Debugger::modules() const {
  return core_->modules().all();
}
std::string Debugger::describe(const CodeLocation& location) const {
  if (location.module >= modules().size()) return "?";
  return core_->modules().describe(location);
}

std::vector<DebugFrame> Debugger::frames() {
  return core_->inspector().frames();
}
std::vector<MemoryInfo> Debugger::memories() {
  return core_->inspector().memories();
}
std::vector<TableInfo> Debugger::tables() {
  return core_->inspector().tables();
}
Result<std::vector<TypedValue>> Debugger::instance_globals(size_t frame) {
  const std::vector<DebugFrame> all = frames();
  if (frame >= all.size() || !all[frame].instance)
    return fail(ErrorKind::usage, "there is no such frame of a guest");
  return core_->inspector().globals_of(*all[frame].instance);
}

std::vector<GlobalInfo> Debugger::globals() {
  return core_->inspector().globals();
}
Result<std::vector<uint8_t>> Debugger::read_memory(uint32_t memory, uint64_t address,
                                                   uint64_t size) {
  return core_->inspector().read_memory(memory, address, size);
}
Result<std::vector<TypedValue>> Debugger::read_table(uint32_t table, uint64_t first,
                                                     uint64_t count) {
  return core_->inspector().read_table(table, first, count);
}

Result<std::vector<HostCallLine>> Debugger::events(uint64_t first, size_t count) {
  REPRISE_ASSIGN(auto lines, core_->log().lines(first, count));
  for (HostCallLine& line : lines) line.is_past = line.event < now().event;
  return lines;
}
Result<std::vector<HostCallLine>> Debugger::events_around(size_t before, size_t after) {
  return core_->log().around(now().event, before, after);
}

std::vector<ResourceInfo> Debugger::resources() {
  return core_->inspector().resources();
}
Result<std::vector<TypedValue>> Debugger::locals(size_t frame) {
  return core_->inspector().locals(frame);
}
Result<std::vector<TypedValue>> Debugger::operands(size_t frame) {
  return core_->inspector().operands(frame);
}
Result<std::vector<VariableInfo>> Debugger::variables(size_t frame) {
  return core_->inspector().variables(frame);
}
Result<std::vector<VariableInfo>> Debugger::source_globals(size_t frame) {
  return core_->inspector().source_globals(frame);
}
Result<std::vector<VariableInfo>> Debugger::children(size_t frame, std::string_view path,
                                                     uint64_t first, uint64_t count) {
  return core_->inspector().children(frame, path, first, count);
}
Result<VariableInfo> Debugger::evaluate(size_t frame, std::string_view expression) {
  return core_->inspector().evaluate(frame, expression);
}
Result<Origin> Debugger::last_write(const WatchPlace& place) {
  return core_->last_write(place);
}
Result<std::vector<OriginStep>> Debugger::origin(const OriginPlace& place) {
  return core_->origin(place);
}
Debugger::SnapshotUse Debugger::snapshots() const {
  return {core_->snapshots().count(), core_->snapshots().bytes()};
}

const std::string& Debugger::index_note() const {
  return core_->index_note();
}

Result<IndexReport> index_trace(DebuggerOptions options) {
  const std::string path = index_path(options.trace);
  options.use_index = false;
  REPRISE_ASSIGN(auto core, Debugger::Core::open(std::move(options)));
  return core->write_index(path);
}

}  // namespace reprise::debug
