#include "wast/core_values.hpp"

#include <fmt/format.h>

#include <cstring>

namespace reprise::wast {

namespace {

using runtime::Slot;
using text::NanPattern;
using text::NumberKind;
using text::Pattern;
using text::ValueKind;

constexpr wasm::ValueKind kKinds[] = {wasm::ValueKind::i32, wasm::ValueKind::i64,
                                      wasm::ValueKind::f32, wasm::ValueKind::f64,
                                      wasm::ValueKind::v128};

/// Spec: syntax/values §floating point: canonical NaNs have only the highest payload bit set,
/// arithmetic ones at least that one.
bool is_nan(uint64_t bits, bool is_f32, NanPattern pattern) {
  const uint64_t canonical = is_f32 ? 0x7fc00000u : 0x7ff8000000000000u;
  const uint64_t magnitude = bits & (is_f32 ? 0x7fffffffu : 0x7fffffffffffffffu);
  if (pattern == NanPattern::canonical) return magnitude == canonical;
  return (magnitude & canonical) == canonical;
}

bool match_lanes(const Pattern& pattern, Slot low, Slot high) {
  uint8_t bytes[16];
  std::memcpy(bytes, &low, 8);
  std::memcpy(bytes + 8, &high, 8);
  const uint32_t size = text::bytes_of(pattern.shape.lane);
  for (uint32_t i = 0; i < pattern.shape.lanes(); i++) {
    uint64_t bits = 0;
    std::memcpy(&bits, bytes + i * size, size);
    const text::LanePattern& lane = pattern.lanes[i];
    const bool matches = lane.nan == NanPattern::none
                             ? bits == lane.bits
                             : is_nan(bits, pattern.shape.lane == NumberKind::f32, lane.nan);
    if (!matches) return false;
  }
  return true;
}

/// What can be told of a reference by looking at it. Null never matches.
bool match_reference(std::string_view type, wasm::ValueType declared, Slot ref) {
  if (!declared.is_reference() || ref == runtime::kNullRef) return false;
  const bool is_heap = (ref & 7) == 0;
  const bool is_i31 = runtime::is_i31(ref);
  if (type == "i31") return is_i31;
  if (type == "struct" || type == "array") return is_heap;
  if (type == "eq") return is_heap || is_i31;
  return true;
}

bool match_value(const text::Value& value, wasm::ValueType type, const Slot* slots) {
  if (value.kind == ValueKind::ref_null) return type.is_reference() && slots[0] == 0;
  std::vector<Slot> wanted;
  if (!append_slots(value, wanted)) return false;
  if (value.kind <= ValueKind::v128) {
    if (type.kind() != kKinds[static_cast<size_t>(value.kind)]) return false;
  } else if (!type.is_reference()) {
    return false;
  }
  for (size_t i = 0; i < wanted.size(); i++) {
    if (wanted[i] != slots[i]) return false;
  }
  return true;
}

bool match_one(const Pattern& pattern, wasm::ValueType type, const Slot* slots) {
  switch (pattern.kind) {
    case Pattern::Kind::value:
      return match_value(pattern.value, type, slots);
    case Pattern::Kind::nan: {
      const bool is_f32 = pattern.value.kind == ValueKind::f32;
      return type == (is_f32 ? wasm::kF32 : wasm::kF64) && is_nan(slots[0], is_f32, pattern.nan);
    }
    case Pattern::Kind::lanes:
      return type == wasm::kV128 && match_lanes(pattern, slots[0], slots[1]);
    case Pattern::Kind::reference:
      return match_reference(pattern.value.text, type, slots[0]);
    case Pattern::Kind::null:
      return type.is_reference() && slots[0] == runtime::kNullRef;
    case Pattern::Kind::either:
      for (const Pattern& alternative : pattern.alternatives) {
        if (match_one(alternative, type, slots)) return true;
      }
      return false;
  }
  return false;
}

}  // namespace

bool append_slots(const text::Value& value, std::vector<Slot>& slots) {
  switch (value.kind) {
    case ValueKind::i32:
    case ValueKind::f32:
      slots.push_back(value.bits & 0xffffffffu);
      return true;
    case ValueKind::i64:
    case ValueKind::f64:
      slots.push_back(value.bits);
      return true;
    case ValueKind::v128: {
      Slot halves[2];
      std::memcpy(halves, value.vector.data(), 16);
      slots.insert(slots.end(), halves, halves + 2);
      return true;
    }
    case ValueKind::ref_null:
      slots.push_back(runtime::kNullRef);
      return true;
    case ValueKind::ref_extern:
    case ValueKind::ref_host:
      slots.push_back(runtime::ref_of_extern(value.bits));
      return true;
    default:
      return false;
  }
}

bool match(std::span<const Pattern> patterns, std::span<const wasm::ValueType> types,
           std::span<const Slot> slots) {
  if (patterns.size() != types.size()) return false;
  size_t at = 0;
  for (size_t i = 0; i < patterns.size(); i++) {
    if (!match_one(patterns[i], types[i], slots.data() + at)) return false;
    at += types[i].slots();
  }
  return true;
}

std::string show(std::span<const wasm::ValueType> types, std::span<const Slot> slots) {
  std::string out;
  size_t at = 0;
  for (const wasm::ValueType type : types) {
    if (!out.empty()) out += ' ';
    const Slot slot = slots[at];
    switch (type.kind()) {
      case wasm::ValueKind::i32:
        out += fmt::format("(i32.const {})", static_cast<int32_t>(slot));
        break;
      case wasm::ValueKind::i64:
        out += fmt::format("(i64.const {})", static_cast<int64_t>(slot));
        break;
      case wasm::ValueKind::f32:
        out += fmt::format("(f32.const {} = {:#x})", runtime::f32_of_slot(slot), slot);
        break;
      case wasm::ValueKind::f64:
        out += fmt::format("(f64.const {} = {:#x})", runtime::f64_of_slot(slot), slot);
        break;
      case wasm::ValueKind::v128:
        out += fmt::format("(v128.const i64x2 {:#018x} {:#018x})", slot, slots[at + 1]);
        break;
      default:
        out += fmt::format("({} {:#x})", wasm::to_string(type), slot);
    }
    at += type.slots();
  }
  return out.empty() ? "nothing" : out;
}

}  // namespace reprise::wast
