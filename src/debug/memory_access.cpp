#include "debug/memory_access.hpp"

#include <fmt/format.h>

#include <bit>

namespace reprise::debug {

using wasm::Immediate;
using wasm::Opcode;

namespace {

/// In memory, from what follows the opcode; 0 if it is no access.
uint64_t width_of(Opcode op) {
  switch (wasm::info(op).immediate) {
    case Immediate::memarg8:
    case Immediate::memarg8_lane16:
    case Immediate::atomic8:
      return 1;
    case Immediate::memarg16:
    case Immediate::memarg16_lane8:
    case Immediate::atomic16:
      return 2;
    case Immediate::memarg32:
    case Immediate::memarg32_lane4:
    case Immediate::atomic32:
      return 4;
    case Immediate::memarg64:
    case Immediate::memarg64_lane2:
    case Immediate::atomic64:
      return 8;
    case Immediate::memarg128:
      return 16;
    default:
      return 0;
  }
}

}  // namespace

std::optional<MemoryAccess> store_of(Opcode op) {
  const uint64_t size = width_of(op);
  const std::string_view name = wasm::mnemonic(op);
  const bool stores = name.contains(".store") || (name.contains(".rmw") && name.contains(".xchg"));
  if (size == 0 || !stores) return std::nullopt;
  return MemoryAccess{.size = size, .is_lane = name.ends_with("_lane")};
}

std::optional<MemoryAccess> load_of(Opcode op) {
  const uint64_t size = width_of(op);
  const std::string_view name = wasm::mnemonic(op);
  // Loads of halves widen each lane; a lane goes among others that were there before.
  const bool is_plain = name.contains(".load") && !name.contains("x") && !name.ends_with("_lane");
  if (size == 0 || !is_plain) return std::nullopt;
  return MemoryAccess{.size = size, .repeats = name.ends_with("_splat")};
}

std::string constant_text(const FlowStep& step) {
  switch (step.op) {
    case Opcode::i32_const:
      return fmt::format("the constant {}", static_cast<int32_t>(step.bits));
    case Opcode::i64_const:
      return fmt::format("the constant {}", static_cast<int64_t>(step.bits));
    case Opcode::f32_const:
      return fmt::format("the constant {}", std::bit_cast<float>(static_cast<uint32_t>(step.bits)));
    case Opcode::f64_const:
      return fmt::format("the constant {}", std::bit_cast<double>(step.bits));
    default:
      return fmt::format("a constant ({})", wasm::mnemonic(step.op));
  }
}

}  // namespace reprise::debug
