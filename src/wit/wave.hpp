// WAVE: values as text that people read and write, in the notation of WIT's value encoding
// (bytecodealliance/wasm-tools, crates/wasm-wave/README.md), and as JSON.
//
//   [1, 2, 3]   {x: 1, y: "two"}   some("a")   err(not-found)   {read, write}   'x'   (1, nan)
//
// Printing goes straight from the canonical encoding (encoding.hpp) and needs no tree. WAVE leaves
// handles open; here they are `#7`, the ordinal of the encoding. What exceeds an output limit is
// left out and marked with `…`; such text is for people and doesn't parse.
//
// JSON: records are objects, tuples and lists arrays (a map is an array of pairs), a case without
// payload is its name and one with payload `{"name": payload}`; `none` is null and `some(x)` is x,
// unless x may itself be null: then it is `{"some": x}`. Flags are an array of names, handles
// `{"handle": 7}`, NaN and infinities the strings "nan", "inf", "-inf".

#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "wit/encoding.hpp"

namespace reprise::wit {

/// The most bytes that parsing makes of a text.
inline constexpr size_t kMaxParsedValueSize = size_t{1} << 28;

struct PrintLimits {
  /// Bytes of text after which the rest of the value is left out.
  size_t max_length = std::numeric_limits<size_t>::max();
  /// Elements of one list, bytes of one string, beyond which the rest of it is left out.
  size_t max_elements = std::numeric_limits<size_t>::max();
  /// Elements of a list of bytes; max_elements holds for it, too.
  size_t max_bytes = std::numeric_limits<size_t>::max();
};

/// Appends one value; the reader then stands behind it.
Result<void> print_wave(Type type, ByteReader& reader, std::string& out,
                        const PrintLimits& limits = {});
/// Appends `(a, b, c)`, the values of several types, such as the arguments of a call.
Result<void> print_wave_arguments(std::span<const Type> types, ByteReader& reader, std::string& out,
                                  const PrintLimits& limits = {});
Result<void> print_json(Type type, ByteReader& reader, std::string& out);
Result<std::string> to_wave(Type type, Bytes encoded, const PrintLimits& limits = {});
Result<std::string> to_json(Type type, Bytes encoded);

/// Parses one value and appends its canonical encoding. `text` must hold nothing else, except white
/// space and comments. An error's offset is a position in `text`.
Result<void> parse_wave(Type type, std::string_view text, ByteWriter& writer);
/// Parses `(a, b, c)`, the arguments of a call; absent ones at the end are `none` if they may be.
Result<void> parse_wave_arguments(std::span<const Type> types, std::string_view text,
                                  ByteWriter& writer);

}  // namespace reprise::wit
