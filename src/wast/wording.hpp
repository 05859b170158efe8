// Whether what happened is what a script's author expected. Scripts name traps and errors in words
// of the reference implementations: what happened must be of the right kind, and its message must
// have those words, or ones that wording.def says mean the same.

#pragma once

#include <string_view>

#include "reprise/result.hpp"
#include "reprise/trap.hpp"
#include "text/script.hpp"

namespace reprise::wast {

bool describes(std::string_view expected, const Trap& trap);
bool describes(std::string_view expected, const Error& error);

/// The kinds of errors that satisfy an assertion.
bool satisfies(text::Assertion::Kind assertion, const Error& error);

}  // namespace reprise::wast
