// Bytes as base 64 (RFC 4648 §4).

#pragma once

#include <string>

#include "base/bytes.hpp"

namespace reprise::debug::dap {

std::string to_base64(Bytes bytes);

}  // namespace reprise::debug::dap
