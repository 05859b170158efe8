#include "component/call.hpp"

#include <fmt/format.h>

#include "component/callee_frame.hpp"

namespace reprise::component {
namespace {

using runtime::FuncId;
using runtime::NativeCall;
using runtime::NativeStep;
using runtime::Slot;

/// What a call lowered with `async` gives when the callee has returned by then (spec:
/// Subtask.State).
constexpr Slot kReturned = 2;

std::span<Slot> slots(Slot* at, size_t count) {
  return {at, count};
}

/// A task must have returned by the end of its core function, and want nothing more (spec:
/// canon_lift, and CallbackCode).
TrapOr<void> check_exit(const NativeCall& call, const CalleeFrame& frame, const Callee& callee) {
  if (callee.core_results > 0) {
    constexpr uint32_t kExit = 0, kYield = 1, kWait = 2;
    const auto code = static_cast<uint32_t>(call.call_args()[0]) & 0xf;
    if (code == kYield || code == kWait) {
      return std::unexpected(
          Trap{.kind = TrapKind::unavailable,
               .message = "unavailable import: functions that wait are not supported yet"});
    }
    if (code != kExit) return std::unexpected(Trap::host("unsupported callback code"));
  }
  if (!frame.task.returned)
    return std::unexpected(Trap::host("a function lifted `async` ended without `task.return`"));
  return {};
}

/// With a post-return, calls it: the core results are still where the call left them.
NativeStep begin_post_return(NativeCall& call, Callee& callee) {
  callee.instance->may_leave = false;
  return call.call(callee.options.post_return);
}

// --- guest → guest ------------------------------------------------------------------------------

struct Adapter {
  ComponentInstance& caller;
  Options options;
  Signature signature;
  Callee& callee;
  uint32_t core_params = 0;
};

TrapOr<void> transfer_arguments(NativeCall& call, Adapter& adapter, CalleeFrame& frame) {
  Callee& callee = adapter.callee;
  if (adapter.signature.integer_params && !adapter.options.is_async) {
    adapter.signature.integer_params->pass(call.args(), call.call_args());
    return {};
  }
  CallContext from(call, adapter.caller, adapter.options, nullptr, &frame.lenders);
  CallContext to(call, *callee.instance, callee.options, &frame.scope, nullptr);
  const uint32_t max_flat =
      adapter.options.is_async ? wit::kMaxFlatAsyncParams : wit::kMaxFlatParams;
  const abi::TransferSide source{from.context(), adapter.signature.params, max_flat};
  const abi::TransferSide target{to.context(), callee.signature.params, wit::kMaxFlatParams};
  REPRISE_TRY(abi::transfer_values(source, slots(call.args(), adapter.core_params), target,
                                   slots(call.call_args(), wit::kMaxFlatParams), frame.buffer));
  return {};
}

/// Where the caller wants a result that doesn't fit: its last argument says so.
std::optional<uint64_t> out_pointer(const Slot* args, const Adapter& adapter) {
  if (adapter.core_params == 0) return std::nullopt;
  return args[adapter.core_params - 1];
}

/// Takes the result, of which `max_flat` flat values are there, into the caller's memory or the
/// frame. `call` is whichever runs: the adapter's, or that of task.return.
TrapOr<void> transfer_results(NativeCall& call, Adapter& adapter, CalleeFrame& frame,
                              std::span<const Slot> flat, uint32_t max_flat,
                              std::optional<uint64_t> out) {
  Callee& callee = adapter.callee;
  if (const abi::Integers* integers = adapter.signature.integer_results;
      integers && !adapter.options.is_async) {
    integers->pass(flat.data(), frame.result.data());
    frame.result_slots = integers->count();
    return {};
  }
  CallContext from(call, *callee.instance, callee.options, nullptr, nullptr);
  CallContext to(call, adapter.caller, adapter.options, nullptr, nullptr);
  const uint32_t max_flat_there = adapter.options.is_async ? 0 : wit::kMaxFlatResults;
  const abi::TransferSide source{from.context(), callee.signature.results, max_flat};
  const abi::TransferSide target{to.context(), adapter.signature.results, max_flat_there};
  frame.buffer.values = ByteWriter();
  frame.buffer.strings.clear();
  REPRISE_ASSIGN(frame.result_slots,
                 abi::transfer_values(source, flat, target, frame.result, frame.buffer, out));
  return {};
}

/// Lets task.return give the result to the caller at once (spec: canon_lower, on_resolve).
void expect_task_return(const Slot* args, Adapter& adapter, CalleeFrame& frame) {
  frame.task.give = [&adapter, &frame, out = out_pointer(args, adapter)](
                        NativeCall& inner, std::span<const Slot> flat) -> TrapOr<void> {
    REPRISE_TRY(check_borrows(frame.scope));
    return transfer_results(inner, adapter, frame, flat, wit::kMaxFlatParams, out);
  };
}

NativeStep finish_adapter(NativeCall& call, Adapter& adapter) {
  auto& frame = call.scratch<CalleeFrame>();
  leave_callee(frame, adapter.callee, &adapter.caller);
  std::copy_n(frame.result.begin(), frame.result_slots, call.results());
  if (adapter.options.is_async) call.results()[0] = kReturned;
  frame.lenders.give_back(adapter.caller.handles);
  return NativeStep::done;
}

NativeStep adapter_step(NativeCall& call) {
  auto& adapter = call.data_as<Adapter>();
  Callee& callee = adapter.callee;
  switch (call.phase()) {
    case 0: {
      if (!adapter.caller.may_leave) return call.trap(Trap::of(TrapKind::cannot_leave));
      if (adapter.signature.type->async && !adapter.options.is_async && !adapter.caller.may_block)
        return call.trap(Trap::host("cannot block a synchronous task before returning"));
      CalleeFrame* frame = enter_callee(call, callee, &adapter.caller);
      if (!frame) return call.trap(Trap::of(TrapKind::cannot_enter));
      if (callee.options.is_async) expect_task_return(call.args(), adapter, *frame);
      if (auto passed = transfer_arguments(call, adapter, *frame); !passed)
        return call.trap(std::move(passed.error()));
      return call.call(callee.core);
    }
    case 1: {
      auto& frame = call.scratch<CalleeFrame>();
      if (callee.options.is_async) {
        if (auto ended = check_exit(call, frame, callee); !ended)
          return call.trap(std::move(ended.error()));
        return finish_adapter(call, adapter);
      }
      if (auto checked = check_borrows(frame.scope); !checked)
        return call.trap(std::move(checked.error()));
      const auto flat = slots(call.call_args(), callee.core_results);
      if (auto passed = transfer_results(call, adapter, frame, flat, wit::kMaxFlatResults,
                                         out_pointer(call.args(), adapter));
          !passed)
        return call.trap(std::move(passed.error()));
      if (callee.options.post_return) return begin_post_return(call, callee);
      return finish_adapter(call, adapter);
    }
    default:
      callee.instance->may_leave = true;
      return finish_adapter(call, adapter);
  }
}

bool freeze_adapter(const runtime::NativeFrame& frame, ByteWriter& out) {
  auto& adapter = frame.data_as<Adapter>();
  freeze_callee(frame.scratch<CalleeFrame>(), adapter.callee, out);
  return true;
}

bool thaw_adapter(const runtime::NativeFrame& frame, ByteReader& in) {
  auto& adapter = frame.data_as<Adapter>();
  CalleeFrame* thawed = thaw_callee(frame, adapter.callee, &adapter.caller, in);
  if (!thawed) return false;
  if (adapter.callee.options.is_async) expect_task_return(frame.args, adapter, *thawed);
  return true;
}

constexpr runtime::FrameFormat kAdapterFormat{freeze_adapter, thaw_adapter};

// --- guest → host -------------------------------------------------------------------------------

/// A host function as core code of one component instance sees it. Lenders of a call that is going
/// on are kept here, named by a word in the call's frame, because the door uses its scratch.
class HostLowering final : public runtime::HostImport {
 public:
  HostLowering(ComponentInstance& caller, const Options& options, Signature signature,
               uint32_t core_params)
      : caller_(caller), options_(options), signature_(signature), core_params_(core_params) {
    for (wit::Type type : signature.params) has_borrow_ |= type->has_borrow;
    if (has_borrow_) caller.lender_pools.push_back(&lenders_);
    // What is lowered `async` has other limits, and gives its result through memory.
    if (options.is_async) signature_.integer_params = signature_.integer_results = nullptr;
  }

