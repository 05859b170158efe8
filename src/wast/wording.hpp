// Whether what happened is what a script's author expected. Scripts name errors in words of the
// reference implementations; only the kind of an error is compared, never its wording, but of
// traps, whose words the specification's scripts agree on, both.

#pragma once

#include <string_view>

#include "reprise/result.hpp"
#include "reprise/trap.hpp"
#include "text/script.hpp"

namespace reprise::wast {

bool describes(std::string_view expected, const Trap& trap);

/// The kinds of errors that satisfy an assertion.
bool satisfies(text::Assertion::Kind assertion, const Error& error);

}  // namespace reprise::wast
