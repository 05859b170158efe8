// Binaries of core modules back to text, so that a person can read them: what `reprise wasm2wat`
// prints. Encoding the text again gives the same binary, up to choices that mean nothing (how long
// a number is written, which of two forms of a segment).
//
// Only the bytes are looked at: a module that is not valid prints, too, as long as it can be taken
// apart.

#pragma once

#include <string>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::text {

Result<std::string> print_module(Bytes binary);

}  // namespace reprise::text
