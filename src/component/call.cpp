#include "component/call.hpp"

#include <fmt/format.h>

#include "component/abi/dynamic.hpp"

namespace reprise::component {
namespace {

using runtime::FuncId;
using runtime::NativeCall;
using runtime::NativeFunction;
using runtime::NativeStep;
using runtime::Slot;

std::span<Slot> slots(Slot* at, size_t count) {
  return {at, count};
}

/// The call of a lifted function, from entering its instance to leaving it.
struct CalleeFrame {
  CallScope scope;
  Lenders lenders;
  abi::TransferBuffer buffer;
  std::array<uint32_t, 2> outer_context{};
};

/// Null if the instance must not be entered.
CalleeFrame* enter(NativeCall& call, Callee& callee, ComponentInstance* caller) {
  ComponentInstance& instance = *callee.instance;
  if (!instance.may_enter_from(caller)) return nullptr;
  instance.enter_from(caller);
  auto& frame = call.emplace_scratch<CalleeFrame>();
  frame.outer_context = std::exchange(instance.context, {});
  return &frame;
}

void leave(const CalleeFrame& frame, Callee& callee, ComponentInstance* caller) {
  callee.instance->context = frame.outer_context;
  callee.instance->leave_to(caller);
}

/// spec: Task.return_. Handles that were borrowed for the call must be gone.
TrapOr<void> check_borrows(const CallScope& scope) {
  if (scope.borrows != 0) return std::unexpected(Trap::of(TrapKind::borrow_outlives_call));
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
  CallContext from(call, adapter.caller, adapter.options, nullptr, &frame.lenders);
  CallContext to(call, *callee.instance, callee.options, &frame.scope, nullptr);
  const abi::TransferSide source{from.context(), adapter.signature.params, wit::kMaxFlatParams};
  const abi::TransferSide target{to.context(), callee.signature.params, wit::kMaxFlatParams};
  REPRISE_TRY(abi::transfer_values(source, slots(call.args(), adapter.core_params), target,
                                   slots(call.call_args(), wit::kMaxFlatParams), frame.buffer));
  return {};
}

TrapOr<void> transfer_results(NativeCall& call, Adapter& adapter, CalleeFrame& frame) {
  Callee& callee = adapter.callee;
  CallContext from(call, *callee.instance, callee.options, nullptr, nullptr);
  CallContext to(call, adapter.caller, adapter.options, nullptr, nullptr);
  const abi::TransferSide source{from.context(), callee.signature.results, wit::kMaxFlatResults};
  const abi::TransferSide target{to.context(), adapter.signature.results, wit::kMaxFlatResults};
  // Where the result doesn't fit, the caller's last argument says where it goes.
  std::optional<uint64_t> out;
  if (adapter.core_params > 0) out = call.args()[adapter.core_params - 1];
  Slot flat[wit::kMaxFlatResults] = {};
  frame.buffer.values = ByteWriter();
  frame.buffer.strings.clear();
  REPRISE_ASSIGN(const uint32_t written,
                 abi::transfer_values(source, slots(call.call_args(), callee.core_results), target,
                                      flat, frame.buffer, out));
  std::copy(flat, flat + written, call.results());
  return {};
}

NativeStep finish_adapter(NativeCall& call, Adapter& adapter) {
  auto& frame = call.scratch<CalleeFrame>();
  leave(frame, adapter.callee, &adapter.caller);
  frame.lenders.give_back(adapter.caller.handles);
  return NativeStep::done;
}

NativeStep adapter_step(NativeCall& call) {
  auto& adapter = call.data_as<Adapter>();
  Callee& callee = adapter.callee;
  switch (call.phase()) {
    case 0: {
      if (!adapter.caller.may_leave) return call.trap(Trap::of(TrapKind::cannot_leave));
      CalleeFrame* frame = enter(call, callee, &adapter.caller);
      if (!frame) return call.trap(Trap::of(TrapKind::cannot_enter));
      if (auto passed = transfer_arguments(call, adapter, *frame); !passed)
        return call.trap(std::move(passed.error()));
      return call.call(callee.core);
    }
    case 1: {
      auto& frame = call.scratch<CalleeFrame>();
      if (auto checked = check_borrows(frame.scope); !checked)
        return call.trap(std::move(checked.error()));
      if (auto passed = transfer_results(call, adapter, frame); !passed)
        return call.trap(std::move(passed.error()));
      if (callee.options.post_return) return begin_post_return(call, callee);
      return finish_adapter(call, adapter);
    }
    default:
      callee.instance->may_leave = true;
      return finish_adapter(call, adapter);
  }
}

// --- guest → host -------------------------------------------------------------------------------

/// A host function as core code of one component instance sees it. Lenders of a call that is going
/// on are kept here, named by a word in the call's frame, because the door uses its scratch.
class HostLowering final : public runtime::HostImport {
 public:
  HostLowering(ComponentInstance& caller, const Options& options, Signature signature,
               uint32_t core_params)
      : caller_(caller), options_(options), signature_(signature), core_params_(core_params) {
    for (wit::Type type : signature.params) has_borrow_ |= type->has_borrow;
  }

