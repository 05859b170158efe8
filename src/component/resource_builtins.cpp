// resource.new, resource.rep, resource.drop (spec: CanonicalABI.md §canon resource.new and those
// after it). Dropping an own handle calls the destructor of whoever defined the resource: of a
// guest as a call into its instance, of a host as a call through a door like any other.

#include <fmt/format.h>

#include <algorithm>

#include "component/call.hpp"

namespace reprise::component {
namespace {

using runtime::NativeCall;
using runtime::NativeStep;

struct ResourceBuiltin {
  ComponentInstance& instance;
  const ResourceType& type;
};

NativeStep new_step(NativeCall& call) {
  auto& builtin = call.data_as<ResourceBuiltin>();
  if (!builtin.instance.may_leave) return call.trap(Trap::of(TrapKind::cannot_leave));
  const auto rep = static_cast<uint32_t>(call.args()[0]);
  auto index = builtin.instance.handles.add({.type = &builtin.type, .rep = rep});
  if (!index) return call.trap(std::move(index.error()));
  call.results()[0] = *index;
  return NativeStep::done;
}

NativeStep rep_step(NativeCall& call) {
  auto& builtin = call.data_as<ResourceBuiltin>();
  auto handle = builtin.instance.handles.get(static_cast<uint32_t>(call.args()[0]), builtin.type);
  if (!handle) return call.trap(std::move(handle.error()));
  call.results()[0] = (*handle)->rep;
  return NativeStep::done;
}

/// Takes the handle out. The rep, if it was the owner's.
TrapOr<std::optional<uint32_t>> drop_handle(NativeCall& call, ComponentInstance& instance,
                                            const ResourceType& type) {
  if (!instance.may_leave) return std::unexpected(Trap::of(TrapKind::cannot_leave));
  REPRISE_ASSIGN(const Handle handle,
                 instance.handles.remove(static_cast<uint32_t>(call.args()[0]), type));
  if (handle.is_own()) return handle.rep;
  --handle.scope->borrows;
  return std::nullopt;
}

NativeStep drop_guest_step(NativeCall& call) {
  auto& builtin = call.data_as<ResourceBuiltin>();
  ComponentInstance& implementer = *builtin.type.implementer;
  if (call.phase() > 0) {
    std::copy_n(call.locals(), implementer.context.size(), implementer.context.begin());
    implementer.leave_to(&builtin.instance);
    return NativeStep::done;
  }
  auto rep = drop_handle(call, builtin.instance, builtin.type);
  if (!rep) return call.trap(std::move(rep.error()));
  if (!*rep) return NativeStep::done;
  if (!implementer.may_enter_from(&builtin.instance))
    return call.trap(Trap::of(TrapKind::cannot_enter));
  if (!builtin.type.destructor) return NativeStep::done;
  implementer.enter_from(&builtin.instance);
  // The destructor is a call, with context slots of its own.
  std::copy_n(implementer.context.begin(), implementer.context.size(), call.locals());
  implementer.context = {};
  call.call_args()[0] = **rep;
  return call.call(builtin.type.destructor);
}

bool freeze_drop(const runtime::NativeFrame&, ByteWriter&) {
  return true;  // all is in its locals
}
bool thaw_drop(const runtime::NativeFrame& frame, ByteReader&) {
  return frame.record.phase == 0;
}
constexpr runtime::FrameFormat kDropFormat{freeze_drop, thaw_drop};

/// The destructor of a host's resource, as an import that takes the rep that was dropped.
class HostDrop final : public runtime::HostImport {
 public:
  HostDrop(ComponentInstance& i, const ResourceType& t) : instance(i), type(t) {}

  TrapOr<void> lift(NativeCall& call, ByteWriter& arguments) override {
    arguments.leb_u32(static_cast<uint32_t>(call.args()[0]));
    return {};
  }
  TrapOr<void> lower(NativeCall&, Bytes) override { return {}; }

  ComponentInstance& instance;
  const ResourceType& type;
  runtime::NativeStepFunction door_step = nullptr;
};

NativeStep drop_host_step(NativeCall& call) {
  auto& drop = static_cast<HostDrop&>(call.data_as<runtime::HostImport>());
  if (call.phase() == 0) {
    auto rep = drop_handle(call, drop.instance, drop.type);
    if (!rep) return call.trap(std::move(rep.error()));
    if (!*rep || !drop.door_step) return NativeStep::done;
    call.args()[0] = **rep;
  }
  return drop.door_step(call);
}

Result<runtime::FuncId> host_drop_function(ComponentInstance& instance, const ResourceType& type,
                                           wasm::TypeId core_type, std::string name) {
  RootInstance& root = *instance.root;
  auto drop = std::make_shared<HostDrop>(instance, type);
  auto* import = static_cast<runtime::HostImport*>(drop.get());
  if (type.on_drop) {
    import->function = type.on_drop;
    import->context = &root.context();
    drop->door_step = root.open_door(*import);
  }
  return root.add_native(core_type, {.step = drop_host_step,
                                     .data = import,
                                     .owner = drop,
                                     .call_slots = 0,
                                     .name = std::move(name),
                                     .frame_format = import->frame_format});
}

}  // namespace

Result<runtime::FuncId> resource_function(ComponentInstance& instance, CanonOp op,
                                          const ResourceType& type, wasm::TypeId core_type) {
  std::string name = fmt::format("{} {}", to_string(op), type.name);
  if (op == CanonOp::resource_drop && !type.implementer)
    return host_drop_function(instance, type, core_type, std::move(name));
  auto builtin = std::make_shared<ResourceBuiltin>(ResourceBuiltin{instance, type});
  const bool drops = op == CanonOp::resource_drop;
  return instance.root->add_native(core_type,
                                   {.step = op == CanonOp::resource_new   ? new_step
                                            : op == CanonOp::resource_rep ? rep_step
                                                                          : drop_guest_step,
                                    .data = builtin.get(),
                                    .owner = builtin,
                                    .call_slots = 1,
                                    .name = std::move(name),
                                    .frame_format = drops ? &kDropFormat : nullptr});
}

}  // namespace reprise::component
