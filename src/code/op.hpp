// Instructions of the register code: numbers and words.

#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/frame.hpp"

namespace reprise::code {

using runtime::Slot;
using runtime::Word;

enum class Op : uint16_t {
#define EACH(name) name,
#include "code/each_op.def"
};

/// "i32_add_i": for tests and people.
std::string_view name_of(Op op);

// Fields are read through these types, as code is stored in words.
using Field = int16_t __attribute__((may_alias));
using Field32 = int32_t __attribute__((may_alias));
using UnsignedField = uint16_t __attribute__((may_alias));
using UnsignedField32 = uint32_t __attribute__((may_alias));

inline Op op_of(const Word* pc) {
  return static_cast<Op>(*reinterpret_cast<const UnsignedField*>(pc));
}

constexpr Word make_word(Op op, int32_t a = 0, int32_t b = 0, int32_t c = 0) {
  return Word{static_cast<uint16_t>(op)} | Word{static_cast<uint16_t>(a)} << 16 |
         Word{static_cast<uint16_t>(b)} << 32 | Word{static_cast<uint16_t>(c)} << 48;
}
/// With one 32-bit field in the place of b and c.
constexpr Word make_word_32(Op op, int32_t a, uint32_t d) {
  return Word{static_cast<uint16_t>(op)} | Word{static_cast<uint16_t>(a)} << 16 | Word{d} << 32;
}

}  // namespace reprise::code
