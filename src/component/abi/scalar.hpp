// What a single value read from a guest is turned into, and what it traps for.

#pragma once

#include "component/abi/context.hpp"

namespace reprise::component::abi {

/// From the bits in memory or in a flat value (as many as it has there) to those of the encoding,
/// of which only as many as the type has count: any non-zero bool is 1, NaN is canonical, bits
/// beyond the last flag are dropped.
TrapOr<uint64_t> lift_scalar(Type type, uint64_t bits);
TrapOr<uint64_t> check_char(uint64_t bits);
TrapOr<uint32_t> check_case(uint64_t index, size_t cases);

}  // namespace reprise::component::abi
