// Branches, moves, constants, select, globals. Those with _r test what was just made. Distances are
// in words, from the branch's own first word; branches back to a loop look whether somebody wants
// the activation to stop.

#include "code/dispatch.hpp"

namespace reprise::code {

HANDLER(unreachable) {
  TRAP(unreachable);
}

HANDLER(br) {
  NEXT(d(pc));
}

HANDLER(back) {
  if (is_interrupted(machine)) [[unlikely]]
    GO(interrupted);
  NEXT(d(pc));
}

// a = condition's slot
HANDLER(br_if) {
  if (get<uint32_t>(fp, a(pc)) != 0) NEXT(d(pc));
  NEXT(1);
}

HANDLER(br_if_r) {
  if (static_cast<uint32_t>(made) != 0) NEXT(d(pc));
  NEXT(1);
}

HANDLER(br_unless) {
  if (get<uint32_t>(fp, a(pc)) == 0) NEXT(d(pc));
  NEXT(1);
}

HANDLER(br_unless_r) {
  if (static_cast<uint32_t>(made) == 0) NEXT(d(pc));
  NEXT(1);
}

HANDLER(back_if) {
  if (get<uint32_t>(fp, a(pc)) != 0) {
    if (is_interrupted(machine)) [[unlikely]]
      GO(interrupted);
    NEXT(d(pc));
  }
  NEXT(1);
}

HANDLER(back_if_r) {
  if (static_cast<uint32_t>(made) != 0) {
    if (is_interrupted(machine)) [[unlikely]]
      GO(interrupted);
    NEXT(d(pc));
  }
  NEXT(1);
}

HANDLER(back_unless) {
  if (get<uint32_t>(fp, a(pc)) == 0) {
    if (is_interrupted(machine)) [[unlikely]]
      GO(interrupted);
    NEXT(d(pc));
  }
  NEXT(1);
}

HANDLER(back_unless_r) {
  if (static_cast<uint32_t>(made) == 0) {
    if (is_interrupted(machine)) [[unlikely]]
      GO(interrupted);
    NEXT(d(pc));
  }
  NEXT(1);
}

// a = index's slot, bc = number of targets before the default; then distances, 32 bits each
HANDLER(br_table) {
  const uint32_t index = std::min(get<uint32_t>(fp, a(pc)), unsigned_d(pc));
  NEXT(reinterpret_cast<const Field32*>(pc + 1)[index]);
}

// a = to, b = from
HANDLER(copy) {
  REPRISE_RESULT(Slot, fp[b(pc)]);
  NEXT(1);
}

HANDLER(copy_2) {
  const Slot low = fp[b(pc)];
  const Slot high = fp[b(pc) + 1];
  fp[a(pc)] = low;
  fp[a(pc) + 1] = high;
  NEXT(1);
}

// a = to, b = from (not below a), c = number of slots
HANDLER(copy_n) {
  std::memmove(fp + a(pc), fp + b(pc), unsigned_c(pc) * sizeof(Slot));
  NEXT(1);
}

HANDLER(const_32) {
  fp[a(pc)] = unsigned_d(pc);
  NEXT(1);
}

HANDLER(const_64) {
  fp[a(pc)] = pc[1];
  NEXT(2);
}

HANDLER(const_128) {
  fp[a(pc)] = pc[1];
  fp[a(pc) + 1] = pc[2];
  NEXT(3);
}

// a = result, b = if the condition isn't zero, c = if it is; word 1 = condition's slot
HANDLER(select) {
  const Slot yes = fp[b(pc)];
  const Slot no = fp[c(pc)];
  fp[a(pc)] = get<uint32_t>(fp, static_cast<int64_t>(pc[1])) != 0 ? yes : no;
  NEXT(2);
}

HANDLER(select_2) {
  const int64_t from = get<uint32_t>(fp, static_cast<int64_t>(pc[1])) != 0 ? b(pc) : c(pc);
  const Slot low = fp[from];
  const Slot high = fp[from + 1];
  fp[a(pc)] = low;
  fp[a(pc) + 1] = high;
  NEXT(2);
}

// a = result or value, bc = the global's index
HANDLER(global_get) {
  REPRISE_RESULT(Slot, *instance->globals[unsigned_d(pc)]);
  NEXT(1);
}

HANDLER(global_set) {
  *instance->globals[unsigned_d(pc)] = fp[a(pc)];
  NEXT(1);
}

HANDLER(global_get_2) {
  const Slot* value = instance->globals[unsigned_d(pc)];
  fp[a(pc)] = value[0];
  fp[a(pc) + 1] = value[1];
  NEXT(1);
}

HANDLER(global_set_2) {
  Slot* value = instance->globals[unsigned_d(pc)];
  value[0] = fp[a(pc)];
  value[1] = fp[a(pc) + 1];
  NEXT(1);
}

#define PAIR_COPY(second)            \
  HANDLER(copy_then_##second) {      \
    REPRISE_RESULT(Slot, fp[b(pc)]); \
    THEN(1, second);                 \
  }
#define PAIR_CONST_32(second)       \
  HANDLER(const_32_then_##second) { \
    fp[a(pc)] = unsigned_d(pc);     \
    THEN(1, second);                \
  }
#define PAIR_CONST_64(second)       \
  HANDLER(const_64_then_##second) { \
    fp[a(pc)] = pc[1];              \
    THEN(2, second);                \
  }
#include "code/pairs.def"

}  // namespace reprise::code
