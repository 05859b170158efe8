// Secrets and what stands for them. A recording that leaves values out puts a placeholder of the
// same length in the place of each, the same one wherever the value occurs: in what the host
// answers and in what the guest says. So a replay from the trace alone computes with placeholders
// and makes the same calls, unless it looks into a value; and one that is given the values puts
// them back.
//
// What a guest makes of a value may hold only a piece of it (the last part of a path), and a value
// may be too short to be sought everywhere. Both are noticed by their pieces of kPiece bytes: text
// that shares one with a secret is `touched`, and the recorder writes a digest instead of it. The
// pieces are kept in a filter of fixed size that has false positives; those cost readability.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "wit/type.hpp"

namespace reprise::replay {

class Redactor {
 public:
  /// Values shorter than this are replaced only where they are given out.
  static constexpr size_t kSought = 4;

  Redactor() : pieces_(kFilterBits / 64) {}

  /// Makes a placeholder for a value of at least kSought bytes, or gives the one it has.
  std::string placeholder_for(std::string_view value);
  /// This placeholder stands for this value, of the same length.
  void learn(std::string_view placeholder, std::string_view value);
  /// From now on text with a piece of `secret` is touched.
  void note_pieces(Bytes secret);

  /// Both in place: values become placeholders, placeholders become values.
  void hide(std::span<uint8_t> text) const { substitute(to_placeholder_, text); }
  void reveal(std::span<uint8_t> text) const { substitute(to_value_, text); }
  bool touches(Bytes text) const;

 private:
  /// By the first kSought bytes: what to replace by what, the longest first.
  using Substitutions = std::map<uint32_t, std::vector<std::pair<std::string, std::string>>>;
  static void add(Substitutions& to, std::string_view from, std::string_view with);
  static void substitute(const Substitutions& substitutions, std::span<uint8_t> text);

  static constexpr size_t kFilterBits = size_t{1} << 20;
  static constexpr size_t kPiece = 4;

  Substitutions to_placeholder_;
  Substitutions to_value_;
  std::map<std::string, std::string, std::less<>> placeholders_;
  std::vector<uint64_t> pieces_;
  std::vector<std::string> short_;
};

/// The texts in values of these types, to be changed in place. Empty if the bytes are no such
/// values.
std::vector<std::span<uint8_t>> texts_in(std::span<const wit::Type> types,
                                         std::vector<uint8_t>& values);

}  // namespace reprise::replay
