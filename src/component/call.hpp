// Calls across the borders of component instances. Each is a native function (runtime/native.hpp),
// so nothing of it stays on the native stack while a guest runs:
//
//   guest → host     lower_host_step:   lift arguments → door → lower results
//   guest → guest    adapter_step:      lift from the caller, lower into the callee → call it →
//                                       lift its results, lower into the caller → call post-return
//   host → guest     host_call_step:    lower arguments → call → lift results → call post-return
//
// Only a guest's realloc is called from inside, and waited for.
//
// Of asynchronous calls there is the part in which nobody waits: a function lifted with `async`
// gives its result through task.return before it ends, and a call lowered with `async` has then
// returned at once. What would have to wait traps.

#pragma once

#include <memory>

#include "component/instance.hpp"
#include "runtime/native.hpp"

namespace reprise::component {

/// The instance's side of lifting and lowering, for one phase of one call.
class CallContext final : public abi::Instance {
 public:
  /// `scope` is what handles borrowed by this instance belong to, `lenders` where it notes what it
  /// lends; each is null where the types cannot need it.
  CallContext(runtime::NativeCall& call, ComponentInstance& instance, const Options& options,
              CallScope* scope, Lenders* lenders)
      : context_{.instance = *this, .string_encoding = options.encoding, .width = options.width},
        call_(call),
        instance_(instance),
        options_(options),
        scope_(scope),
        lenders_(lenders) {}

  abi::Context& context() { return context_; }

  std::span<uint8_t> memory() override;
  TrapOr<uint64_t> realloc(uint64_t old_pointer, uint64_t old_size, uint64_t alignment,
                           uint64_t new_size) override;
  TrapOr<uint32_t> lift_handle(abi::Type type, uint32_t index) override;
  TrapOr<uint32_t> lower_handle(abi::Type type, uint32_t ordinal) override;

 private:
  abi::Context context_;
  runtime::NativeCall& call_;
  ComponentInstance& instance_;
  const Options& options_;
  CallScope* scope_;
  Lenders* lenders_;
};

/// `canon lower` of a component-level function, as a core function of `caller`.
Result<runtime::FuncId> lower_function(ComponentInstance& caller, Callee& callee,
                                       const Options& options, Signature signature,
                                       wasm::TypeId core_type);

/// resource.new, resource.drop, resource.rep.
Result<runtime::FuncId> resource_function(ComponentInstance& instance, CanonOp op,
                                          const ResourceType& type, wasm::TypeId core_type);

/// Every other built-in. `result` is what task.return gives.
Result<runtime::FuncId> builtin_function(ComponentInstance& instance, const step::Builtin& step,
                                         const Options& options, const Signature& result);

/// A core function that traps with the message.
Result<runtime::FuncId> trapping_function(RootInstance& root, std::string message,
                                          wasm::TypeId core_type);

/// The one that RootInstance::call_function names: takes the id of a HostCall.
runtime::NativeStep host_call_step(runtime::NativeCall& call);
extern const runtime::FrameFormat kHostCallFormat;

}  // namespace reprise::component
