// Binaries back to text, so that a person can read them: what `reprise wasm2wat` prints. Encoding
// the text again gives the same binary, up to choices that mean nothing (how long a number is
// written, which of two forms of a segment, how definitions are divided into sections).
//
// Only the bytes are looked at: what is not valid prints, too, as long as it can be taken apart.
// Definitions are named by their indices; names sections are printed as what they are, custom
// sections, and come back as they were.

#pragma once

#include <string>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::text {

/// A core module or a component, whichever it is.
Result<std::string> print(Bytes binary);

Result<std::string> print_module(Bytes binary);
/// Core modules inside that cannot be taken apart are printed as bytes.
Result<std::string> print_component(Bytes binary);

}  // namespace reprise::text
