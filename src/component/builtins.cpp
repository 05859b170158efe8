// The built-ins of concurrency, as far as calls that never wait need them: task.return, context
// slots and backpressure (spec: CanonicalABI.md §canon task.return and those after it). The others
// link, keep the rule that nothing leaves an instance during realloc and post-return, and trap when
// called.

#include <fmt/format.h>

#include "component/call.hpp"

namespace reprise::component {
namespace {

using runtime::NativeCall;
using runtime::NativeStep;

struct Builtin {
  ComponentInstance& instance;
  CanonOp op;
  uint32_t index = 0;
  Options options = {};
  Signature result = {};
  uint32_t core_params = 0;
};

NativeStep context_get_step(NativeCall& call) {
  auto& builtin = call.data_as<Builtin>();
  call.results()[0] = builtin.instance.context[builtin.index];
  return NativeStep::done;
}

NativeStep context_set_step(NativeCall& call) {
  auto& builtin = call.data_as<Builtin>();
  builtin.instance.context[builtin.index] = static_cast<uint32_t>(call.args()[0]);
  return NativeStep::done;
}

NativeStep backpressure_step(NativeCall& call) {
  auto& builtin = call.data_as<Builtin>();
  uint32_t& counter = builtin.instance.backpressure;
  const bool up = builtin.op == CanonOp::backpressure_inc;
  if (up ? counter == kMaxBackpressure : counter == 0)
    return call.trap(Trap::host("backpressure counter overflow"));
  counter += up ? 1 : uint32_t(-1);
  return NativeStep::done;
}

bool same_result(const Signature& a, const Signature& b) {
  if (a.results.size() != b.results.size()) return false;
  return a.results.empty() || wit::equal(a.results[0], b.results[0]);
}

/// spec: canon_task_return.
NativeStep task_return_step(NativeCall& call) {
  auto& builtin = call.data_as<Builtin>();
  ComponentInstance& instance = builtin.instance;
  if (!instance.may_leave) return call.trap(Trap::of(TrapKind::cannot_leave));
  AsyncTask* const task = instance.task;
  if (!task)
    return call.trap(Trap::host("`task.return` outside of a call of a function lifted `async`"));
  if (task->returned) return call.trap(Trap::host("`task.return` called twice for one task"));
  const Options& lifted = task->callee->options;
  if (!same_result(builtin.result, task->callee->signature) ||
      builtin.options.encoding != lifted.encoding ||
      (builtin.options.memory && builtin.options.memory != lifted.memory)) {
    return call.trap(
        Trap::host("invalid `task.return` signature and/or options for the current task"));
  }
  task->returned = true;
  if (auto given = task->give(call, {call.args(), builtin.core_params}); !given)
    return call.trap(std::move(given.error()));
  return NativeStep::done;
}

NativeStep unsupported_step(NativeCall& call) {
  auto& builtin = call.data_as<Builtin>();
  if (!builtin.instance.may_leave) return call.trap(Trap::of(TrapKind::cannot_leave));
  return call.trap({.kind = TrapKind::unavailable,
                    .message = fmt::format("unavailable import: `{}` is not supported yet",
                                           to_string(builtin.op))});
}

runtime::NativeStepFunction step_of(CanonOp op) {
  switch (op) {
    case CanonOp::task_return:
      return task_return_step;
    case CanonOp::context_get:
      return context_get_step;
    case CanonOp::context_set:
      return context_set_step;
    case CanonOp::backpressure_inc:
    case CanonOp::backpressure_dec:
      return backpressure_step;
    default:
      return unsupported_step;
  }
}

}  // namespace

Result<runtime::FuncId> builtin_function(ComponentInstance& instance, const step::Builtin& step,
                                         const Options& options, const Signature& result) {
  const uint32_t core_params = instance.root->store().types().func(step.core_type)->parameter_slots;
  auto builtin = std::make_shared<Builtin>(
      Builtin{instance, step.op, step.index, options, result, core_params});
  return instance.root->add_native(step.core_type, {.step = step_of(step.op),
                                                    .data = builtin.get(),
                                                    .owner = builtin,
                                                    .call_slots = 0,
                                                    .name = std::string(to_string(step.op))});
}

}  // namespace reprise::component
