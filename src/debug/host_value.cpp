#include "debug/host_value.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "wit/encoding_io.hpp"

namespace reprise::debug {

using wit::Shape;
using wit::Type;
using wit::TypeKind;

namespace {

/// A part of a value that has no parts, or the bytes of a list of them.
struct Leaf {
  std::string field;
  bool is_list = false;  // each of the bytes is an element
  uint64_t begin = 0;    // in the encoding
  uint64_t size = 0;
  /// Where it lies in the guest, and how many bytes it is there.
  std::optional<uint64_t> address;
  uint64_t size_there = 0;

  HostPart part(uint64_t byte) const {
    return {is_list ? fmt::format("{}[{}]", field, byte) : field, begin + byte};
  }
};

/// Walks an encoded value, and beside it what lies in memory, if it does.
class Leaves {
 public:
  using Visit = std::function<bool(const Leaf&)>;  // false: that is enough

  Leaves(Bytes encoded, Bytes memory, wit::PointerWidth width, Visit visit)
      : in_(encoded), memory_(memory), width_(width), visit_(std::move(visit)) {}

  void walk(Type type, std::optional<uint64_t> at) { value(type, at, {}); }

 private:
  bool value(Type type, std::optional<uint64_t> at, const std::string& field) {
    switch (type->shape) {
      case Shape::scalar:
        return leaf({field, false, in_.offset(), 0, at, type->layout(width_).size},
                    [&] { return wit::read_scalar(type, in_).has_value(); });
      case Shape::handle:
        return leaf({field, false, in_.offset(), 0, at, 4},
                    [&] { return in_.leb_u32().has_value(); });
      case Shape::string:
        return bytes(at, field);
      case Shape::sequence: {
        const auto count = wit::read_count(type->element, in_);
        return count && elements(type->element, pointer(at), *count, field);
      }
      case Shape::array:
        return elements(type->element, at, type->length, field);
      case Shape::product:
        return members(type, at, field);
      case Shape::sum:
        return chosen(type, at, field);
    }
    return false;
  }

  template <class Read>
  bool leaf(Leaf found, Read read) {
    if (!read()) return false;
    found.size = in_.offset() - found.begin;
    return visit_(found);
  }

  bool run(std::optional<uint64_t> at, uint64_t count, const std::string& field) {
    const uint64_t begin = in_.offset();
    return in_.bytes(count) && (count == 0 || visit_({field, true, begin, count, at, count}));
  }

  bool bytes(std::optional<uint64_t> at, const std::string& field) {
    const auto length = in_.leb_u32();
    if (!length) return false;
    // In another encoding than UTF-8 it is longer or shorter, or its bytes are others.
    const auto there = number(at ? std::optional(*at + wit::pointer_size(width_)) : at);
    return run(there == *length ? pointer(at) : std::nullopt, *length, field);
  }

  bool elements(Type element, std::optional<uint64_t> at, uint64_t count,
                const std::string& field) {
    if (element->kind == TypeKind::u8 || element->kind == TypeKind::s8)
      return run(at, count, field);
    const uint64_t size = element->layout(width_).size;
    for (uint64_t i = 0; i < count; ++i) {
      const auto there = at ? std::optional(*at + i * size) : at;
      if (!value(element, there, fmt::format("{}[{}]", field, i))) return false;
    }
    return true;
  }

  bool members(Type type, std::optional<uint64_t> at, const std::string& field) {
    for (size_t i = 0; i < type->members.size(); ++i) {
      const wit::Member& member = type->members[i];
      const auto there = at ? std::optional(*at + type->offset_of(i, width_)) : at;
      const std::string name = member.name.empty() ? std::to_string(i) : std::string(member.name);
      if (!value(member.type, there, field + "." + name)) return false;
    }
    return true;
  }

