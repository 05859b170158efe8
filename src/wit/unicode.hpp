// Code points in UTF-8 that is known to be well-formed, and how text that people read shows them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reprise::wit {

/// The code point at `at`, which moves behind it. `text` must be well-formed UTF-8.
char32_t next_code_point(std::string_view text, size_t& at);
void append_utf8(char32_t code_point, std::string& out);

/// Appends a character of a WAVE char or string that is delimited by `quote`. What would act on a
/// terminal or be invisible (controls, directional overrides, separators) is written as \u{...}.
void append_escaped(char32_t code_point, char quote, std::string& out);

/// Whether a terminal might do something else with the character than show it.
bool is_unprintable(char32_t code_point);

}  // namespace reprise::wit
