// The canonical value encoding: the one way in which values of WIT types are bytes outside a guest.
// Traces, digests, replay and printing all use it, so it has exactly one form for each value:
//
//   bool                    one byte, 0 or 1
//   s8..u64, f32, f64       little-endian, fixed width; NaN is 0x7fc00000 or 0x7ff8000000000000
//   char                    u32, a Unicode scalar value
//   string                  LEB length in bytes, then UTF-8
//   list, map               LEB count, then the elements
//   list<T, N>              the N elements
//   record, tuple           the fields, without padding
//   variant, enum,
//   option, result          LEB index of the case, then its payload, if it has one
//   flags                   ceil(n / 8) bytes, the first label in the lowest bit, unused bits zero
//   own, borrow, stream,
//   future, error-context   LEB u32: an ordinal that whoever writes the values gives meaning to
//
// LEB is unsigned LEB128 in its shortest form. A value is therefore equal to another of its type
// exactly when their bytes are.

#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/value.hpp"
#include "wit/type.hpp"

namespace reprise::wit {

inline constexpr uint32_t kCanonicalNan32 = 0x7fc00000;
inline constexpr uint64_t kCanonicalNan64 = 0x7ff8000000000000;

/// Reads one value and checks that it is well-formed; the reader then stands behind it.
Result<void> check_value(Type type, ByteReader& reader);
/// The same for several values in a row, such as the arguments of a call.
Result<void> check_values(std::span<const Type> types, ByteReader& reader);

/// A value as a tree: for tools and calls whose type is known only at run time, never on the path
/// of a typed call.
using reprise::Value;

/// Fails with `invalid` if the value is not of the type.
Result<void> encode(Type type, const Value& value, ByteWriter& writer);
Result<Value> decode(Type type, ByteReader& reader);

}  // namespace reprise::wit