  bool chosen(Type type, std::optional<uint64_t> at, const std::string& field) {
    const uint64_t begin = in_.offset();
    const auto index = wit::read_case(type, in_);
    if (!index) return false;
    const std::string to =
        field + (field.empty() ? "" : ".") + std::string(type->members[*index].name);
    // Which case it is, is a part, too; a trial may not change it.
    if (at && !visit_({field, false, begin, 0, at, type->discriminant_size})) return false;
    const Type payload = type->members[*index].type;
    if (!payload) return true;
    return value(payload, at ? std::optional(*at + type->layout(width_).payload_offset) : at, to);
  }

  std::optional<uint64_t> number(std::optional<uint64_t> at) const {
    const uint32_t size = wit::pointer_size(width_);
    if (!at || *at > memory_.size() || memory_.size() - *at < size) return std::nullopt;
    uint64_t value = 0;
    for (uint32_t i = size; i-- != 0;) value = value << 8 | memory_[*at + i];
    return value;
  }
  std::optional<uint64_t> pointer(std::optional<uint64_t> at) const { return number(at); }

  ByteReader in_;
  Bytes memory_;
  wit::PointerWidth width_;
  Visit visit_;
};

/// One bit of each byte changes: that keeps numbers numbers, and most text text.
void change(std::span<uint8_t> bytes) {
  for (uint8_t& byte : bytes) byte ^= 1;
}

}  // namespace

std::optional<HostPart> part_in_memory(Type type, Bytes encoded, Bytes memory,
                                       wit::PointerWidth width, uint64_t pointer,
                                       uint64_t address) {
  std::optional<HostPart> found;
  Leaves(encoded, memory, width, [&](const Leaf& leaf) {
    if (!leaf.address || address < *leaf.address || address - *leaf.address >= leaf.size_there)
      return true;
    const uint64_t byte = address - *leaf.address;
    found = leaf.part(leaf.is_list ? byte : std::min(byte, leaf.size == 0 ? 0 : leaf.size - 1));
    return false;
  }).walk(type, pointer);
  return found;
}

std::optional<HostPart> only_part(Type type, Bytes encoded, uint64_t byte) {
  std::optional<HostPart> found;
  Leaves(encoded, {}, wit::PointerWidth::memory32, [&](const Leaf& leaf) {
    if (byte < leaf.size) found = leaf.part(byte);
    return false;
  }).walk(type, std::nullopt);
  return found;
}

std::optional<HostPart> part_by_trial(Type type, Bytes encoded, const LoweredByte& lowered) {
  std::vector<Leaf> leaves;
  std::vector<std::pair<uint64_t, size_t>> bytes;  // of the encoding, and whose leaf it is
  Leaves(encoded, {}, wit::PointerWidth::memory32, [&](const Leaf& leaf) {
    leaves.push_back(leaf);
    for (uint64_t i = 0; i < leaf.size; ++i) bytes.emplace_back(leaf.begin + i, leaves.size() - 1);
    return true;
  }).walk(type, std::nullopt);
  const std::optional<uint8_t> usual = lowered(encoded);
  const auto matters = [&](std::span<const std::pair<uint64_t, size_t>> some) {
    std::vector<uint8_t> other(encoded.begin(), encoded.end());
    for (const auto& [offset, leaf] : some) change(std::span(other).subspan(offset, 1));
    ByteReader check(other);
    if (!wit::check_value(type, check)) return false;
    const std::optional<uint8_t> result = lowered(other);
    return result && result != usual;
  };
  std::span<const std::pair<uint64_t, size_t>> left = bytes;
  if (!usual || left.empty() || !matters(left)) return std::nullopt;
  while (left.size() > 1) {
    const auto first = left.first(left.size() / 2);
    left = matters(first) ? first : left.subspan(first.size());
  }
  if (!matters(left)) return std::nullopt;
  const Leaf& leaf = leaves[left[0].second];
  return leaf.part(left[0].first - leaf.begin);
}

}  // namespace reprise::debug
