// Calls, returns and the ways in and out of the interpreter.
//
// A guest's call pushes a frame on the VM stack (runtime/frame.hpp) and goes on at the callee's
// first instruction; it never calls a C++ function, so guests nest as deep as their budget allows.
// Native functions look the same from outside: their code is one instruction, `native_enter`, which
// runs their steps. When a step calls a guest, the guest's frame returns to `native_resume`.
//
//   call            a = first argument's slot; word 1 = the CodeCell (same instance)
//   call_import     a = first argument's slot; bc = function index
//   call_indirect   a = first argument's slot, b = table's number, c = the index's slot; word 1 =
//   TypeId call_ref        a = first argument's slot, b = the reference's slot return_call*    the
//   same, and word 2 = how many slots of arguments return_*        c = the function's charge; see
//   each

#include "code/dispatch.hpp"
#include "code/lazy.hpp"

namespace reprise::code {

using runtime::CodeCell;
using runtime::FrameHeader;
using runtime::Function;
using runtime::FunctionCode;
using runtime::header_of;
using runtime::NativeStep;

namespace {

const Word kExitWord = make_word(Op::exit);
const Word kStartWord = make_word(Op::start);
const Word kNativeEnterWord = make_word(Op::native_enter);
const Word kNativeResumeWord = make_word(Op::native_resume);

/// How many slots of arguments a tail call moves.
inline Word moved_slots(const Word* pc) {
  return pc[2];
}

inline uint8_t* memory_of(const Instance* instance) {
  return instance == nullptr ? nullptr : instance->memory0;
}

inline void clear_locals(Slot* new_fp, uint32_t count) {
  Slot* at = new_fp - runtime::kFrameHeaderSlots - count;
  for (; count != 0; --count) {
    *at++ = 0;
    asm("" : "+r"(at));  // a call of memset would cost this handler its leaf's frame
  }
}

}  // namespace

const Word* exit_word() {
  return &kExitWord;
}
const Word* start_word() {
  return &kStartWord;
}
const Word* native_enter_word() {
  return &kNativeEnterWord;
}
const Word* native_resume_word() {
  return &kNativeResumeWord;
}

__attribute__((preserve_none)) Exit leave_trapped(REPRISE_STATE_PARAMETERS) {
  static_cast<void>(memory);
  static_cast<void>(handlers);
  static_cast<void>(made);
  machine->pc = pc;
  machine->fp = fp;
  machine->instance = instance;
  machine->budget = budget;
  return Exit::trapped;
}

template <TrapKind kKind>
__attribute__((preserve_none)) Exit trap_with(REPRISE_STATE_PARAMETERS) {
  machine->activation->set_trap(Trap::of(kKind));
  GO(leave_trapped);
}

#define REPRISE_TRAP(name, text) \
  template __attribute__((preserve_none)) Exit trap_with<TrapKind::name>(REPRISE_STATE_PARAMETERS);
#include "reprise/traps.def"
#undef REPRISE_TRAP

// Whether a frame of `code` fits into `slots`, and nobody wants the activation to stop: asked
// before anything has changed. Guests stop where a tick would be (runtime/observer.hpp), so not
// where they call native functions.
#define CHECK_ENTRY(slots)                                             \
  if ((slots) < static_cast<int64_t>(code->charge)) [[unlikely]]       \
    TRAP(call_stack_exhausted);                                        \
  if (is_interrupted(machine) && code->native == nullptr) [[unlikely]] \
  GO(interrupted)

// The frame of `code`, whose arguments are at `args`, and on to its first instruction.
#define ENTER(args, back, caller_instance)                     \
  do {                                                         \
    Slot* const new_fp = (args) + code->frame_offset;          \
    budget -= code->charge;                                    \
    header_of(new_fp) = {(back), fp, (caller_instance), code}; \
    clear_locals(new_fp, code->clear_slots);                   \
    fp = new_fp;                                               \
    pc = code->entry;                                          \
    DISPATCH();                                                \
  } while (false)

// The code of `callee`, a Function of any instance.
#define CODE_OF_CALLEE()                                \
  const FunctionCode* const code = callee->cell->get(); \
  if (code == nullptr) [[unlikely]] {                   \
    machine->callee = callee;                           \
    GO(lower_callee);                                   \
  }                                                     \
  static_cast<void>(0)

// A native function has no instance: it sees its caller's.
#define ENTER_INSTANCE_OF_CALLEE()   \
  if (callee->instance != nullptr) { \
    instance = callee->instance;     \
    memory = instance->memory0;      \
  }                                  \
  static_cast<void>(0)

#define CALL_FUNCTION(args, back)               \
  do {                                          \
    CODE_OF_CALLEE();                           \
    CHECK_ENTRY(budget);                        \
    Instance* const caller_instance = instance; \
    ENTER_INSTANCE_OF_CALLEE();                 \
    ENTER(args, back, caller_instance);         \
  } while (false)

// A native function's step has been made, and must not be made again: here nobody is interrupted.
// The callee looks soon enough.
#define CALL_FROM_NATIVE(args, back)                              \
  do {                                                            \
    const FunctionCode* const code = callee->cell->get();         \
    pc = nullptr;                                                 \
    if (budget < static_cast<int64_t>(code->charge)) [[unlikely]] \
      TRAP(call_stack_exhausted);                                 \
    Instance* const caller_instance = instance;                   \
    ENTER_INSTANCE_OF_CALLEE();                                   \
    ENTER(args, back, caller_instance);                           \
  } while (false)

// The instruction is entered again when its callee has been lowered.
static __attribute__((preserve_none)) Exit lower_callee(REPRISE_STATE_PARAMETERS) {
  if (lower_now(machine, machine->callee->instance, machine->callee->cell) == nullptr)
    GO(leave_trapped);
  machine->is_again = true;
  DISPATCH();
}

static __attribute__((preserve_none)) Exit lower_own(REPRISE_STATE_PARAMETERS) {
  if (lower_now(machine, instance, reinterpret_cast<CodeCell*>(pc[1])) == nullptr)
    GO(leave_trapped);
  machine->is_again = true;
  DISPATCH();
}

HANDLER(start) {
  Function* const callee = machine->callee;
  Slot* const args = machine->callee_args;
  CALL_FUNCTION(args, &kExitWord);
}

HANDLER(exit) {
  static_cast<void>(memory);
  static_cast<void>(handlers);
  static_cast<void>(made);
  machine->pc = pc;
  machine->fp = fp;
  machine->instance = instance;
  machine->budget = budget;
  return Exit::returned;
}

HANDLER(call) {
  auto* const cell = reinterpret_cast<CodeCell*>(pc[1]);
  const FunctionCode* code = cell->get();
  if (code == nullptr) [[unlikely]]
    GO(lower_own);
  CHECK_ENTRY(budget);
  ENTER(fp + a(pc), pc + 2, instance);
}

HANDLER(call_import) {
  Function* const callee = instance->functions[unsigned_d(pc)];
  CALL_FUNCTION(fp + a(pc), pc + 1);
}

namespace {

[[gnu::noinline]] bool resolve(const runtime::Table& table, uint64_t element) {
  return table.resolve(element) != runtime::kNullRef;
}

}  // namespace

// The element may only not have been needed before; then the instruction is entered again.
static __attribute__((preserve_none)) Exit resolve_element(REPRISE_STATE_PARAMETERS) {
  if (!resolve(*instance->tables[unsigned_b(pc)], fp[c(pc)])) TRAP(uninitialized_element);
  machine->is_again = true;
  DISPATCH();
}

// Finds the callee of call_indirect, or traps (spec: exec/instructions §call_indirect).
#define RESOLVE_INDIRECT()                                                           \
  const runtime::Table& table = *instance->tables[unsigned_b(pc)];                   \
  const uint64_t element = fp[c(pc)];                                                \
  if (element >= table.size()) [[unlikely]]                                          \
    TRAP(undefined_element);                                                         \
  const Slot reference = table.peek(element);                                        \
  if (reference == runtime::kNullRef) [[unlikely]]                                   \
    GO(resolve_element);                                                             \
  Function* const callee = machine->functions + (reference - 1);                     \
  if (callee->type.value != static_cast<uint32_t>(pc[1]) &&                          \
      !is_subtype(machine, callee->type, static_cast<uint32_t>(pc[1]))) [[unlikely]] \
  TRAP(indirect_call_type_mismatch)

HANDLER(call_indirect) {
  RESOLVE_INDIRECT();
  CALL_FUNCTION(fp + a(pc), pc + 2);
}

HANDLER(call_ref) {
  const Slot reference = fp[b(pc)];
  if (reference == runtime::kNullRef) [[unlikely]]
    TRAP(null_function_reference);
  Function* const callee = machine->functions + (reference - 1);
  CALL_FUNCTION(fp + a(pc), pc + 1);
}

// --- Tail calls: the frame is replaced. Its caller's header moves to where the callee has its own.
// -----

// Gives back the frame's charge and moves the arguments to where its own were.
#define LEAVE_FRAME(args)                                     \
  const FrameHeader header = header_of(fp);                   \
  budget += header.code->charge;                              \
  Slot* const base = fp - header.code->frame_offset;          \
  std::memmove(base, (args), moved_slots(pc) * sizeof(Slot)); \
  fp = header.caller_fp

#define TAIL_CALL_FUNCTION()                                   \
  do {                                                         \
    CODE_OF_CALLEE();                                          \
    CHECK_ENTRY(budget + int64_t{header_of(fp).code->charge}); \
    LEAVE_FRAME(fp + a(pc));                                   \
    ENTER_INSTANCE_OF_CALLEE();                                \
    ENTER(base, header.return_pc, header.caller_instance);     \
  } while (false)

HANDLER(return_call) {
  auto* const cell = reinterpret_cast<CodeCell*>(pc[1]);
  const FunctionCode* code = cell->get();
  if (code == nullptr) [[unlikely]]
    GO(lower_own);
  CHECK_ENTRY(budget + int64_t{header_of(fp).code->charge});
  LEAVE_FRAME(fp + a(pc));
  ENTER(base, header.return_pc, header.caller_instance);
}

HANDLER(return_call_import) {
  Function* const callee = instance->functions[unsigned_d(pc)];
  TAIL_CALL_FUNCTION();
}

HANDLER(return_call_indirect) {
  RESOLVE_INDIRECT();
  TAIL_CALL_FUNCTION();
}

HANDLER(return_call_ref) {
  const Slot reference = fp[b(pc)];
  if (reference == runtime::kNullRef) [[unlikely]]
    TRAP(null_function_reference);
  Function* const callee = machine->functions + (reference - 1);
  TAIL_CALL_FUNCTION();
}

// --- Returns
// -------------------------------------------------------------------------------------------

// Back to the caller's frame; `header` was read before results overwrote it.
#define LEAVE(header, charge)                                \
  do {                                                       \
    budget += (charge);                                      \
    fp = (header).caller_fp;                                 \
    pc = (header).return_pc;                                 \
    if ((header).caller_instance != instance) [[unlikely]] { \
      instance = (header).caller_instance;                   \
      memory = memory_of(instance);                          \
    }                                                        \
    DISPATCH();                                              \
  } while (false)

HANDLER(return_0) {
  const FrameHeader& header = header_of(fp);
  LEAVE(header, unsigned_c(pc));
}

// a = result's slot, b = where it goes (relative to fp, below it)
HANDLER(return_1) {
  const FrameHeader header = header_of(fp);
  const uint32_t charge = unsigned_c(pc);
  fp[b(pc)] = fp[a(pc)];
  LEAVE(header, charge);
}

HANDLER(return_2) {
  const FrameHeader header = header_of(fp);
  const uint32_t charge = unsigned_c(pc);
  const Slot low = fp[a(pc)];
  const Slot high = fp[a(pc) + 1];
  fp[b(pc)] = low;
  fp[b(pc) + 1] = high;
  LEAVE(header, charge);
}

// word 1 = number of slots
HANDLER(return_n) {
  const FrameHeader header = header_of(fp);
  const uint32_t charge = unsigned_c(pc);
  const Slot* from = fp + a(pc);
  Slot* to = fp + b(pc);
  for (Word n = pc[1]; n != 0; --n) *to++ = *from++;
  LEAVE(header, charge);
}

// --- Native functions
// ----------------------------------------------------------------------------------

namespace {

/// Runs one step of the native function whose frame is at machine->fp. Nothing that it throws comes
/// out.
[[gnu::noinline]] NativeStep run_step(Machine* machine) noexcept {
  Slot* fp = machine->fp;
  const FunctionCode* code = header_of(fp).code;
  runtime::NativeCall call(*machine->activation, *machine->store, *code->native, machine->instance,
                           fp, fp - code->frame_offset);
  NativeStep step = NativeStep::trap;
  try {
    step = code->native->step(call);
    if (step == NativeStep::done) call.drop_scratch();
    if (step == NativeStep::call) {
      machine->callee = &machine->store->function(call.callee());
      machine->callee_args = call.call_args();
      runtime::Function& callee = *machine->callee;
      if (callee.cell->get() == nullptr &&
          lower_now(machine, callee.instance, callee.cell) == nullptr)
        return NativeStep::trap;
    } else if (step == NativeStep::suspend && machine->activation->in_leaf()) {
      call.trap(Trap::of(TrapKind::cannot_suspend));
      step = NativeStep::trap;
    }
  } catch (const std::exception& e) {
    call.trap(Trap::host(std::string("exception in host function: ") + e.what()));
    step = NativeStep::trap;
  } catch (...) {
    call.trap(Trap::host("exception in host function"));
    step = NativeStep::trap;
  }
  if (step == NativeStep::trap) machine->activation->set_trap(std::move(call.pending_trap()));
  return step;
}

}  // namespace

// fp is the native function's frame.
#define RUN_STEP()                                   \
  do {                                               \
    machine->pc = nullptr;                           \
    machine->fp = fp;                                \
    machine->instance = instance;                    \
    machine->budget = budget;                        \
    switch (run_step(machine)) {                     \
      case NativeStep::done: {                       \
        const FrameHeader& header = header_of(fp);   \
        const uint32_t charge = header.code->charge; \
        LEAVE(header, charge);                       \
      }                                              \
      case NativeStep::call: {                       \
        Function* const callee = machine->callee;    \
        Slot* const args = machine->callee_args;     \
        CALL_FROM_NATIVE(args, &kNativeResumeWord);  \
      }                                              \
      case NativeStep::suspend:                      \
        machine->pc = &kNativeResumeWord;            \
        return Exit::suspended;                      \
      case NativeStep::trap:                         \
        break;                                       \
    }                                                \
    pc = nullptr;                                    \
    GO(leave_trapped);                               \
  } while (false)

HANDLER(native_enter) {
  runtime::native_record_of(fp) = {};
  RUN_STEP();
}

HANDLER(native_resume) {
  ++runtime::native_record_of(fp).phase;
  RUN_STEP();
}

}  // namespace reprise::code
