#include "embed/program.hpp"

#include "base/hash.hpp"

namespace reprise::embed {

using runtime::Slot;

const Exported* Program::find(std::string_view interface, std::string_view name) const {
  for (const Exported& e : exports())
    if (e.interface == interface && e.name == name) return &e;
  return nullptr;
}

uint32_t Calls::define(const Exported& function) {
  for (const auto& [known, id] : defined_)
    if (known == &function) return id;
  const uint32_t id = session_.recorder()->define(trace::Direction::exported, function.interface,
                                                  function.name, function.type);
  defined_.emplace_back(&function, id);
  return id;
}

// outlives: this, recorder: the calls belong to an instance, which is kept until its tasks are
// gone; a session has one recorder from its beginning to its end
Task<Outcome<void>> Calls::instantiate() {
  replay::Recorder* const recorder = session_.recorder();
  if (!recorder) co_return co_await program_.instantiate();
  const uint64_t number = recorder->guest_call(define(instantiate_), 0, {});
  Outcome<void> outcome = co_await program_.instantiate();
  if (outcome) {
    recorder->guest_return(number, {});
  } else if (const Trap* trap = outcome.error().trap()) {
    recorder->guest_trap(number, *trap);
  }
  co_return outcome;
}

// outlives: this, function, recorder: as above, and the exports are the program's
Task<EncodedOutcome> Calls::call(const Exported& function, std::vector<uint8_t> arguments) {
  replay::Recorder* const recorder = session_.recorder();
  if (!recorder) co_return co_await program_.call(function, std::move(arguments));
  const uint64_t number = recorder->guest_call(define(function), 0, arguments);
  EncodedOutcome outcome = co_await program_.call(function, std::move(arguments));
  if (outcome) {
    recorder->guest_return(number, *outcome);
  } else if (const Trap* trap = outcome.error().trap()) {
    recorder->guest_trap(number, *trap);
  }
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
