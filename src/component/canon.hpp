// The canonical built-ins, generated from canon.def.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace reprise::component {

enum class CanonOp : uint8_t {
#define CANON(opcode, identifier, text) identifier = opcode,
#include "component/canon.def"
#undef CANON
};

constexpr std::optional<CanonOp> canon_op(uint8_t opcode) {
  switch (opcode) {
#define CANON(code, identifier, text) \
  case code:                          \
    return CanonOp::identifier;
#include "component/canon.def"
#undef CANON
    default:
      return std::nullopt;
  }
}

constexpr std::string_view to_string(CanonOp op) {
  switch (op) {
#define CANON(code, identifier, text) \
  case CanonOp::identifier:           \
    return text;
#include "component/canon.def"
#undef CANON
  }
  return "?";
}

}  // namespace reprise::component
