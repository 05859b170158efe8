// Handles: the table in each component instance that core code's `i32` handles index (spec:
// CanonicalABI.md §Table State, §Resource State).
//
// Which index a new handle gets is visible to the guest, so it follows the specification to the
// letter: index 0 is reserved, and freed indices are used again, the last freed first.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "component/limits.hpp"
#include "reprise/result.hpp"
#include "reprise/trap.hpp"
#include "runtime/door.hpp"

namespace reprise::component {

struct ComponentInstance;

/// A resource type at run time. Two are the same when they are the same object.
struct ResourceType {
  /// Whose it is; null for a host's.
  ComponentInstance* implementer = nullptr;
  /// Of a guest's; may be none.
  runtime::FuncId destructor;
  /// Of a host's: told when a guest drops an own handle; may be null.
  const runtime::HostFunction* on_drop = nullptr;
  /// "wasi:io/streams.pollable", for messages.
  std::string name;
};

/// A call of a lifted function, as long as it lasts: what borrowed handles belong to.
struct CallScope {
  uint32_t borrows = 0;
  /// Its name while a state is frozen or put back (freeze.hpp).
  uint32_t number = 0;
};

struct Handle {
  /// Null in a free entry.
  const ResourceType* type = nullptr;
  uint32_t rep = 0;
  uint32_t lends = 0;
  /// Of a borrowed handle; null for an owned one.
  CallScope* scope = nullptr;

  bool is_own() const { return scope == nullptr; }
};

class HandleTable {
 public:
  /// Spec: no more than 2^28 - 1, whatever the store allows.
  static constexpr uint32_t kMaxHandles = (1u << 28) - 1;

  explicit HandleTable(uint32_t limit = kMaxHandles) : limit_(std::min(limit, kMaxHandles)) {}

  TrapOr<uint32_t> add(Handle handle);
  /// Traps if there is none, or one of another type.
  TrapOr<Handle*> get(uint32_t index, const ResourceType& type);
  TrapOr<Handle> remove(uint32_t index, const ResourceType& type);
  uint32_t live() const { return live_; }

  /// A handle that is known to be there.
  Handle& at(uint32_t index) { return entries_[index]; }
  bool has(uint32_t index) const { return index < entries_.size() && entries_[index].type; }
  /// Calls `visit(index, handle)` for each, in the order of their indices.
  template <class Visit>
  void each(Visit visit) const {
    for (uint32_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].type) visit(i, entries_[i]);
  }

  // The table as bytes and back; resource types have numbers there, and calls that borrowed theirs.
  using NumberOfType = std::function<uint32_t(const ResourceType*)>;
  using TypeOfNumber = std::function<const ResourceType*(uint32_t)>;  // null: there is none
  using ScopeOfNumber = std::function<CallScope*(uint32_t)>;          // null: there is none
  void freeze(ByteWriter& out, const NumberOfType& number) const;
  Result<void> thaw(ByteReader& in, const TypeOfNumber& type, const ScopeOfNumber& scope);

 private:
  std::vector<Handle> entries_{1};
  std::vector<uint32_t> free_;
  uint32_t live_ = 0;
  uint32_t limit_;
};

/// The handles lent to one call, to be given back when it ends (spec: Subtask.deliver_resolve).
class Lenders {
 public:
  void add(uint32_t index) {
    if (count_ < kInline)
      inline_[count_] = index;
    else
      more_.push_back(index);
    ++count_;
  }
  void give_back(HandleTable& table) {
    for (uint32_t i = 0; i < count_; ++i) --table.at(at(i)).lends;
    count_ = 0;
    more_.clear();
  }

  void freeze(ByteWriter& out) const;
  Result<void> thaw(ByteReader& in);
  /// All of them are in the table.
  bool are_in(const HandleTable& table) const;

 private:
  static constexpr uint32_t kInline = 4;
  uint32_t at(uint32_t i) const { return i < kInline ? inline_[i] : more_[i - kInline]; }

  uint32_t inline_[kInline] = {};
  uint32_t count_ = 0;
  std::vector<uint32_t> more_;
};

/// Lenders of calls that have nowhere to keep them but a number.
class LenderPool {
 public:
  uint64_t take();
  Lenders& at(uint64_t number) { return lenders_[number]; }
  void give_back(uint64_t number, HandleTable& table);

  void freeze(ByteWriter& out) const;
  Result<void> thaw(ByteReader& in);
  bool are_in(const HandleTable& table) const;

 private:
  std::deque<Lenders> lenders_;
  std::vector<uint64_t> free_;
};

}  // namespace reprise::component
