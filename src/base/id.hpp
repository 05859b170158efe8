// Typed ids: an index that knows what it is an index of, so that a table index cannot be handed to
// something that wants a memory. Ids are what suspended work holds instead of references.

#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace reprise {

template <class Tag>
struct Id {
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  uint32_t value = kNone;

  constexpr Id() = default;
  constexpr explicit Id(uint32_t v) : value(v) {}
  constexpr explicit operator bool() const { return value != kNone; }
  constexpr auto operator<=>(const Id&) const = default;
};

}  // namespace reprise

template <class Tag>
struct std::hash<reprise::Id<Tag>> {
  size_t operator()(reprise::Id<Tag> id) const noexcept { return std::hash<uint32_t>{}(id.value); }
};
