// Lifting and lowering by run-time type: guest values to the canonical encoding and back. This is
// how replay answers a guest, how digests are taken, how calls are made whose type no C++ names,
// and how values go from one guest to another. The typed bindings (typed.hpp) do the same things to
// the guest, byte for byte and realloc for realloc.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "component/abi/context.hpp"
#include "component/abi/string.hpp"

namespace reprise::component::abi {

/// Reads values of `types` from `flat`, or from the memory that flat[0] points to if they flatten
/// to more than `max_flat` values, and appends their canonical encoding (spec: lift_flat_values).
/// Runs no guest code. With `origins`, tells also how each string was encoded, in order.
TrapOr<void> lift_values(Context& context, std::span<const Type> types, uint32_t max_flat,
                         std::span<const Slot> flat, ByteWriter& out,
                         std::vector<StringOrigin>* origins = nullptr);

/// The reverse (spec: lower_flat_values). If the values flatten to more than `max_flat` they go to
/// memory: to `out_pointer` if given (results of a lowered import), and then no flat value is
/// written; else to memory got from realloc, and its address is the one flat value. Returns how
/// many slots of `flat` were written. Bytes in `encoded` that are not what the types say trap with
/// TrapKind::host; check_values finds them beforehand.
TrapOr<uint32_t> lower_values(Context& context, std::span<const Type> types, uint32_t max_flat,
                              ByteReader& encoded, std::span<Slot> flat,
                              std::optional<uint64_t> out_pointer = std::nullopt);

/// The same for values lifted from another guest, whose strings came as `origins` says.
TrapOr<uint32_t> lower_values(Context& context, std::span<const Type> types, uint32_t max_flat,
                              ByteReader& encoded, std::span<const StringOrigin> origins,
                              std::span<Slot> flat,
                              std::optional<uint64_t> out_pointer = std::nullopt);

/// A place for values on their way between two guests, to be used again for the next.
struct TransferBuffer {
  ByteWriter values;
  std::vector<StringOrigin> strings;
};

/// One side of a transfer: whose values, as what types (resources may have other ids on each side),
/// and how many may travel flat.
struct TransferSide {
  Context& context;
  std::span<const Type> types;
  uint32_t max_flat;
};

/// Takes values from one guest to another: lifts all, then lowers all, as the specification has it
/// (spec: canon_lower calling canon_lift). Returns how many slots of `to_flat` were written.
TrapOr<uint32_t> transfer_values(const TransferSide& from, std::span<const Slot> from_flat,
                                 const TransferSide& to, std::span<Slot> to_flat,
                                 TransferBuffer& buffer,
                                 std::optional<uint64_t> out_pointer = std::nullopt);

}  // namespace reprise::component::abi
