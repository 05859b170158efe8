#include "component/handles.hpp"

#include <fmt/format.h>

#include "reprise/limits.hpp"

namespace reprise::component {

TrapOr<uint32_t> HandleTable::add(Handle handle) {
  if (live_ >= limit_)
    return trap(TrapKind::handle,
                fmt::format("invalid handle: {}", Limits::exceeded("handles", limit_).message));
  ++live_;
  if (!free_.empty()) {
    const uint32_t index = free_.back();
    free_.pop_back();
    entries_[index] = handle;
    return index;
  }
  entries_.push_back(handle);
  return static_cast<uint32_t>(entries_.size() - 1);
}

TrapOr<Handle*> HandleTable::get(uint32_t index, const ResourceType& type) {
  if (index >= entries_.size() || !entries_[index].type)
    return trap(TrapKind::handle, fmt::format("invalid handle: unknown handle index {}", index));
  Handle& handle = entries_[index];
  if (handle.type == &type) return &handle;
  auto described = [](const ResourceType& t) {
    return t.implementer ? "guest-defined resource" : "host-defined resource";
  };
  const bool both_guest = handle.type->implementer && type.implementer;
  return trap(TrapKind::handle,
              fmt::format("invalid handle: handle index {} used with the wrong type, expected {} "
                          "but found a {}{} ({} for {})",
                          index, described(type), both_guest ? "different " : "",
                          described(*handle.type), handle.type->name, type.name));
}

TrapOr<Handle> HandleTable::remove(uint32_t index, const ResourceType& type) {
  REPRISE_ASSIGN(Handle * found, get(index, type));
  if (found->lends != 0) {
    return trap(TrapKind::handle,
                found->is_own() ? "invalid handle: cannot remove owned resource while borrowed"
                                : "invalid handle: cannot remove a handle while it is lent");
  }
  const Handle handle = *found;
  *found = {};
  free_.push_back(index);
  --live_;
  return handle;
}

// ---- As bytes ----

void HandleTable::freeze(ByteWriter& out, const NumberOfType& number) const {
  out.leb_u64(entries_.size());
  for (const Handle& handle : entries_) {
    out.leb_u32(handle.type ? number(handle.type) + 1 : 0);
    if (!handle.type) continue;
    out.leb_u32(handle.rep);
    out.leb_u32(handle.lends);
    out.leb_u32(handle.scope ? handle.scope->number : 0);
  }
  for (uint32_t index : free_) out.leb_u32(index);
}

Result<void> HandleTable::thaw(ByteReader& in, const TypeOfNumber& type,
                               const ScopeOfNumber& scope) {
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count == 0 || count > in.remaining() || count > uint64_t{limit_} + 1)
    return in.malformed("frozen handles are cut");
  std::vector<Handle> entries(count);
  live_ = 0;
  for (Handle& handle : entries) {
    REPRISE_ASSIGN(const uint32_t number, in.leb_u32());
    if (number == 0) continue;
    handle.type = type(number - 1);
    REPRISE_ASSIGN(handle.rep, in.leb_u32());
    REPRISE_ASSIGN(handle.lends, in.leb_u32());
    REPRISE_ASSIGN(const uint32_t borrowed_for, in.leb_u32());
    if (borrowed_for != 0) handle.scope = scope(borrowed_for);
    if (!handle.type || (borrowed_for != 0 && !handle.scope))
      return in.malformed("a frozen handle is of nothing");
    ++live_;
  }
  if (entries[0].type) return in.malformed("handle 0 is none");
  // Every entry but the first is in use or free, once.
  free_.clear();
  std::vector<bool> is_free(count);
  for (uint64_t i = 0; i + 1 + live_ < count; ++i) {
    REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
    if (index == 0 || index >= count || entries[index].type || is_free[index])
      return in.malformed("a frozen free handle is none");
    is_free[index] = true;
    free_.push_back(index);
  }
  entries_ = std::move(entries);
  return ok();
}

void Lenders::freeze(ByteWriter& out) const {
  out.leb_u32(count_);
  for (uint32_t i = 0; i < count_; ++i) out.leb_u32(at(i));
}

Result<void> Lenders::thaw(ByteReader& in) {
  count_ = 0;
  more_.clear();
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  if (count > in.remaining()) return in.malformed("frozen lenders are cut");
  for (uint32_t i = 0; i < count; ++i) {
    REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
    add(index);
  }
  return ok();
}

bool Lenders::are_in(const HandleTable& table) const {
  for (uint32_t i = 0; i < count_; ++i)
    if (!table.has(at(i))) return false;
  return true;
}

// ---- The pool ----

uint64_t LenderPool::take() {
  if (free_.empty()) {
    lenders_.emplace_back();
    return lenders_.size() - 1;
  }
  const uint64_t number = free_.back();
  free_.pop_back();
  return number;
}

void LenderPool::give_back(uint64_t number, HandleTable& table) {
  if (number >= lenders_.size()) return;  // of a frame that was put back wrongly
  lenders_[number].give_back(table);
  free_.push_back(number);
}

void LenderPool::freeze(ByteWriter& out) const {
  out.leb_u64(lenders_.size());
  for (const Lenders& lenders : lenders_) lenders.freeze(out);
  out.leb_u64(free_.size());
  for (uint64_t number : free_) out.leb_u64(number);
}

Result<void> LenderPool::thaw(ByteReader& in) {
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count > in.remaining()) return in.malformed("frozen lenders are cut");
  lenders_.assign(count, {});
  for (Lenders& lenders : lenders_) REPRISE_TRY(lenders.thaw(in));
  REPRISE_ASSIGN(const uint64_t free, in.leb_u64());
  if (free > count) return in.malformed("frozen lenders are cut");
  free_.clear();
  for (uint64_t i = 0; i < free; ++i) {
    REPRISE_ASSIGN(const uint64_t number, in.leb_u64());
    if (number >= count) return in.malformed("a frozen lender is none");
    free_.push_back(number);
  }
  return ok();
}

bool LenderPool::are_in(const HandleTable& table) const {
  return std::ranges::all_of(lenders_, [&](const Lenders& l) { return l.are_in(table); });
}

}  // namespace reprise::component
