// Always-on assertions for invariants of our own code. A failed check is a defect in Reprise, never
// something that a guest, a trace or a file can bring about: those get an Error.

#pragma once

namespace reprise {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace reprise

#define REPRISE_CHECK(expression)                       \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::reprise::check_failed(#expression, __FILE__, __LINE__))
