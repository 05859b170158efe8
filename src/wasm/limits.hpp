// The limits on a core module, by name. They are those of the JavaScript API's implementation
// limits (spec: js-api §implementation-defined limits), so a module that browsers take, we take.
// Each gives an error of kind `limit` wherever it is met, and keeps every table that a module can
// ask for bounded.

#pragma once

#include <cstdint>

namespace reprise::wasm::limits {

inline constexpr uint64_t kModuleBytes = 1'073'741'824;
inline constexpr uint32_t kTypes = 1'000'000;
inline constexpr uint32_t kRecursiveGroupTypes = 1'000'000;
inline constexpr uint32_t kSubtypeDepth = 63;
inline constexpr uint32_t kParameters = 1'000;
inline constexpr uint32_t kResults = 1'000;
inline constexpr uint32_t kStructFields = 10'000;
inline constexpr uint32_t kArrayNewFixedOperands = 10'000;
inline constexpr uint32_t kImports = 1'000'000;
inline constexpr uint32_t kExports = 1'000'000;
inline constexpr uint32_t kFunctions = 1'000'000;
inline constexpr uint32_t kTables = 100'000;
inline constexpr uint32_t kMemories = 100;
inline constexpr uint32_t kGlobals = 1'000'000;
inline constexpr uint32_t kTags = 1'000'000;
inline constexpr uint32_t kElementSegments = 10'000'000;
inline constexpr uint32_t kElementItems = 10'000'000;
inline constexpr uint32_t kDataSegments = 100'000;
inline constexpr uint32_t kFunctionBytes = 7'654'321;
inline constexpr uint32_t kLocals = 50'000;  // of one function, parameters included
inline constexpr uint32_t kBranchTableTargets = 65'520;

// Not from the JavaScript API: our own representation.
inline constexpr uint32_t kRegistryTypes = 1u << 26;  // types known to one engine
inline constexpr uint32_t kOperandSlots = 1'000'000;  // operand stack of one function
inline constexpr uint32_t kBlockNesting = 100'000;    // structured instructions within each other

// What a memory or table type may declare. Whether it can be had is the runtime's business.
inline constexpr uint32_t kPageBytes = 65'536;
inline constexpr uint64_t kMemory32Pages = uint64_t{1} << 16;
inline constexpr uint64_t kMemory64Pages = uint64_t{1} << 48;

}  // namespace reprise::wasm::limits
