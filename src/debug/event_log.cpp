#include "debug/event_log.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <functional>
#include <regex>

#include "replay/listing.hpp"

namespace reprise::debug {

namespace {

/// How much of a call's text is compared with a regular expression: the library's matcher recurses
/// over what it reads.
constexpr size_t kMaxMatched = 2048;

/// "    12   name(…) = …" without its number.
std::optional<HostCallLine> split(std::string_view text) {
  const size_t number = text.find_first_not_of(' ');
  if (number == std::string_view::npos) return std::nullopt;
  HostCallLine line;
  const auto [behind, error] =
      std::from_chars(text.data() + number, text.data() + text.size(), line.event);
  if (error != std::errc()) return std::nullopt;
  line.text = text.substr(static_cast<size_t>(behind - text.data()) + 1);
  return line;
}

using Match = std::function<bool(std::string_view)>;

Result<Match> name_match(const std::string& pattern) {
  if (pattern.size() < 2 || pattern.front() != '/' || pattern.back() != '/')
    return Match([pattern](std::string_view name) { return name.contains(pattern); });
  try {
    std::regex expression(pattern.substr(1, pattern.size() - 2), std::regex::ECMAScript);
    return Match([expression = std::move(expression)](std::string_view name) {
      name = name.substr(0, kMaxMatched);
      return std::regex_search(name.begin(), name.end(), expression);
    });
  } catch (const std::regex_error& error) {
    return fail(ErrorKind::usage, pattern + ": " + error.what());
  }
}

bool means(const Match& matches, std::string_view arguments, std::string_view text) {
  // A guest call's beginning and end have an arrow before the name.
  const size_t begin = std::min(text.find_first_not_of(" →←"), text.size());
  const size_t end = std::min(text.find('(', begin), text.size());
  const bool is_call = end != text.size() || text.contains("←");
  return is_call && matches(text.substr(begin, end - begin)) &&
         text.substr(end).contains(arguments);
}

}  // namespace

template <class Visit>
Result<void> EventLog::each(Visit visit) const {
  REPRISE_TRY(sync_());
  REPRISE_ASSIGN(auto reader, trace::Reader::open(trace_));
  replay::Listing listing(*reader, replay::ListingFormat::wave);
  bool goes_on = true;
  const auto take = [&](const std::string& text) {
    if (auto line = split(text)) goes_on = visit(std::move(*line));
  };
  while (goes_on) {
    REPRISE_ASSIGN(const std::optional<std::string> text, listing.next());
    if (!text) break;
    take(*text);
  }
  while (goes_on) {
    const std::optional<std::string> text = listing.flush();
    if (!text) break;
    take(*text);
  }
  return ok();
}

Result<std::vector<HostCallLine>> EventLog::lines(uint64_t first, size_t count) const {
  std::vector<HostCallLine> found;
  if (count == 0) return found;
  REPRISE_TRY(each([&](HostCallLine line) {
    if (line.event >= first) found.push_back(std::move(line));
    return found.size() < count;
  }));
  return found;
}

Result<std::vector<HostCallLine>> EventLog::around(uint64_t event, size_t before,
                                                   size_t after) const {
  std::deque<HostCallLine> past;
  std::vector<HostCallLine> coming;
  REPRISE_TRY(each([&](HostCallLine line) {
    line.is_past = line.event < event;
    if (line.is_past) {
      past.push_back(std::move(line));
      if (past.size() > before) past.pop_front();
      return true;
    }
    if (coming.size() < after) coming.push_back(std::move(line));
    return coming.size() < after;
  }));
  std::vector<HostCallLine> all(std::make_move_iterator(past.begin()),
                                std::make_move_iterator(past.end()));
  all.insert(all.end(), std::make_move_iterator(coming.begin()),
             std::make_move_iterator(coming.end()));
  return all;
}

Result<std::vector<uint64_t>> EventLog::matching(const EventPlace& place) const {
  REPRISE_ASSIGN(const Match matches, name_match(place.name));
  std::vector<uint64_t> found;
  REPRISE_TRY(each([&](const HostCallLine& line) {
    if (means(matches, place.arguments, line.text)) found.push_back(line.event);
    return true;
  }));
  return found;
}

bool EventLog::matches(const EventPlace& place, std::string_view text) {
  const auto match = name_match(place.name);
  return match && means(*match, place.arguments, text);
}

Result<void> EventLog::find_guest_calls(uint64_t until) {
  if (until <= searched_) return ok();
  REPRISE_TRY(sync_());
  REPRISE_ASSIGN(auto reader, trace::Reader::open(trace_));
  std::vector<uint64_t> calls;
  while (true) {
    REPRISE_ASSIGN(const std::optional<trace::Record> record, reader->next());
    if (!record) break;
    if (record->event != trace::kNoEvent) searched_ = record->event + 1;
    if (record->kind == trace::Kind::guest_call) calls.push_back(record->event);
  }
  guest_calls_ = std::move(calls);
  return ok();
}

Result<uint64_t> EventLog::next_guest_call(uint64_t event) {
  REPRISE_TRY(find_guest_calls(event + 1));
  const auto next = std::ranges::upper_bound(guest_calls_, event);
  return next == guest_calls_.end() ? UINT64_MAX : *next;
}

Result<uint64_t> EventLog::last_guest_call(uint64_t event) {
  REPRISE_TRY(find_guest_calls(event));
  const auto behind = std::ranges::lower_bound(guest_calls_, event);
  return behind == guest_calls_.begin() ? 0 : *std::prev(behind);
}

}  // namespace reprise::debug
