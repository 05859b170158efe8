#include "code/function_map.hpp"

#include <algorithm>

namespace reprise::code {

const FunctionMap::Loop* FunctionMap::loop_at(size_t word) const {
  const auto at = std::lower_bound(loops.begin(), loops.end(), word,
                                   [](const Loop& loop, size_t w) { return loop.word < w; });
  return at != loops.end() && at->word == word ? &*at : nullptr;
}

std::optional<size_t> FunctionMap::event_in(size_t word) const {
  const auto behind = std::upper_bound(events.begin(), events.end(), word,
                                       [](size_t w, const Event& e) { return w < e.word; });
  if (word >= words || behind == events.begin()) return std::nullopt;
  return static_cast<size_t>(behind - events.begin()) - 1;
}

std::optional<size_t> FunctionMap::event_at(size_t word) const {
  if (word == 0) return 0;
  if (const Loop* loop = loop_at(word)) return loop->event + 1;
  const auto at = std::lower_bound(events.begin(), events.end(), word,
                                   [](const Event& e, size_t w) { return e.word < w; });
  if (at == events.end() || at->word != word) return std::nullopt;
  return static_cast<size_t>(at - events.begin());
}

std::optional<size_t> FunctionMap::word_before(size_t event) const {
  if (event == 0) return 0;
  const auto loop =
      std::find_if(loops.begin(), loops.end(), [&](const Loop& l) { return l.event + 1 == event; });
  if (loop != loops.end()) return loop->word;
  if (event >= events.size() || !events[event].is_clean) return std::nullopt;
  const size_t word = events[event].word;
  return event_at(word) == event ? std::optional(word) : std::nullopt;
}

std::optional<size_t> FunctionMap::event_of_offset(uint64_t offset) const {
  const auto at = std::lower_bound(events.begin(), events.end(), offset,
                                   [](const Event& e, uint64_t o) { return e.offset < o; });
  if (at == events.end() || at->offset != offset) return std::nullopt;
  return static_cast<size_t>(at - events.begin());
}

}  // namespace reprise::code
