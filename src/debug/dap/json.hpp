// JSON of clients, read without believing it: every question has an answer, whatever is there.

#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace reprise::debug::dap {

using Json = nlohmann::json;

/// The member of that name; null if there is none, or `json` is no object.
inline const Json& member(const Json& json, const char* name) {
  static const Json kNull;
  if (!json.is_object()) return kNull;
  const auto found = json.find(name);
  return found == json.end() ? kNull : *found;
}

inline std::string text(const Json& json, const char* name) {
  const Json& found = member(json, name);
  return found.is_string() ? found.get<std::string>() : std::string();
}

inline std::optional<int64_t> number(const Json& json, const char* name) {
  const Json& found = member(json, name);
  if (found.is_number_unsigned()) {
    const auto value = found.get<uint64_t>();
    if (value > INT64_MAX) return std::nullopt;
    return static_cast<int64_t>(value);
  }
  if (found.is_number_integer()) return found.get<int64_t>();
  return std::nullopt;
}

/// A number that counts something: not negative, and no larger than `most`.
inline uint64_t count(const Json& json, const char* name, uint64_t otherwise, uint64_t most) {
  const auto value = number(json, name);
  if (!value || *value < 0) return otherwise;
  return std::min(static_cast<uint64_t>(*value), most);
}

inline bool flag(const Json& json, const char* name) {
  const Json& found = member(json, name);
  return found.is_boolean() && found.get<bool>();
}

/// The elements of an array; none of anything else.
inline const Json& list(const Json& json, const char* name) {
  static const Json kEmpty = Json::array();
  const Json& found = member(json, name);
  return found.is_array() ? found : kEmpty;
}

/// As UTF-8, whatever a guest's names hold.
inline std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reprise::debug::dap
