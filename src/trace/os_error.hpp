// An errno as an Error, saying what was attempted on which file.

#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "reprise/result.hpp"

namespace reprise::trace {

/// "cannot write run.trace: No space left on device"
inline std::unexpected<Error> os_error(const char* attempt, const std::string& path,
                                       int error = errno) {
  return fail(ErrorKind::io, "cannot " + std::string(attempt) + " " + path + ": " +
                                 std::generic_category().message(error));
}

}  // namespace reprise::trace
