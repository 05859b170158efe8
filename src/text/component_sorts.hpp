// The thirteen kinds of definitions that a component can name, each with an index space of its own
// (component model: design/mvp/Explainer.md §Index Spaces).

#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace reprise::text {

enum class Sort : uint8_t {
  core_func,
  core_table,
  core_memory,
  core_global,
  core_tag,
  core_type,
  core_module,
  core_instance,
  func,
  value,
  type,
  component,
  instance,
};
inline constexpr uint32_t kSortCount = 13;

struct SortInfo {
  std::string_view word;  // without "core"
  bool is_core;
  uint8_t code;
};

inline constexpr SortInfo kSorts[kSortCount] = {
    {"func", true, 0x00},      {"table", true, 0x01},    {"memory", true, 0x02},
    {"global", true, 0x03},    {"tag", true, 0x04},      {"type", true, 0x10},
    {"module", true, 0x11},    {"instance", true, 0x12}, {"func", false, 0x01},
    {"value", false, 0x02},    {"type", false, 0x03},    {"component", false, 0x04},
    {"instance", false, 0x05},
};

constexpr const SortInfo& info(Sort sort) {
  return kSorts[static_cast<uint8_t>(sort)];
}

/// Where a component's sort is wanted: core ones get a prefix byte.
inline void put_sort(Sort sort, ByteWriter& out) {
  if (info(sort).is_core) out.u8(0);
  out.u8(info(sort).code);
}

/// Where only core sorts can stand.
inline void put_core_sort(Sort sort, ByteWriter& out) {
  out.u8(info(sort).code);
}

struct SortIndex {
  Sort sort = Sort::func;
  uint32_t index = 0;
};

}  // namespace reprise::text
