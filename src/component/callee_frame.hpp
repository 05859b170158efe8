// What a call of a lifted function keeps while it lasts, from entering its instance to leaving it.
// It is the scratch of the native frame that makes the call: an adapter's, or that of a call from
// the host.

#pragma once

#include <array>

#include "component/abi/dynamic.hpp"
#include "component/instance.hpp"
#include "runtime/native.hpp"

namespace reprise::component {

struct CalleeFrame {
  CallScope scope;
  Lenders lenders;
  abi::TransferBuffer buffer;  // within one phase
  std::array<uint32_t, 2> outer_context{};
  AsyncTask* outer_task = nullptr;
  bool outer_may_block = false;
  AsyncTask task;
  /// What task.return gave, until the call is done.
  std::array<runtime::Slot, wit::kMaxFlatResults> result{};
  uint32_t result_slots = 0;
};

/// Null if the instance must not be entered. `caller` is null when the host calls.
CalleeFrame* enter_callee(runtime::NativeCall& call, Callee& callee, ComponentInstance* caller);
void leave_callee(const CalleeFrame& frame, Callee& callee, ComponentInstance* caller);

/// spec: Task.return_. Handles that were borrowed for the call must be gone.
TrapOr<void> check_borrows(const CallScope& scope);

/// The frame as bytes, but for what its instances say of it (freeze.hpp).
void freeze_callee(CalleeFrame& frame, const Callee& callee, ByteWriter& out);
/// Null if they make no sense there.
CalleeFrame* thaw_callee(const runtime::NativeFrame& native, Callee& callee,
                         ComponentInstance* caller, ByteReader& in);

}  // namespace reprise::component
