#include "text/annotations.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::text {

namespace {

auto first_before(std::span<const Annotation> all, uint32_t index) {
  return std::lower_bound(all.begin(), all.end(), index,
                          [](const Annotation& a, uint32_t at) { return a.before < at; });
}

}  // namespace

const Annotation* Annotations::take(std::string_view id, uint32_t index) {
  for (auto at = first_before(all_, index); at != all_.end() && at->before == index; ++at) {
    const auto number = static_cast<size_t>(at - all_.begin());
    if (at->id != id || used_[number]) continue;
    used_[number] = true;
    return &*at;
  }
  return nullptr;
}

Result<void> Annotations::expect_all_used(const Cursor& cursor, uint32_t begin,
                                          uint32_t end) const {
  for (auto at = first_before(all_, begin); at != all_.end() && at->before <= end; ++at) {
    if (used_[static_cast<size_t>(at - all_.begin())]) continue;
    if (at->id.starts_with("metadata.code.")) {
      return cursor.error(at->whole, fmt::format("@{} annotation: invalid target", at->id));
    }
    return cursor.error(at->whole, fmt::format("misplaced @{} annotation", at->id));
  }
  return ok();
}

}  // namespace reprise::text
