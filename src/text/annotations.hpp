// The annotations of a text, and which of them somebody has made use of: what is left over at the
// end stood in the wrong place (spec: appendix/custom §annotations).

#pragma once

#include <span>
#include <vector>

#include "text/cursor.hpp"
#include "text/lexer.hpp"

namespace reprise::text {

class Annotations {
 public:
  explicit Annotations(std::span<const Annotation> all) : all_(all), used_(all.size()) {}

  /// Takes the next annotation with that id that stands before the token `index`.
  const Annotation* take(std::string_view id, uint32_t index);
  /// Fails if one that stands before a token from `begin` to `end` was not taken.
  Result<void> expect_all_used(const Cursor& cursor, uint32_t begin, uint32_t end) const;

 private:
  std::span<const Annotation> all_;
  std::vector<bool> used_;
};

}  // namespace reprise::text
