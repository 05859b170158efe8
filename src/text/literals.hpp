// Number literals (spec: text/values): their shapes, and their exact values.
//
// Integers may be written signed or unsigned over the same bits: i8 takes -128 to 255. Floats are
// rounded once, to nearest with ties to even, whatever their length; a literal that would round to
// infinity is an error, one that rounds to zero is not.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace reprise::text {

enum class NumberShape : uint8_t { none, nat, integer, floating };

/// Which kind of number the word is, if it is one. `inf`, `nan` and `nan:0x1` are floating.
NumberShape number_shape(std::string_view word);

/// The value of an unsigned literal below 2^bits; `word` must have the shape `nat`.
std::optional<uint64_t> parse_unsigned(std::string_view word, int bits);

/// The low `bits` of a literal from -2^(bits-1) to 2^bits - 1; `word` must be a nat or an integer.
std::optional<uint64_t> parse_integer(std::string_view word, int bits);

/// The bits of a float; `word` must be a number of any shape. Nothing when it is out of range.
std::optional<uint32_t> parse_f32(std::string_view word);
std::optional<uint64_t> parse_f64(std::string_view word);

}  // namespace reprise::text
