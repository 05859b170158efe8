// Errno's two tables, both made from errno.def.

#include "base/os/errno.hpp"

#include <cerrno>

namespace reprise::os {

std::string_view to_string(Errno code) {
  switch (code) {
#define REPRISE_ERRNO(name, posix, preview1, phrase) \
  case Errno::name:                                  \
    return phrase;
#include "base/os/errno.def"
#undef REPRISE_ERRNO
  }
  return "unknown error";
}

Errno from_posix(int posix) {
  switch (posix) {
#define REPRISE_ERRNO(name, code, preview1, phrase) \
  case code:                                        \
    return Errno::name;
#include "base/os/errno.def"
#undef REPRISE_ERRNO
    case ENOSYS:
      return Errno::unsupported;
    default:
      return Errno::io;
  }
}

}  // namespace reprise::os
