// The engine's types, each once (spec: valid/types, "type equivalence"; appendix,
// "canonicalisation").
//
// WebAssembly types are equal by structure, including recursive groups: two groups are the same
// type if they are the same up to the names of their members. Comparing structures at each
// call_indirect or link would be slow, so each group is *interned* here when a module is read: it
// is rewritten so that references to members of the group say "position k of this group" and
// references outward carry ids that are canonical already, and that word sequence is looked up in a
// hash table. Equal groups have equal sequences, so a module's types become small integers whose
// equality is type equality everywhere.
//
// The cost: a mutex and a hash lookup per group when a module is read, nothing afterwards; and
// types live as long as the registry does. Reading a type by id takes no lock: storage grows by
// chunks that never move, and whoever holds an id got it after the entry was written.

#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "reprise/result.hpp"
#include "wasm/limits.hpp"
#include "wasm/types.hpp"

namespace reprise::wasm {

class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  /// Interns a recursive group. Members refer to each other by HeapType::group_member, and to
  /// earlier types by id. Checks that each declared supertype is one (invalid otherwise). Members
  /// get consecutive ids, starting with the result. Thread-safe.
  Result<TypeId> intern(std::vector<SubType> group);
  /// The function type of a host function, or of an adapter: final, in a group of its own.
  Result<TypeId> intern_func(std::vector<ValueType> parameters, std::vector<ValueType> results);

  const SubType& operator[](TypeId id) const {
    const uint32_t biased = id.value + kFirstChunk;
    const int chunk = 31 - __builtin_clz(biased);
    return chunks_[static_cast<size_t>(chunk)][biased - (1u << chunk)];
  }
  const FuncType* func(TypeId id) const { return (*this)[id].func(); }
  uint32_t size() const;

  // Subtyping (spec: valid/matching). `matches(a, b)` is a <: b.
  bool matches(TypeId a, TypeId b) const {
    if (a == b) return true;
    const size_t depth = (*this)[b].ancestors.size();
    const std::vector<TypeId>& of_a = (*this)[a].ancestors;
    return depth < of_a.size() && of_a[depth] == b;
  }
  bool matches(HeapType a, HeapType b) const;
  bool matches(ValueType a, ValueType b) const {
    return a == b || a.is_bottom() || matches_reference(a, b);
  }
  bool matches(const FieldType& a, const FieldType& b) const;
  bool matches(const GlobalType& a, const GlobalType& b) const;
  /// The top of the hierarchy that `type` is in: any, func, extern or exn.
  AbstractHeapType top(HeapType type) const;

 private:
  static constexpr uint32_t kFirstChunk = 256;
  bool matches_reference(ValueType a, ValueType b) const;
  bool matches_composite(const CompositeType& a, const CompositeType& b) const;
  Result<void> place_below_super(TypeId id);
  Result<void> check_matches_super(TypeId id) const;
  SubType& slot(uint32_t index);

  // Chunk k holds the ids whose biased value has k as its highest bit. Written under the mutex,
  // each chunk once, before the first id in it is handed out.
  std::array<std::unique_ptr<SubType[]>, 32> chunks_;
  mutable std::mutex mutex_;
  uint32_t size_ = 0;
  std::unordered_map<std::u32string, uint32_t> groups_;
};

}  // namespace reprise::wasm
