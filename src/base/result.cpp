#include "reprise/result.hpp"

#include <fmt/format.h>

namespace reprise {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::malformed:
      return "malformed";
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::link:
      return "link";
    case ErrorKind::limit:
      return "limit";
    case ErrorKind::io:
      return "io";
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::divergence:
      return "divergence";
    case ErrorKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string Error::to_string() const {
  std::string text;
  for (auto step = context.rbegin(); step != context.rend(); ++step) text += *step + ": ";
  text += message;
  if (offset) text += fmt::format(" (at byte {:#x})", *offset);
  return text;
}

}  // namespace reprise
