#include "component/callee_frame.hpp"

namespace reprise::component {

using runtime::NativeCall;

CalleeFrame* enter_callee(NativeCall& call, Callee& callee, ComponentInstance* caller) {
  ComponentInstance& instance = *callee.instance;
  if (!instance.may_enter_from(caller)) return nullptr;
  instance.enter_from(caller);
  auto& frame = call.emplace_scratch<CalleeFrame>();
  frame.outer_context = std::exchange(instance.context, {});
  frame.task.callee = &callee;
  frame.outer_task = std::exchange(instance.task, callee.options.is_async ? &frame.task : nullptr);
  frame.outer_may_block = std::exchange(instance.may_block, callee.signature.type->async);
  return &frame;
}

void leave_callee(const CalleeFrame& frame, Callee& callee, ComponentInstance* caller) {
  callee.instance->context = frame.outer_context;
  callee.instance->task = frame.outer_task;
  callee.instance->may_block = frame.outer_may_block;
  callee.instance->leave_to(caller);
}

TrapOr<void> check_borrows(const CallScope& scope) {
  if (scope.borrows != 0) return std::unexpected(Trap::of(TrapKind::borrow_outlives_call));
  return {};
}

void freeze_callee(CalleeFrame& frame, const Callee& callee, ByteWriter& out) {
  frame.scope.number = callee.instance->root->note_live(
      {&frame.scope, &frame.task, &frame.outer_task, &frame.lenders, nullptr});
  out.leb_u32(frame.scope.number);
  out.leb_u32(frame.scope.borrows);
  frame.lenders.freeze(out);
  for (uint32_t word : frame.outer_context) out.leb_u32(word);
  out.u8(frame.outer_may_block ? 1 : 0);
  out.u8(frame.task.returned ? 1 : 0);
  out.leb_u32(frame.result_slots);
  for (uint32_t i = 0; i < frame.result_slots; ++i) out.u64_le(frame.result[i]);
}

namespace {

Result<void> read_callee(CalleeFrame& frame, ByteReader& in) {
  REPRISE_ASSIGN(frame.scope.number, in.leb_u32());
  REPRISE_ASSIGN(frame.scope.borrows, in.leb_u32());
  REPRISE_TRY(frame.lenders.thaw(in));
  for (uint32_t& word : frame.outer_context) {
    REPRISE_ASSIGN(word, in.leb_u32());
  }
  REPRISE_ASSIGN(const uint8_t may_block, in.u8());
  frame.outer_may_block = may_block != 0;
  REPRISE_ASSIGN(const uint8_t returned, in.u8());
  frame.task.returned = returned != 0;
  REPRISE_ASSIGN(frame.result_slots, in.leb_u32());
  if (frame.result_slots > frame.result.size()) return in.malformed("too many frozen results");
  for (uint32_t i = 0; i < frame.result_slots; ++i) {
    REPRISE_ASSIGN(frame.result[i], in.u64_le());
  }
  return ok();
}

}  // namespace

CalleeFrame* thaw_callee(const runtime::NativeFrame& native, Callee& callee,
                         ComponentInstance* caller, ByteReader& in) {
  // It waits for the core function, or for its post-return.
  const bool returns_later = callee.options.post_return && !callee.options.is_async;
  if (native.record.phase > (returns_later ? 1u : 0u)) return nullptr;
  auto& frame = native.emplace_scratch<CalleeFrame>();
  frame.task.callee = &callee;
  if (!read_callee(frame, in)) return nullptr;
  HandleTable* lent_by = caller ? &caller->handles : nullptr;
  const LiveCall live{&frame.scope, &frame.task, &frame.outer_task, &frame.lenders, lent_by};
  if (!callee.instance->root->put_back_live(frame.scope.number, live)) return nullptr;
  return &frame;
}

}  // namespace reprise::component