  TrapOr<void> lift(NativeCall& call, ByteWriter& arguments) override {
    if (!caller_.may_leave) return std::unexpected(Trap::of(TrapKind::cannot_leave));
    Lenders* lenders = nullptr;
    if (has_borrow_) {
      call.locals()[kLenders] = take_lenders();
      lenders = &lenders_[call.locals()[kLenders]];
    }
    CallContext from(call, caller_, options_, nullptr, lenders);
    return abi::lift_values(from.context(), signature_.params, wit::kMaxFlatParams,
                            slots(call.args(), core_params_), arguments);
  }

  TrapOr<void> lower(NativeCall& call, Bytes results) override {
    std::optional<uint64_t> out;
    if (core_params_ > 0) out = call.args()[core_params_ - 1];
    ByteReader encoded(results);
    CallContext to(call, caller_, options_, nullptr, nullptr);
    Slot flat[wit::kMaxFlatResults] = {};
    REPRISE_ASSIGN(const uint32_t written,
                   abi::lower_values(to.context(), signature_.results, wit::kMaxFlatResults,
                                     encoded, flat, out));
    if (!encoded.at_end()) return std::unexpected(Trap::host("a host function gave too much"));
    std::copy(flat, flat + written, call.results());
    if (has_borrow_) give_back(call.locals()[kLenders]);
    return {};
  }

 private:
  static constexpr size_t kLenders = 3;

  uint64_t take_lenders() {
    if (free_.empty()) {
      lenders_.emplace_back();
      return lenders_.size() - 1;
    }
    const uint64_t id = free_.back();
    free_.pop_back();
    return id;
  }

  void give_back(uint64_t id) {
    lenders_[id].give_back(caller_.handles);
    free_.push_back(id);
  }

  ComponentInstance& caller_;
  Options options_;
  Signature signature_;
  uint32_t core_params_;
  bool has_borrow_ = false;
  std::deque<Lenders> lenders_;
  std::vector<uint64_t> free_;
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
  return root.add_native(core_type, {.step = root.open_door(*import),
                                     .data = import,
                                     .owner = lowering,
                                     .call_slots = 0,
                                     .name = callee.name});
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
                                     .name = callee.name});
}

// --- host → guest -------------------------------------------------------------------------------

TrapOr<void> lower_arguments(NativeCall& call, HostCall& host, CalleeFrame& frame) {
  Callee& callee = *host.callee;
  ByteReader encoded(host.arguments);
  CallContext to(call, *callee.instance, callee.options, &frame.scope, nullptr);
  REPRISE_TRY(abi::lower_values(to.context(), callee.signature.params, wit::kMaxFlatParams, encoded,
                                slots(call.call_args(), wit::kMaxFlatParams)));
  if (!encoded.at_end()) return std::unexpected(Trap::host("too many arguments"));
  return {};
}

TrapOr<void> lift_results(NativeCall& call, HostCall& host, CalleeFrame& frame) {
  Callee& callee = *host.callee;
  REPRISE_TRY(check_borrows(frame.scope));
  CallContext from(call, *callee.instance, callee.options, nullptr, nullptr);
  return abi::lift_values(from.context(), callee.signature.results, wit::kMaxFlatResults,
                          slots(call.call_args(), callee.core_results), host.results);
}

}  // namespace

NativeStep host_call_step(NativeCall& call) {
  auto& root = call.data_as<RootInstance>();
  HostCall* host = root.call_at(call.args()[0]);
  if (!host) return call.trap(Trap::host("no such call"));
  Callee& callee = *host->callee;
  switch (call.phase()) {
    case 0: {
      if (!callee.instance)
        return call.trap(Trap::host(fmt::format("`{}` is not a guest's function", callee.name)));
      if (callee.options.is_async)
        return call.trap(Trap::host("functions lifted with `async` cannot be called yet"));
      CalleeFrame* frame = enter(call, callee, nullptr);
      if (!frame) return call.trap(Trap::of(TrapKind::cannot_enter));
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
  leave(call.scratch<CalleeFrame>(), callee, nullptr);
  return NativeStep::done;
}

Result<FuncId> lower_function(ComponentInstance& caller, Callee& callee, const Options& options,
                              Signature signature, wasm::TypeId core_type) {
  if (callee.host) return lower_host(caller, callee, options, signature, core_type);
  if (callee.instance && !callee.options.is_async && !options.is_async)
    return lower_lifted(caller, callee, options, signature, core_type);
  return trapping_function(
      *caller.root,
      callee.instance ? "asynchronous calls are not supported yet" : callee.unavailable, core_type);
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
