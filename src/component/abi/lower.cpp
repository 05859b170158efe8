// Lowering by run-time type: from the canonical encoding to flat values and memory
// (spec: CanonicalABI.md §Storing, §Flat Lowering). Padding and the unused bytes of variants are
// never written.

#include <fmt/format.h>

#include "component/abi/dynamic.hpp"
#include "component/abi/signature.hpp"
#include "wit/encoding_io.hpp"

namespace reprise::component::abi {
namespace {

/// Encoded bytes that are not of the type are the fault of whoever wrote them, not of the guest;
/// but the call cannot go on.
template <class T>
TrapOr<T> sound(Result<T> result) {
  if (result) return *std::move(result);
  return trap(TrapKind::host, fmt::format("a value to be lowered is not of its type: {}",
                                          result.error().to_string()));
}

class DynamicLower {
 public:
  DynamicLower(Context& context, ByteReader& in, const StringOrigin* origins, std::span<Slot> flat)
      : memory_(context), context_(context), in_(in), origins_(origins), flat_(flat) {}

  TrapOr<void> to_flat(Type type);
  TrapOr<void> to_memory(std::span<const Type> types, uint64_t pointer);
  LowerMemory& memory() { return memory_; }
  void put(uint64_t value) {
    REPRISE_CHECK(next_ < flat_.size());
    flat_[next_++] = value;
  }
  uint32_t written() const { return static_cast<uint32_t>(next_); }

 private:
  struct Range {
    uint64_t pointer;
    uint64_t length;
  };

  TrapOr<void> store(Type type, uint64_t pointer);
  TrapOr<void> store_sum(Type type, uint64_t pointer);
  TrapOr<void> store_elements(Type element, uint64_t pointer, uint64_t count);
  void store_range(Range range, uint64_t pointer);
  TrapOr<void> flat_sum(Type type);
  TrapOr<Range> string();
  TrapOr<Range> list(Type element);
  TrapOr<uint32_t> handle(Type type) {
    REPRISE_ASSIGN(uint32_t ordinal, sound(wit::read_number(in_)));
    return context_.instance.lower_handle(type, ordinal);
  }

