#include "wast/wording.hpp"

namespace reprise::wast {

namespace {

struct Wording {
  TrapKind kind;
  std::string_view text;
};
constexpr Wording kWordings[] = {
#define TRAP_WORDING(kind, text) {TrapKind::kind, text},
#define ERROR_WORDING(ours, text)
#include "wast/wording.def"
#undef ERROR_WORDING
#undef TRAP_WORDING
};

struct ErrorWording {
  std::string_view ours, text;
};
constexpr ErrorWording kErrorWordings[] = {
#define TRAP_WORDING(kind, text)
#define ERROR_WORDING(ours, text) {ours, text},
#include "wast/wording.def"
#undef ERROR_WORDING
#undef TRAP_WORDING
};

}  // namespace

bool describes(std::string_view expected, const Trap& trap) {
  constexpr std::string_view kPrefix = "wasm trap: ";
  if (expected.starts_with(kPrefix)) expected.remove_prefix(kPrefix.size());
  const std::string_view ours = to_string(trap.kind);
  if (expected.starts_with(ours) || trap.message.find(expected) != std::string::npos) return true;
  for (const Wording& wording : kWordings) {
    if (wording.kind == trap.kind && expected.starts_with(wording.text)) return true;
  }
  return false;
}

bool describes(std::string_view expected, const Error& error) {
  if (error.message.find(expected) != std::string::npos) return true;
  for (const ErrorWording& wording : kErrorWordings)
    if (expected == wording.text && error.message.find(wording.ours) != std::string::npos)
      return true;
  return false;
}

bool satisfies(text::Assertion::Kind assertion, const Error& error) {
  using Kind = text::Assertion::Kind;
  switch (assertion) {
    case Kind::malformed:
    case Kind::malformed_custom:
      return error.kind == ErrorKind::malformed;
    // A limit of ours may be met before the rule that the script is about.
    case Kind::invalid:
      return error.kind == ErrorKind::invalid || error.kind == ErrorKind::limit;
    // Custom sections are judged while the text is read.
    case Kind::invalid_custom:
      return error.kind == ErrorKind::invalid || error.kind == ErrorKind::malformed;
    case Kind::unlinkable:
      return error.kind == ErrorKind::link;
    default:
      return false;
  }
}

}  // namespace reprise::wast
