// Lifting by run-time type: from flat values and memory to the canonical encoding
// (spec: CanonicalABI.md §Loading, §Flat Lifting).

#include <fmt/format.h>

#include "component/abi/dynamic.hpp"
#include "component/abi/scalar.hpp"
#include "component/abi/signature.hpp"
#include "wit/encoding_io.hpp"

namespace reprise::component::abi {

TrapOr<uint64_t> lift_scalar(Type type, uint64_t bits) {
  switch (type->kind) {
    case TypeKind::bool_:
      return bits != 0;
    case TypeKind::f32:
      return wit::canonical_f32(static_cast<uint32_t>(bits));
    case TypeKind::f64:
      return wit::canonical_f64(bits);
    case TypeKind::char_:
      return check_char(bits);
    case TypeKind::flags:
      return bits & ((uint64_t{1} << type->members.size()) - 1);
    default:
      return bits;
  }
}

TrapOr<uint64_t> check_char(uint64_t bits) {
  if (wit::is_scalar_value(bits)) return bits;
  return trap(TrapKind::abi_invalid_char, fmt::format("invalid `char` bit pattern: {:#x}", bits));
}

TrapOr<uint32_t> check_case(uint64_t index, size_t cases) {
  if (index < cases) return static_cast<uint32_t>(index);
  return trap(TrapKind::abi_invalid_case,
              fmt::format("invalid variant discriminant: {} of {} cases", index, cases));
}

namespace {

class DynamicLift {
 public:
  DynamicLift(Context& context, std::span<const Slot> flat, ByteWriter& out,
              std::vector<StringOrigin>* origins)
      : memory_(context), context_(context), flat_(flat), out_(out), origins_(origins) {}

  TrapOr<void> from_flat(Type type);
  TrapOr<void> from_memory(std::span<const Type> types);

 private:
  TrapOr<void> load(Type type, const uint8_t* at);
  TrapOr<void> load_sum(Type type, const uint8_t* at);
  TrapOr<void> load_elements(Type element, const uint8_t* at, uint64_t count);
  TrapOr<void> flat_sum(Type type);
  TrapOr<void> string(uint64_t pointer, uint64_t tagged_code_units);
  TrapOr<void> list(Type element, uint64_t pointer, uint64_t length);
  TrapOr<void> handle(Type type, uint64_t bits);
  TrapOr<void> scalar(Type type, uint64_t bits) {
    if (type->bitwise) [[likely]] {  // an integer
      wit::write_scalar(type, bits, out_);
      return {};
    }
    REPRISE_ASSIGN(uint64_t value, lift_scalar(type, bits));
    wit::write_scalar(type, value, out_);
    return {};
  }
  /// The next flat value, as wide as a pointer, an i32 or f32, or an i64 or f64. A value that was
  /// joined with a wider one lies in the low bits of its slot, so variants need no conversion.
  uint64_t next_pointer() { return context_.pointer_size() == 4 ? next32() : next64(); }
  uint64_t next32() { return next64() & 0xffffffff; }
  uint64_t next64() {
    REPRISE_CHECK(next_ < flat_.size());
    return flat_[next_++];
  }

