// A command line, taken apart from the left.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reprise/result.hpp"

namespace reprise::debug {

/// The longest command line that is looked at.
inline constexpr size_t kMaxCommand = 1 << 14;

class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) { skip_spaces(); }

  bool empty() const { return rest_.empty(); }
  /// All that is left, without spaces around it.
  std::string_view rest() const { return rest_; }
  /// The next word; in double quotes it may contain spaces.
  std::string_view word();
  /// What follows a slash that stands right here: "16xb" of "/16xb buffer". Empty if none does.
  std::string_view format();
  /// A count; 1 if nothing is left. Fails with `usage` if something else is there.
  Result<uint64_t> count_or_one();

 private:
  void skip_spaces();
  std::string_view rest_;
};

/// Decimal, or hexadecimal with 0x; all of the text.
std::optional<uint64_t> parse_number(std::string_view text);
/// "12.5", of 0 to 100.
std::optional<double> parse_percentage(std::string_view text);

}  // namespace reprise::debug
