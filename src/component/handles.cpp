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

}  // namespace reprise::component
