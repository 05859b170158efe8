// Handlers of references: null, equality, ref.func.

#include "code/dispatch.hpp"
#include "runtime/store.hpp"

namespace reprise::code {

HANDLER(ref_is_null) {
  fp[a(pc)] = fp[b(pc)] == runtime::kNullRef;
  NEXT(1);
}

namespace {

[[gnu::noinline]] Slot reference_to(Instance* instance, uint32_t function) {
  return runtime::ref_of_func(instance->store->function_of(*instance, function));
}

}  // namespace

// bc = function's index
HANDLER(ref_func) {
  fp[a(pc)] = reference_to(instance, unsigned_d(pc));
  NEXT(1);
}

HANDLER(ref_eq) {
  fp[a(pc)] = fp[b(pc)] == fp[c(pc)];
  NEXT(1);
}

HANDLER(ref_as_non_null) {
  if (fp[a(pc)] == runtime::kNullRef) [[unlikely]]
    TRAP(null_reference);
  NEXT(1);
}

// a = reference's slot, bc = distance
HANDLER(br_on_null) {
  if (fp[a(pc)] == runtime::kNullRef) NEXT(d(pc));
  NEXT(1);
}

HANDLER(br_on_non_null) {
  if (fp[a(pc)] != runtime::kNullRef) NEXT(d(pc));
  NEXT(1);
}

}  // namespace reprise::code