  TrapOr<void> lift(NativeCall& call, ByteWriter& arguments) override {
    if (!caller_.may_leave) return std::unexpected(Trap::of(TrapKind::cannot_leave));
    if (signature_.integer_params) {
      signature_.integer_params->lift(call.args(), arguments);
      return {};
    }
    Lenders* lenders = nullptr;
    if (has_borrow_) {
      call.locals()[kToken] = lenders_.take();
      lenders = &lenders_.at(call.locals()[kToken]);
    }
    CallContext from(call, caller_, options_, nullptr, lenders);
    const uint32_t max_flat = options_.is_async ? wit::kMaxFlatAsyncParams : wit::kMaxFlatParams;
    return abi::lift_values(from.context(), signature_.params, max_flat,
                            slots(call.args(), core_params_), arguments);
  }

  TrapOr<void> lower(NativeCall& call, Bytes results) override {
    if (signature_.integer_results && signature_.integer_results->lower(results, call.results())) {
      if (has_borrow_) lenders_.give_back(call.locals()[kToken], caller_.handles);
      return {};
    }
    return lower_any(call, results);
  }

  void abandon(uint64_t token) override {
    if (has_borrow_) lenders_.give_back(token, caller_.handles);
  }

 private:
  TrapOr<void> lower_any(NativeCall& call, Bytes results) {
    std::optional<uint64_t> out;
    if (core_params_ > 0) out = call.args()[core_params_ - 1];
    ByteReader encoded(results);
    CallContext to(call, caller_, options_, nullptr, nullptr);
    Slot flat[wit::kMaxFlatResults] = {};
    const uint32_t max_flat = options_.is_async ? 0 : wit::kMaxFlatResults;
    REPRISE_ASSIGN(const uint32_t written, abi::lower_values(to.context(), signature_.results,
                                                             max_flat, encoded, flat, out));
    if (!encoded.at_end()) return std::unexpected(Trap::host("a host function gave too much"));
    std::copy(flat, flat + written, call.results());
    if (options_.is_async) call.results()[0] = kReturned;
    if (has_borrow_) lenders_.give_back(call.locals()[kToken], caller_.handles);
    return {};
  }

