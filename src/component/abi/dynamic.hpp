// Lifting and lowering by run-time type: guest values to the canonical encoding and back. This is
// how replay answers a guest, how digests are taken, and how calls are made whose type no C++
// names. The typed bindings (typed.hpp) and transfers between guests (transfer.hpp) do the same
// things to the guest, byte for byte and realloc for realloc.

#pragma once

#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "component/abi/context.hpp"

namespace reprise::component::abi {

/// Reads values of `types` from `flat`, or from the memory that flat[0] points to if they flatten
/// to more than `max_flat` values, and appends their canonical encoding (spec: lift_flat_values).
TrapOr<void> lift_values(Context& context, std::span<const Type> types, uint32_t max_flat,
                         std::span<const Slot> flat, ByteWriter& out);

/// The reverse. If they flatten to more than `max_flat` values they go to memory: to `out_pointer`
/// if given (results of a lowered import), and then no flat value is written; else to memory got
/// from realloc, and its address is the one flat value. Returns how many slots of `flat` were
/// written. `encoded` must be well-formed (check_values): what's wrong with it is a failed CHECK,
/// not a trap.
TrapOr<uint32_t> lower_values(Context& context, std::span<const Type> types, uint32_t max_flat,
                              ByteReader& encoded, std::span<Slot> flat,
                              std::optional<uint64_t> out_pointer = std::nullopt);

}  // namespace reprise::component::abi