  LowerMemory memory_;
  Context& context_;
  ByteReader& in_;
  /// Of the next string; null if strings are the host's.
  const StringOrigin* origins_;
  std::span<Slot> flat_;
  size_t next_ = 0;
};

TrapOr<DynamicLower::Range> DynamicLower::string() {
  REPRISE_ASSIGN(std::string_view text, sound(wit::read_string(in_)));
  REPRISE_ASSIGN(StoredString stored,
                 origins_ ? store_string(memory_, text, *origins_++) : store_string(memory_, text));
  return Range{stored.pointer, stored.tagged_code_units};
}

TrapOr<DynamicLower::Range> DynamicLower::list(Type element) {
  REPRISE_ASSIGN(uint32_t length, sound(wit::read_count(element, in_)));
  REPRISE_ASSIGN(uint64_t pointer, memory_.allocate_list(length, context_.layout(element)));
  REPRISE_TRY(store_elements(element, pointer, length));
  return Range{pointer, length};
}

TrapOr<void> DynamicLower::store_elements(Type element, uint64_t pointer, uint64_t count) {
  const Layout& layout = context_.layout(element);
  if (element->bitwise) {
    REPRISE_ASSIGN(Bytes bytes, sound(in_.bytes(count * layout.size)));
    copy_bytes(memory_.at(pointer), bytes.data(), bytes.size());
    return {};
  }
  for (uint64_t i = 0; i < count; ++i) REPRISE_TRY(store(element, pointer + i * layout.size));
  return {};
}

void DynamicLower::store_range(Range range, uint64_t pointer) {
  uint32_t width = context_.pointer_size();
  memory_.store(pointer, range.pointer, width);
  memory_.store(pointer + width, range.length, width);
}

TrapOr<void> DynamicLower::store(Type type, uint64_t pointer) {
  switch (type->shape) {
    case Shape::scalar: {
      REPRISE_ASSIGN(uint64_t bits, sound(wit::read_scalar(type, in_)));
      memory_.store(pointer, bits, context_.layout(type).size);
      return {};
    }
    case Shape::handle: {
      REPRISE_ASSIGN(uint32_t index, handle(type));
      memory_.store(pointer, index, 4);
      return {};
    }
    case Shape::string: {
      REPRISE_ASSIGN(Range range, string());
      store_range(range, pointer);
      return {};
    }
    case Shape::sequence: {
      REPRISE_ASSIGN(Range range, list(type->element));
      store_range(range, pointer);
      return {};
    }
    case Shape::array:
      return store_elements(type->element, pointer, type->length);
    case Shape::product:
      for (size_t i = 0; i < type->members.size(); ++i) {
        REPRISE_TRY(store(type->members[i].type, pointer + type->offset_of(i, context_.width)));
      }
      return {};
    case Shape::sum:
      return store_sum(type, pointer);
  }
  return {};
}

TrapOr<void> DynamicLower::store_sum(Type type, uint64_t pointer) {
  REPRISE_ASSIGN(uint32_t index, sound(wit::read_case(type, in_)));
  memory_.store(pointer, index, type->discriminant_size);
  Type payload = type->members[index].type;
  if (!payload) return {};
  return store(payload, pointer + context_.layout(type).payload_offset);
}

TrapOr<void> DynamicLower::to_flat(Type type) {
  switch (type->shape) {
    case Shape::scalar: {
      REPRISE_ASSIGN(uint64_t bits, sound(wit::read_scalar(type, in_)));
      FlatType flat = context_.layout(type).flat[0];
      bool wide = flat == FlatType::i64 || flat == FlatType::f64;
      put(wide ? bits : bits & 0xffffffff);
      return {};
    }
    case Shape::handle: {
      REPRISE_ASSIGN(uint32_t index, handle(type));
      put(index);
      return {};
    }
    case Shape::string:
    case Shape::sequence: {
      REPRISE_ASSIGN(Range range, type->shape == Shape::string ? string() : list(type->element));
      put(range.pointer);
      put(range.length);
      return {};
    }
    case Shape::array:
      for (uint32_t i = 0; i < type->length; ++i) REPRISE_TRY(to_flat(type->element));
      return {};
    case Shape::product:
      for (const wit::Member& member : type->members) REPRISE_TRY(to_flat(member.type));
      return {};
    case Shape::sum:
      return flat_sum(type);
  }
  return {};
}

TrapOr<void> DynamicLower::flat_sum(Type type) {
  size_t end = next_ + context_.layout(type).flat_count;
  REPRISE_ASSIGN(uint32_t index, sound(wit::read_case(type, in_)));
  put(index);
  if (Type payload = type->members[index].type) REPRISE_TRY(to_flat(payload));
  while (next_ < end) put(0);
  return {};
}

TrapOr<void> DynamicLower::to_memory(std::span<const Type> types, uint64_t pointer) {
  uint64_t offset = 0;
  for (Type type : types) {
    const Layout& layout = context_.layout(type);
    offset = align_to(offset, layout.alignment);
    REPRISE_TRY(store(type, pointer + offset));
    offset += layout.size;
  }
  return {};
}

TrapOr<uint32_t> lower(DynamicLower& lower, Context& context, std::span<const Type> types,
                       uint32_t max_flat, std::optional<uint64_t> out_pointer) {
  if (flat_count(types) <= max_flat) {
    for (Type type : types) REPRISE_TRY(lower.to_flat(type));
    return lower.written();
  }
  TupleExtent extent = tuple_extent(types, context.width);
  uint64_t pointer = 0;
  if (out_pointer) {
    pointer = *out_pointer;
    REPRISE_TRY(lower.memory().check(pointer, extent.size, extent.alignment));
  } else {
    REPRISE_ASSIGN(pointer, lower.memory().allocate(extent.alignment, extent.size));
    lower.put(pointer);
  }
  REPRISE_TRY(lower.to_memory(types, pointer));
  return lower.written();
}

}  // namespace

TrapOr<uint32_t> lower_values(Context& context, std::span<const Type> types, uint32_t max_flat,
                              ByteReader& encoded, std::span<Slot> flat,
                              std::optional<uint64_t> out_pointer) {
  DynamicLower state(context, encoded, nullptr, flat);
  return lower(state, context, types, max_flat, out_pointer);
}

TrapOr<uint32_t> lower_values(Context& context, std::span<const Type> types, uint32_t max_flat,
                              ByteReader& encoded, std::span<const StringOrigin> origins,
                              std::span<Slot> flat, std::optional<uint64_t> out_pointer) {
  // Without strings no origin is asked for; the pointer must not be null all the same.
  static constexpr StringOrigin kNone;
  DynamicLower state(context, encoded, origins.empty() ? &kNone : origins.data(), flat);
  return lower(state, context, types, max_flat, out_pointer);
}

TrapOr<uint32_t> transfer_values(const TransferSide& from, std::span<const Slot> from_flat,
                                 const TransferSide& to, std::span<Slot> to_flat,
                                 TransferBuffer& buffer, std::optional<uint64_t> out_pointer) {
  buffer.values.clear();
  buffer.strings.clear();
  REPRISE_TRY(lift_values(from.context, from.types, from.max_flat, from_flat, buffer.values,
                          &buffer.strings));
  ByteReader reader(buffer.values.view());
  return lower_values(to.context, to.types, to.max_flat, reader, buffer.strings, to_flat,
                      out_pointer);
}

}  // namespace reprise::component::abi
