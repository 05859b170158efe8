// The tokens of WAVE: white space and comments between them, labels, numbers, quoted text.

#pragma once

#include <string>
#include <string_view>

#include "reprise/result.hpp"

namespace reprise::wit {

class WaveLexer {
 public:
  explicit WaveLexer(std::string_view text) : text_(text) {}

  struct Label {
    std::string_view name;
    bool escaped = false;  ///< it was written with a `%`
    bool is(std::string_view keyword) const { return !escaped && name == keyword; }
  };

  /// Takes the character if it comes next, after white space.
  bool take(char c);
  Result<void> expect(char c);
  /// The next character after white space, 0 at the end.
  char peek();
  Result<void> expect_end();

  /// A label; empty if none comes next.
  Label label();
  /// The label without taking it.
  Label peek_label();
  /// The longest run of characters that a number may consist of.
  std::string_view number();
  Result<char32_t> character();
  Result<std::string> string();

  std::unexpected<Error> error(std::string message) const {
    return fail(ErrorKind::malformed, std::move(message), at_);
  }

 private:
  void skip_space();
  /// One character of a char or string, escapes resolved; at_ is on it.
  Result<char32_t> escaped_character();
  Result<char32_t> hexadecimal_escape();
  Result<std::string> multiline_string();
  /// The spaces before the closing quotes; at_ is behind the opening line break.
  Result<size_t> closing_indent() const;

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace reprise::wit
