// What is said of a component that cannot be read or is not valid.

#pragma once

#include <string>
#include <string_view>

#include "reprise/result.hpp"

namespace reprise::component {

/// Where it was found is not known yet: `at` adds it.
inline std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}
inline std::unexpected<Error> invalid(std::string message, uint64_t offset) {
  return fail(ErrorKind::invalid, std::move(message), offset);
}
inline std::unexpected<Error> malformed(std::string message, uint64_t offset) {
  return fail(ErrorKind::malformed, std::move(message), offset);
}
/// Gives an error without an offset this one.
template <class T>
Result<T> at(uint64_t offset, Result<T> result) {
  if (!result && !result.error().offset) result.error().offset = offset;
  return result;
}

}  // namespace reprise::component