  LiftMemory memory_;
  Context& context_;
  std::span<const Slot> flat_;
  size_t next_ = 0;
  ByteWriter& out_;
  std::vector<StringOrigin>* origins_;
};

TrapOr<void> DynamicLift::string(uint64_t pointer, uint64_t tagged_code_units) {
  REPRISE_ASSIGN(GuestString found, find_string(memory_, pointer, tagged_code_units));
  REPRISE_ASSIGN(size_t length, utf8_length(found));
  REPRISE_TRY(memory_.spend(length));
  out_.leb_u64(length);
  write_utf8(found, out_.extend(length));
  if (origins_) origins_->push_back(found.origin);
  return {};
}

TrapOr<void> DynamicLift::list(Type element, uint64_t pointer, uint64_t length) {
  REPRISE_ASSIGN(const uint8_t* at, memory_.list(pointer, length, context_.layout(element)));
  out_.leb_u64(length);
  return load_elements(element, at, length);
}

TrapOr<void> DynamicLift::handle(Type type, uint64_t bits) {
  REPRISE_ASSIGN(uint32_t ordinal,
                 context_.instance.lift_handle(type, static_cast<uint32_t>(bits)));
  out_.leb_u32(ordinal);
  return {};
}

TrapOr<void> DynamicLift::load_elements(Type element, const uint8_t* at, uint64_t count) {
  const Layout& layout = context_.layout(element);
  if (element->bitwise) {
    out_.bytes({at, count * layout.size});
    return {};
  }
  for (uint64_t i = 0; i < count; ++i) REPRISE_TRY(load(element, at + i * layout.size));
  return {};
}

TrapOr<void> DynamicLift::load(Type type, const uint8_t* at) {
  uint32_t width = context_.pointer_size();
  switch (type->shape) {
    case Shape::scalar:
      return scalar(type, load_bits(at, context_.layout(type).size));
    case Shape::handle:
      return handle(type, load_bits(at, 4));
    case Shape::string:
      return string(load_bits(at, width), load_bits(at + width, width));
    case Shape::sequence:
      return list(type->element, load_bits(at, width), load_bits(at + width, width));
    case Shape::array:
      return load_elements(type->element, at, type->length);
    case Shape::product:
      for (size_t i = 0; i < type->members.size(); ++i) {
        REPRISE_TRY(load(type->members[i].type, at + type->offset_of(i, context_.width)));
      }
      return {};
    case Shape::sum:
      return load_sum(type, at);
  }
  return {};
}

TrapOr<void> DynamicLift::load_sum(Type type, const uint8_t* at) {
  REPRISE_ASSIGN(uint32_t index,
                 check_case(load_bits(at, type->discriminant_size), type->members.size()));
  out_.leb_u32(index);
  Type payload = type->members[index].type;
  if (!payload) return {};
  return load(payload, at + context_.layout(type).payload_offset);
}

TrapOr<void> DynamicLift::from_flat(Type type) {
  switch (type->shape) {
    case Shape::scalar: {
      FlatType flat = context_.layout(type).flat[0];
      bool wide = flat == FlatType::i64 || flat == FlatType::f64;
      return scalar(type, wide ? next64() : next32());
    }
    case Shape::handle:
      return handle(type, next32());
    case Shape::string: {
      uint64_t pointer = next_pointer();
      return string(pointer, next_pointer());
    }
    case Shape::sequence: {
      uint64_t pointer = next_pointer();
      return list(type->element, pointer, next_pointer());
    }
    case Shape::array:
      for (uint32_t i = 0; i < type->length; ++i) REPRISE_TRY(from_flat(type->element));
      return {};
    case Shape::product:
      for (const wit::Member& member : type->members) REPRISE_TRY(from_flat(member.type));
      return {};
    case Shape::sum:
      return flat_sum(type);
  }
  return {};
}

TrapOr<void> DynamicLift::flat_sum(Type type) {
  size_t end = next_ + context_.layout(type).flat_count;
  REPRISE_ASSIGN(uint32_t index, check_case(next32(), type->members.size()));
  out_.leb_u32(index);
  if (Type payload = type->members[index].type) REPRISE_TRY(from_flat(payload));
  next_ = end;
  return {};
}

TrapOr<void> DynamicLift::from_memory(std::span<const Type> types) {
  TupleExtent extent = tuple_extent(types, context_.width);
  REPRISE_ASSIGN(const uint8_t* at, memory_.range(next_pointer(), extent.size, extent.alignment));
  uint64_t offset = 0;
  for (Type type : types) {
    const Layout& layout = context_.layout(type);
    offset = align_to(offset, layout.alignment);
    REPRISE_TRY(load(type, at + offset));
    offset += layout.size;
  }
  return {};
}

}  // namespace

TrapOr<void> lift_values(Context& context, std::span<const Type> types, uint32_t max_flat,
                         std::span<const Slot> flat, ByteWriter& out,
                         std::vector<StringOrigin>* origins) {
  DynamicLift lift(context, flat, out, origins);
  if (flat_count(types) > max_flat) return lift.from_memory(types);
  for (Type type : types) REPRISE_TRY(lift.from_flat(type));
  return {};
}

}  // namespace reprise::component::abi
