#include "reprise/limits.hpp"

#include <limits>

namespace reprise {

std::vector<std::pair<std::string, uint64_t>> Limits::list() const {
  return {
#define REPRISE_LIMIT(Type, name, text, value, what) {text, name},
#include "reprise/limits.def"
#undef REPRISE_LIMIT
  };
}

Result<void> Limits::set(std::string_view wanted, uint64_t value) {
  std::string known;
#define REPRISE_LIMIT(Type, name, text, standard, what)                                       \
  if (wanted == text) {                                                                       \
    if (value > std::numeric_limits<Type>::max())                                             \
      return fail(ErrorKind::usage, "the limit " text " cannot be " + std::to_string(value)); \
    name = static_cast<Type>(value);                                                          \
    return ok();                                                                              \
  }                                                                                           \
  known += " " text;
#include "reprise/limits.def"
#undef REPRISE_LIMIT
  return fail(ErrorKind::usage,
              "there is no limit '" + std::string(wanted) + "'; there are:" + known);
}

Error Limits::exceeded(std::string_view wanted, uint64_t value) {
  std::string_view described;
#define REPRISE_LIMIT(Type, name, text, standard, what) \
  if (wanted == text) described = what;
#include "reprise/limits.def"
#undef REPRISE_LIMIT
  return {ErrorKind::limit,
          "limit " + std::string(wanted) + ": this store allows no more than " +
              std::to_string(value) + " " + std::string(described),
          std::nullopt,
          {}};
}

}  // namespace reprise
