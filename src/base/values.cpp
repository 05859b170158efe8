#include "reprise/values.hpp"

#include <algorithm>

namespace reprise::detail {

namespace {
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}
}  // namespace

std::string wit_name(std::string_view cpp_name) {
  std::string name(trimmed(cpp_name));
  if (name.ends_with('_')) name.pop_back();
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string_view nth_name(std::string_view names, size_t n) {
  for (; n > 0; --n) names = names.substr(names.find(',') + 1);
  return trimmed(names.substr(0, names.find(',')));
}

size_t count_names(std::string_view names) {
  return 1 + static_cast<size_t>(std::count(names.begin(), names.end(), ','));
}

std::string labels_text(std::string_view keyword, std::string_view names) {
  std::string text;
  for (size_t i = 0; i < count_names(names); ++i)
    text += (i ? ", " : "") + wit_name(nth_name(names, i));
  return std::string(keyword) + " { " + text + " }";
}

bool decode_text(ByteReader& in, std::string& out) {
  auto text = in.name();
  if (text) out = *text;
  return text.has_value();
}

}  // namespace reprise::detail
