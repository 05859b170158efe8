#include "embed/program.hpp"

#include <cstring>

#include "base/hash.hpp"
#include "replay/divergence.hpp"

namespace reprise::embed {

using runtime::Slot;

namespace {

/// As the recorded host did: nobody is asked.
bool grow(runtime::StoreCore& core, const trace::Grown& grown) {
  runtime::GrowthDoor* const door = core.growth_door();
  core.set_growth_door(nullptr);
  bool done = false;
  if (grown.what == static_cast<uint8_t>(trace::Growable::memory)) {
    if (grown.index < core.memory_count())
      if (auto plan = core.plan_memory_growth(runtime::MemoryId(grown.index), grown.delta))
        done = plan->from == grown.old_size && core.commit(*plan);
  } else if (grown.what == static_cast<uint8_t>(trace::Growable::table) &&
             grown.index < core.table_count()) {
    const runtime::TableId id(grown.index);
    if (core.is_reference(grown.reference, core.table(id).type().element))
      if (auto plan = core.plan_table_growth(id, grown.delta))
        done = plan->from == grown.old_size && core.commit(*plan, grown.reference);
  }
  core.set_growth_door(door);
  return done;
}

}  // namespace

const Exported* Program::find(std::string_view interface, std::string_view name) const {
  for (const Exported& e : exports())
    if (e.interface == interface && e.name == name) return &e;
  return nullptr;
}

uint64_t Program::state_digest() const {
  return digest_state(session_.core());
}

bool Program::apply(const trace::Record& change) {
  runtime::StoreCore& core = session_.core();
  switch (change.kind) {
    case trace::Kind::memory_write: {
      const auto write = trace::decode<trace::MemoryWrite>(change.payload);
      if (!write || write->memory >= core.memory_count()) return false;
      runtime::Memory& memory = core.memory(runtime::MemoryId(write->memory));
      if (!memory.contains(write->offset, write->bytes.size())) return false;
      if (!write->bytes.empty())
        std::memcpy(memory.base() + write->offset, write->bytes.data(), write->bytes.size());
      return true;
    }
    case trace::Kind::table_write: {
      const auto write = trace::decode<trace::TableWrite>(change.payload);
      if (!write || write->table >= core.table_count()) return false;
      runtime::Table& table = core.table(runtime::TableId(write->table));
      if (!table.contains(write->offset, write->references.size())) return false;
      for (size_t i = 0; i < write->references.size(); ++i) {
        if (!core.is_reference(write->references[i], table.type().element)) return false;
        table.elements()[write->offset + i] = write->references[i];
      }
      return true;
    }
    case trace::Kind::global_write: {
      const auto write = trace::decode<trace::GlobalWrite>(change.payload);
      if (!write || write->global >= core.global_count() || write->value.size() > 16) return false;
      runtime::Global& global = core.global(runtime::GlobalId(write->global));
      if (global.type.value.is_reference()) return false;
      std::memcpy(global.value, write->value.data(), write->value.size());
      return true;
    }
    case trace::Kind::notified: {
      const auto notified = trace::decode<trace::Notified>(change.payload);
      if (!notified || notified->memory >= core.memory_count()) return false;
      session_.notify(runtime::MemoryId(notified->memory), notified->address, notified->count);
      return true;
    }
    case trace::Kind::grown: {
      const auto grown = trace::decode<trace::Grown>(change.payload);
      return grown && grow(core, *grown);
    }
    default:
      return false;
  }
}

// outlives: this: whoever runs a task of a program keeps the program until the task is gone
Task<Outcome<void>> Program::instantiate() {
  while (true) {
    Outcome<Next> next = advance(this);
    if (!next) co_return std::unexpected(std::move(next.error()));
    switch (next->kind) {
      case Next::Kind::done:
        co_return Outcome<void>();
      case Next::Kind::call: {
        auto outcome = co_await session_.invoke(next->start, {});
        if (!outcome) co_return std::unexpected(std::move(outcome.error()));
        break;
      }
      case Next::Kind::wait:
        if (const uint32_t reason = co_await Session::Wait(session_); reason != 0) {
          session_.note_interrupted_wait(reason);
          session_.core().forget(this);
          co_return std::unexpected(
              Trap{TrapKind::interrupted, runtime::interruption_message(reason), 0, {}});
        }
        break;
    }
  }
}

// outlives: this, function, call: as above; exports and instances are the program's
Task<EncodedOutcome> Program::call(const Exported& function, std::vector<uint8_t> arguments) {
  auto begun = begin_call(function, std::move(arguments));
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  CoreCall call = std::move(*begun);
  std::vector<Slot> slots(call.arguments.view().begin(), call.arguments.view().end());
  auto outcome = co_await session_.invoke(call.function, std::move(slots));
  std::vector<uint8_t> results;
  end_call(call, outcome ? std::span<const Slot>(*outcome) : std::span<const Slot>(), results);
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  co_return results;
}

uint32_t Calls::define(const Exported& function) {
  for (const auto& [known, id] : defined_)
    if (known == &function) return id;
  const uint32_t id = session_.recorder()->define(trace::Direction::exported, function.interface,
                                                  function.name, function.type);
  defined_.emplace_back(&function, id);
  return id;
}

/// A call of the guest in a recording: cancelled, unless something else is said before its end.
class RecordedEntry {
 public:
  RecordedEntry(replay::Recorder& recorder, uint64_t number)
      : recorder_(recorder), number_(number) {}
  ~RecordedEntry() {
    if (!is_over_) recorder_.guest_trap(number_, Trap::of(TrapKind::cancelled));
  }
  RecordedEntry(const RecordedEntry&) = delete;
  RecordedEntry& operator=(const RecordedEntry&) = delete;

