// How the values of WASI 0.1 lie in a guest: between the parameters and memory of a core module and
// the canonical encoding of the typed functions' arguments and results.
//
// A function's ABI is a row of data (functions.def): how each argument is read, and where the
// result goes. Both directions are interpreted from the row, so that recording and replaying need
// nothing function by function.
//
// A pointer outside the memory traps, as later WASI says of the 0.1 functions; everything else that
// is wrong becomes the call's errno. Every range is checked before the host is called, so that a
// call that traps has had no effect.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/trap.hpp"
#include "wasm/types.hpp"

namespace reprise::wasi::p1 {

/// One argument, and the parameters it is made of.
enum class In : uint8_t {
  u8,             // i32
  u16,            // i32
  u32,            // i32
  u64,            // i64
  rights,         // i64; bits without a meaning are dropped
  path,           // pointer, length
  buffer,         // pointer, length: the length
  read_vector,    // iovecs, their number: the sum of their lengths
  write_vector,   // ciovecs, their number: their bytes, up to kMaxWrite
  subscriptions,  // pointer, where the events go, number
};

/// How a result is given. What stands in parentheses are the slots of a row, in their order.
enum class Out : uint8_t {
  nothing,    //
  no_return,  // not even an errno
  u32,        // (where)
  u64,        // (where)
  two_u32,    // (where, where)
  strings,    // (pointers, bytes): each with a terminating zero
  fdstat,     // (where)
  filestat,   // (where)
  prestat,    // (where)
  text,       // (buffer): bytes that fit, without their count
  bytes,      // (buffer, count)
  directory,  // (buffer and its length, count): whole entries, the last one cut to fit
  scatter,    // (iovecs and their number, count)
  received,   // (iovecs and their number, count, flags)
  events,     // (where and how many at most, count, subscriptions)
};

inline constexpr size_t kMaxInputs = 7;

struct FunctionAbi {
  std::string_view name;
  std::string_view parameter_names;
  std::array<In, kMaxInputs> inputs{};
  uint8_t input_count = 0;
  Out out = Out::nothing;
  std::array<uint8_t, 3> slots{};

  std::span<const In> ins() const { return {inputs.data(), input_count}; }
  /// As a core module imports it.
  wasm::FuncType core_type() const;
};

/// Bytes that one write takes of what it is given; the guest is told how many.
inline constexpr uint64_t kMaxWrite = uint64_t{4} << 20;

/// All of them, in the order of their names.
std::span<const FunctionAbi> functions();
/// Null if there is none of that name.
const FunctionAbi* find_function(std::string_view name);

/// Appends the encoded arguments. `slots` are the call's parameters.
TrapOr<void> lift_arguments(const FunctionAbi& function, std::span<uint8_t> memory,
                            const uint64_t* slots, ByteWriter& arguments);
/// Writes an encoded result to memory and gives the errno. The result must be of the function's
/// type.
TrapOr<uint32_t> lower_result(const FunctionAbi& function, std::span<uint8_t> memory,
                              const uint64_t* slots, Bytes result);

}  // namespace reprise::wasi::p1
