// Exceptions (spec: exec/instructions §throw). Throwing walks the frames of the VM stack, which
// name their function each, and looks for the first range of its catches that holds the place it
// was calling from. A native function is a wall: an exception that reaches one is a trap, as it is
// where the host called.
//
//   throw      a = first argument's slot, bc = tag
//   throw_ref  a = reference's slot

#include "code/dispatch.hpp"
#include "runtime/store.hpp"

namespace reprise::code {

using runtime::CatchClause;
using runtime::FunctionCode;
using runtime::Heap;

namespace {

bool catches(const CatchClause& clause, const Instance& instance, runtime::TagId tag) {
  return clause.tag == CatchClause::kAnyTag || instance.tag_ids[clause.tag] == tag;
}

/// Puts the values where the clause wants them.
void pass_values(const CatchClause& clause, const Heap& heap, Slot exception, Slot* to) {
  if (clause.tag != CatchClause::kAnyTag) {
    const uint32_t count = heap.length(exception);
    std::memcpy(to, heap.slots(exception), count * sizeof(Slot));
    to += count;
  }
  if (clause.with_reference) *to = exception;
}

const CatchClause* find_clause(const FunctionCode& code, const Instance& instance, const Word* pc,
                               runtime::TagId tag) {
  if (code.catches == nullptr) return nullptr;
  const auto word = static_cast<uint32_t>(pc - code.entry);
  for (const runtime::CatchRange& range : *code.catches) {
    if (word < range.begin || word >= range.end) continue;
    for (const CatchClause& clause : range.clauses)
      if (catches(clause, instance, tag)) return &clause;
  }
  return nullptr;
}

/// Unwinds to where `exception` is caught and leaves the machine there; false if nowhere.
[[gnu::noinline]] bool unwind(Machine* machine, Slot exception) {
  Heap& heap = machine->store->heap();
  const runtime::TagId tag = heap.tag(exception);
  Slot* fp = machine->fp;
  const Word* pc = machine->pc;  // inside the instruction that throws
  Instance* instance = machine->instance;
  int64_t budget = machine->budget;
  while (true) {
    const runtime::FrameHeader header = runtime::header_of(fp);
    if (header.code == nullptr || header.code->native != nullptr) return false;
    const CatchClause* clause = find_clause(*header.code, *instance, pc, tag);
    if (clause != nullptr && clause->target != CatchClause::kReturn) {
      pass_values(*clause, heap, exception, fp + clause->place);
      machine->pc = header.code->entry + clause->target;
      machine->is_caught_at_loop = clause->is_back;
      machine->fp = fp;
      machine->instance = instance;
      machine->budget = budget;
      return true;
    }
    budget += header.code->charge;
    if (clause != nullptr) {
      pass_values(*clause, heap, exception, fp - header.code->frame_offset);
      machine->pc = header.return_pc;
      machine->is_caught_at_loop = false;
      machine->fp = header.caller_fp;
      machine->instance = header.caller_instance;
      machine->budget = budget;
      return true;
    }
    pc = header.return_pc - 1;
    fp = header.caller_fp;
    instance = header.caller_instance;
  }
}

/// A new exception with the arguments at `from`; null if the heap is exhausted.
[[gnu::noinline]] Slot make_exception(Machine* machine, runtime::TagId tag, const Slot* from) {
  runtime::StoreCore& store = *machine->store;
  const uint32_t slots = store.types().func(store.tag(tag).type)->parameter_slots;
  if (store.heap().wants_collection()) store.collect();
  Slot made = store.heap().allocate_exception(tag, slots);
  if (made == runtime::kNullRef) {
    store.collect();
    made = store.heap().allocate_exception(tag, slots);
  }
  if (made != runtime::kNullRef) std::memcpy(store.heap().slots(made), from, slots * sizeof(Slot));
  return made;
}

}  // namespace

#define SAVE()                  \
  machine->pc = pc;             \
  machine->fp = fp;             \
  machine->instance = instance; \
  machine->budget = budget

#define UNWIND(exception)                                                 \
  if (!unwind(machine, exception)) TRAP(uncaught_exception);              \
  pc = machine->pc;                                                       \
  fp = machine->fp;                                                       \
  instance = machine->instance;                                           \
  budget = machine->budget;                                               \
  memory = instance == nullptr ? nullptr : instance->memory0;             \
  if (machine->is_caught_at_loop && is_interrupted(machine)) [[unlikely]] \
    GO(interrupted_at_loop);                                              \
  DISPATCH()

HANDLER(throw_) {
  SAVE();
  const Slot exception = make_exception(machine, instance->tag_ids[unsigned_d(pc)], fp + a(pc));
  if (exception == runtime::kNullRef) GO(ask_for_heap);
  UNWIND(exception);
}

HANDLER(throw_ref) {
  const Slot exception = fp[a(pc)];
  if (exception == runtime::kNullRef) [[unlikely]]
    TRAP(null_exception_reference);
  SAVE();
  UNWIND(exception);
}

}  // namespace reprise::code
