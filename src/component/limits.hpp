// The limits of a component's binary. Each gives ErrorKind::limit at the same point everywhere.
// They are far beyond what tools produce, and keep a hostile file from costing more than its size
// suggests.

#pragma once

#include <cstdint>

namespace reprise::component {

/// Components, component types, instance types and module types inside one another.
inline constexpr uint32_t kMaxNesting = 100;
/// Value types inside one another, and instance types inside instance types.
inline constexpr uint32_t kMaxTypeDepth = 100;
/// A type's nodes, when shared ones are counted at every use.
inline constexpr uint32_t kMaxTypeNodes = 1'000'000;
/// Types that a whole file may make, those that come of substitution and naming included.
inline constexpr uint32_t kMaxTypes = 4'000'000;
/// Steps of substitution and comparison over a whole file.
inline constexpr uint64_t kMaxTypeWork = 50'000'000;
/// Entries of one index space.
inline constexpr uint32_t kMaxIndexSpace = 1'000'000;
/// Modules, components and instances (core and component) of one component, each.
inline constexpr uint32_t kMaxDefinitions = 10'000;
/// Imports, or exports, of one component or type.
inline constexpr uint32_t kMaxExterns = 100'000;
/// Fields, cases, labels or parameters of one type.
inline constexpr uint32_t kMaxMembers = 10'000;
/// Spec: flags have between 1 and 32 labels.
inline constexpr uint32_t kMaxFlags = 32;
/// Spec: every value type is smaller than this in the layout for 64-bit memories.
inline constexpr uint64_t kMaxValueSize = uint64_t{1} << 28;
inline constexpr uint32_t kMaxCanonicalOptions = 10;
/// Length of an import's or export's name.
inline constexpr uint32_t kMaxNameLength = 100'000;

// Of a running component:

/// Of backpressure.inc (spec).
inline constexpr uint32_t kMaxBackpressure = (1u << 16) - 1;
/// Component instances of one root instance.
inline constexpr uint32_t kMaxInstances = 10'000;
/// Nested instances' exports that may be copied while linking.
inline constexpr uint32_t kMaxLinkedExports = 1'000'000;

}  // namespace reprise::component
