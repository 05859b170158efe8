// The roots of a collection, and the dynamic types of references.

#include <algorithm>
#include <chrono>

#include "runtime/activation.hpp"
#include "runtime/store.hpp"

namespace reprise::runtime {

void StoreCore::root(Slot ref) {
  ++roots_[ref];
}

void StoreCore::unroot(Slot ref) {
  const auto found = roots_.find(ref);
  if (found != roots_.end() && --found->second == 0) roots_.erase(found);
}

void StoreCore::collect() {
  const auto begin = std::chrono::steady_clock::now();
  mark_and_sweep();
  const auto took = static_cast<uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count());
  ++statistics_.collections;
  statistics_.collection_nanoseconds += took;
  statistics_.longest_collection_nanoseconds =
      std::max(statistics_.longest_collection_nanoseconds, took);
}

void StoreCore::mark_and_sweep() {
  Heap& heap = *heap_;
  const auto mark_all = [&](wasm::ValueType type, std::span<const Slot> slots) {
    if (!may_name_object(types(), type)) return;
    for (Slot slot : slots) heap.mark(slot);
  };
  heap.collect(
      [&] {
        for (const auto& [ref, count] : roots_) heap.mark(ref);
        for (const Global& global : globals_) mark_all(global.type.value, {global.value, 1});
        for (const Table& table : tables_) mark_all(table.type().element, table.all());
        for (const auto& instance : instances_) {
          const auto& segments = instance->module().elements;
          for (size_t i = 0; i < instance->element_segments.size(); ++i)
            mark_all(segments[i].type, instance->element_segments[i]);
        }
        for (const Activation* activation : activations_)
          activation->each_root([&heap](Slot slot) { heap.mark(slot); });
      },
      [this](TagId id) { return std::span(types().func(tag(id).type)->parameters); });
}

bool StoreCore::reference_matches(Slot ref, wasm::ValueType type) {
  using wasm::AbstractHeapType;
  if (ref == kNullRef) return type.is_nullable();
  const wasm::HeapType wanted = type.heap();
  const wasm::TypeRegistry& registry = types();
  switch (registry.top(wanted)) {
    case AbstractHeapType::func:
      return registry.matches(wasm::HeapType(function(func_of_ref(ref)).type), wanted);
    case AbstractHeapType::extern_:
      return wanted == wasm::HeapType(AbstractHeapType::extern_);
    case AbstractHeapType::exn:
      return wanted == wasm::HeapType(AbstractHeapType::exn);
    default:
      break;
  }
  if (is_i31(ref)) return registry.matches(wasm::HeapType(AbstractHeapType::i31), wanted);
  if (is_extern_token(ref)) return wanted == wasm::HeapType(AbstractHeapType::any);
  return registry.matches(wasm::HeapType(heap_->type(ref)), wanted);
}

bool StoreCore::is_reference(Slot slot, wasm::ValueType type) {
  using wasm::AbstractHeapType;
  if (!type.is_reference()) return false;
  if (slot == kNullRef) return type.is_nullable();
  const AbstractHeapType top = types().top(type.heap());
  if (top == AbstractHeapType::func) {
    if (slot > functions_.size() || functions_[slot - 1].cell == nullptr) return false;
  } else if (!is_i31(slot) && !is_extern_token(slot)) {
    if (!heap_->is_object(slot)) return false;
    const bool is_exception = heap_->kind(slot) == ObjectKind::exception;
    if (is_exception != (top == AbstractHeapType::exn)) return false;
  } else if (top == AbstractHeapType::exn) {
    return false;
  }
  return reference_matches(slot, type);
}

}  // namespace reprise::runtime
