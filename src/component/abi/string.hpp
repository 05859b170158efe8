// Strings across the boundary. Outside a guest a string is UTF-8; inside it is what the canonical
// options say. Lowering follows the specification's fixed sequences of realloc calls, which a guest
// can observe: allocate for a guess, grow to the worst case at the first character that needs it,
// shrink to the size that it came to (spec: CanonicalABI.md §Storing, store_string_*). The guess
// depends on the encoding that the string had where it came from, so a transfer between guests
// hands that on.

#pragma once

#include <string_view>

#include "component/abi/guest_memory.hpp"

namespace reprise::component::abi {

/// How a string was encoded where it came from, and its length there. Host strings are UTF-8.
struct StringOrigin {
  enum class Form : uint8_t {
    utf8,
    utf16,
    latin1,         // of a guest with latin1+utf16
    compact_utf16,  // of a guest with latin1+utf16, too, but tagged as UTF-16
  };
  Form form = Form::utf8;
  uint32_t code_units = 0;
};

/// A string in a guest, not yet checked to be well-formed.
struct GuestString {
  const uint8_t* bytes = nullptr;
  StringOrigin origin;
};

/// Checks length, alignment and bounds (spec: load_string_from_range).
TrapOr<GuestString> find_string(const LiftMemory& memory, uint64_t pointer,
                                uint64_t tagged_code_units);
/// Checks that it is well-formed, and gives its length in UTF-8.
TrapOr<size_t> utf8_length(const GuestString& string);
/// Writes it as UTF-8; it must be well-formed and `out` long enough.
void write_utf8(const GuestString& string, uint8_t* out);

struct StoredString {
  uint64_t pointer = 0;
  uint64_t tagged_code_units = 0;
};

/// Stores well-formed UTF-8 (spec: store_string_into_range).
TrapOr<StoredString> store_string(LowerMemory& memory, std::string_view text, StringOrigin origin);
/// The same for a string of the host's.
TrapOr<StoredString> store_string(LowerMemory& memory, std::string_view text);

}  // namespace reprise::component::abi