  ComponentInstance& caller_;
  Options options_;
  Signature signature_;
  uint32_t core_params_;
  bool has_borrow_ = false;
  LenderPool lenders_;
};

NativeStep trap_step(NativeCall& call) {
  const auto& message = call.data_as<std::string>();
  return call.trap({.kind = TrapKind::unavailable, .message = "unavailable import: " + message});
}

Result<FuncId> lower_host(ComponentInstance& caller, Callee& callee, const Options& options,
                          Signature signature, wasm::TypeId core_type) {
  RootInstance& root = *caller.root;
  const uint32_t core_params = root.store().types().func(core_type)->parameter_slots;
  auto lowering = std::make_shared<HostLowering>(caller, options, signature, core_params);
  lowering->function = callee.host;
  lowering->context = &root.context();
  auto* import = static_cast<runtime::HostImport*>(lowering.get());
  const runtime::NativeStepFunction step = root.open_door(*import);
  return root.add_native(core_type, {.step = step,
                                     .data = import,
                                     .owner = lowering,
                                     .call_slots = 0,
                                     .name = callee.name,
                                     .frame_format = import->frame_format});
}

Result<FuncId> lower_lifted(ComponentInstance& caller, Callee& callee, const Options& options,
                            Signature signature, wasm::TypeId core_type) {
  RootInstance& root = *caller.root;
  auto adapter = std::make_shared<Adapter>(
      Adapter{.caller = caller,
              .options = options,
              .signature = signature,
              .callee = callee,
              .core_params = root.store().types().func(core_type)->parameter_slots});
  return root.add_native(core_type, {.step = adapter_step,
                                     .data = adapter.get(),
                                     .owner = adapter,
                                     .call_slots = wit::kMaxFlatParams,
                                     .name = callee.name,
                                     .frame_format = &kAdapterFormat});
}

// --- host → guest -------------------------------------------------------------------------------

TrapOr<void> lower_arguments(NativeCall& call, HostCall& host, CalleeFrame& frame) {
  Callee& callee = *host.callee;
  if (const abi::Integers* integers = callee.signature.integer_params;
      integers && integers->lower(host.arguments, call.call_args()))
    return {};
  ByteReader encoded(host.arguments);
  CallContext to(call, *callee.instance, callee.options, &frame.scope, nullptr);
  REPRISE_TRY(abi::lower_values(to.context(), callee.signature.params, wit::kMaxFlatParams, encoded,
                                slots(call.call_args(), wit::kMaxFlatParams)));
  if (!encoded.at_end()) return std::unexpected(Trap::host("too many arguments"));
  return {};
}

TrapOr<void> lift_results(NativeCall& call, HostCall& host, CalleeFrame& frame) {
  Callee& callee = *host.callee;
  if (callee.options.is_async) return check_exit(call, frame, callee);
  REPRISE_TRY(check_borrows(frame.scope));
  if (callee.signature.integer_results) {
    callee.signature.integer_results->lift(call.call_args(), host.results);
    return {};
  }
  CallContext from(call, *callee.instance, callee.options, nullptr, nullptr);
  return abi::lift_values(from.context(), callee.signature.results, wit::kMaxFlatResults,
                          slots(call.call_args(), callee.core_results), host.results);
}

/// Lets task.return give the result to the host.
void expect_task_return(HostCall& host, CalleeFrame& frame) {
  frame.task.give = [&host, &frame](NativeCall& inner, std::span<const Slot> flat) -> TrapOr<void> {
    REPRISE_TRY(check_borrows(frame.scope));
    const Callee& callee = *host.callee;
    CallContext from(inner, *callee.instance, callee.options, nullptr, nullptr);
    return abi::lift_values(from.context(), callee.signature.results, wit::kMaxFlatParams, flat,
                            host.results);
  };
}

bool freeze_host_call(const runtime::NativeFrame& frame, ByteWriter& out) {
  HostCall* host = frame.data_as<RootInstance>().call_at(frame.args[0]);
  if (!host) return false;
  freeze_callee(frame.scratch<CalleeFrame>(), *host->callee, out);
  return true;
}

bool thaw_host_call(const runtime::NativeFrame& frame, ByteReader& in) {
  HostCall* host = frame.data_as<RootInstance>().call_at(frame.args[0]);
  if (!host || !host->callee->instance) return false;
  CalleeFrame* thawed = thaw_callee(frame, *host->callee, nullptr, in);
  if (!thawed) return false;
  if (host->callee->options.is_async) expect_task_return(*host, *thawed);
  return true;
}

}  // namespace

const runtime::FrameFormat kHostCallFormat{freeze_host_call, thaw_host_call};

NativeStep host_call_step(NativeCall& call) {
  auto& root = call.data_as<RootInstance>();
  HostCall* host = root.call_at(call.args()[0]);
  if (!host) return call.trap(Trap::host("no such call"));
  Callee& callee = *host->callee;
  switch (call.phase()) {
    case 0: {
      if (!callee.instance)
        return call.trap(Trap::host(fmt::format("`{}` is not a guest's function", callee.name)));
      CalleeFrame* frame = enter_callee(call, callee, nullptr);
      if (!frame) return call.trap(Trap::of(TrapKind::cannot_enter));
      if (callee.options.is_async) expect_task_return(*host, *frame);
      if (auto lowered = lower_arguments(call, *host, *frame); !lowered)
        return call.trap(std::move(lowered.error()));
      return call.call(callee.core);
    }
    case 1:
      if (auto lifted = lift_results(call, *host, call.scratch<CalleeFrame>()); !lifted)
        return call.trap(std::move(lifted.error()));
      if (callee.options.post_return) return begin_post_return(call, callee);
      break;
    default:
      callee.instance->may_leave = true;
      break;
  }
  leave_callee(call.scratch<CalleeFrame>(), callee, nullptr);
  return NativeStep::done;
}

Result<FuncId> lower_function(ComponentInstance& caller, Callee& callee, const Options& options,
                              Signature signature, wasm::TypeId core_type) {
  if (callee.host) return lower_host(caller, callee, options, signature, core_type);
  if (callee.instance) return lower_lifted(caller, callee, options, signature, core_type);
  return trapping_function(*caller.root, callee.unavailable, core_type);
}

Result<FuncId> trapping_function(RootInstance& root, std::string message, wasm::TypeId core_type) {
  auto owner = std::make_shared<std::string>(std::move(message));
  return root.add_native(
      core_type,
      {.step = trap_step, .data = owner.get(), .owner = owner, .call_slots = 0, .name = *owner});
}

// --- CallContext --------------------------------------------------------------------------------

std::span<uint8_t> CallContext::memory() {
  if (!options_.memory) return {};
  return call_.store().memory(options_.memory).bytes();
}

TrapOr<uint64_t> CallContext::realloc(uint64_t old_pointer, uint64_t old_size, uint64_t alignment,
                                      uint64_t new_size) {
  if (!options_.realloc) return std::unexpected(Trap::host("there is no realloc"));
  const Slot args[4] = {old_pointer, old_size, alignment, new_size};
  Slot result = 0;
  // spec: realloc runs with may_leave false, so that it cannot block. On a trap it stays so.
  instance_.may_leave = false;
  REPRISE_TRY(call_.call_leaf(options_.realloc, args, slots(&result, 1)));
  instance_.may_leave = true;
  return result;
}

TrapOr<uint32_t> CallContext::lift_handle(abi::Type type, uint32_t index) {
  if (type->kind != wit::TypeKind::own && type->kind != wit::TypeKind::borrow)
    return std::unexpected(Trap::host("streams, futures and error contexts cannot be passed yet"));
  const ResourceType& resource = *instance_.resources[type->resource.id];
  if (type->kind == wit::TypeKind::own) {
    // spec: lift_own.
    REPRISE_ASSIGN(const Handle* found, instance_.handles.get(index, resource));
    if (!found->is_own()) {
      return trap(
          TrapKind::handle,
          fmt::format("invalid handle: cannot lift own resource from a borrow (index {})", index));
    }
    REPRISE_ASSIGN(const Handle handle, instance_.handles.remove(index, resource));
    return handle.rep;
  }
  // spec: lift_borrow.
  REPRISE_ASSIGN(Handle * handle, instance_.handles.get(index, resource));
  if (lenders_) {
    ++handle->lends;
    lenders_->add(index);
  }
  return handle->rep;
}

TrapOr<uint32_t> CallContext::lower_handle(abi::Type type, uint32_t ordinal) {
  if (type->kind != wit::TypeKind::own && type->kind != wit::TypeKind::borrow)
    return std::unexpected(Trap::host("streams, futures and error contexts cannot be passed yet"));
  const ResourceType& resource = *instance_.resources[type->resource.id];
  if (type->kind == wit::TypeKind::own)
    return instance_.handles.add({.type = &resource, .rep = ordinal});
  // spec: lower_borrow. Whoever defines the resource gets its representation.
  if (resource.implementer == &instance_) return ordinal;
  if (!scope_) return std::unexpected(Trap::host("a borrow outside of a call"));
  ++scope_->borrows;
  return instance_.handles.add({.type = &resource, .rep = ordinal, .scope = scope_});
}

}  // namespace reprise::component