  void returned(Bytes results) {
    is_over_ = true;
    recorder_.guest_return(number_, results);
  }
  void failed(const Failure& failure) {
    is_over_ = true;
    if (const Trap* trap = failure.trap()) return recorder_.guest_trap(number_, *trap);
    recorder_.guest_given_up(number_, *failure.error());
  }

 private:
  replay::Recorder& recorder_;
  uint64_t number_;
  bool is_over_ = false;
};

replay::HeldBefore Calls::before_event(std::string_view arrow, const Exported& function,
                                       Bytes arguments) {
  replay::LiveRecording* const live = session_.live();
  if (!live) return {nullptr, {}};
  std::string name =
      function.interface.empty() ? function.name : function.interface + "#" + function.name;
  if (arrow == "→") name = replay::print_call(name, function.type, arguments);
  return {live, std::string(arrow) + " " + name};
}

// outlives: this, recorder: the calls belong to an instance, which is kept until its tasks are
// gone; a session has one recorder from its beginning to its end
Task<Outcome<void>> Calls::instantiate() {
  replay::Recorder* const recorder = session_.recorder();
  if (!recorder) co_return co_await program_.instantiate();
  const uint32_t id = define(instantiate_);
  co_await before_event("→", instantiate_, {});
  RecordedEntry entry(*recorder, recorder->guest_call(id, 0, {}));
  Outcome<void> outcome = co_await program_.instantiate();
  co_await before_event("←", instantiate_, {});
  outcome ? entry.returned({}) : entry.failed(outcome.error());
  co_return outcome;
}

// outlives: this, recorder, function: as above, and the exports are the program's
Task<EncodedOutcome> Calls::call(const Exported& function, std::vector<uint8_t> arguments) {
  replay::Recorder* const recorder = session_.recorder();
  if (!recorder) co_return co_await program_.call(function, std::move(arguments));
  const uint32_t id = define(function);
  co_await before_event("→", function, arguments);
  RecordedEntry entry(*recorder, recorder->guest_call(id, 0, arguments));
  EncodedOutcome outcome = co_await program_.call(function, std::move(arguments));
  co_await before_event("←", function, {});
  outcome ? entry.returned(*outcome) : entry.failed(outcome.error());
  co_return outcome;
}

uint64_t digest_state(runtime::StoreCore& core) {
  Xxh3 digest;
  const auto number = [&](uint64_t n) {
    digest.update({reinterpret_cast<const uint8_t*>(&n), sizeof n});
  };
  for (uint32_t i = 0; i < core.memory_count(); ++i) {
    runtime::Memory& memory = core.memory(runtime::MemoryId(i));
    number(memory.byte_size());
    digest.update({memory.base(), memory.byte_size()});
  }
  for (uint32_t i = 0; i < core.global_count(); ++i) {
    runtime::Global& global = core.global(runtime::GlobalId(i));
    number(global.value[0]);
    number(global.value[1]);
  }
  for (uint32_t i = 0; i < core.table_count(); ++i) {
    runtime::Table& table = core.table(runtime::TableId(i));
    number(table.size());
    digest.update(
        {reinterpret_cast<const uint8_t*>(table.elements()), table.size() * sizeof(Slot)});
  }
  return digest.digest();
}

}  // namespace reprise::embed
