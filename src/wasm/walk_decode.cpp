// Decoding within a function body: immediates, and the indices they name (spec:
// binary/instructions).

#include <fmt/format.h>

#include <cstring>

#include "wasm/decode_table.hpp"
#include "wasm/limits.hpp"
#include "wasm/type_reader.hpp"
#include "wasm/walk_state.hpp"

namespace reprise::wasm {

bool WalkState::malformed(std::string message) {
  error_ = Error{ErrorKind::malformed, std::move(message), file_offset(at_), {}};
  return false;
}

bool WalkState::invalid(std::string message) {
  error_ = Error{ErrorKind::invalid, std::move(message), file_offset(instruction_), {}};
  return false;
}

bool WalkState::limit(std::string message) {
  error_ = Error{ErrorKind::limit, std::move(message), file_offset(instruction_), {}};
  return false;
}

bool WalkState::read_u8(uint8_t& out) {
  if (at_ == end_) return malformed("unexpected end of section or function");
  out = *at_++;
  return true;
}

namespace {

// Runs a ByteReader from `at`, and moves `at` behind what it took.
template <class Out, class Read>
bool read_with(const uint8_t*& at, const uint8_t* end, uint64_t offset, Error& error, Out& out,
               Read read) {
  ByteReader in(Bytes(at, static_cast<size_t>(end - at)), offset);
  auto value = read(in);
  if (!value) {
    error = std::move(value.error());
    if (error.message == "unexpected end") error.message = "unexpected end of section or function";
    return false;
  }
  out = static_cast<Out>(*value);
  at = in.cursor();
  return true;
}

}  // namespace

namespace {

// Decodes a LEB128 integer that is well away from the end and has no superfluous bits, which is
// nearly all there are; false for the others, which ByteReader then judges.
template <int kBits, bool kSigned>
bool read_leb_quickly(const uint8_t*& at, const uint8_t* end, uint64_t& out) {
  constexpr int kMostBytes = (kBits - 1) / 7;  // the last possible byte is not for us
  if (end - at < kMostBytes) return false;
  uint64_t value = 0;
  for (int k = 0; k < kMostBytes; ++k) {
    const uint8_t byte = at[k];
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * k);
    if (byte & 0x80) continue;
    if (kSigned && (byte & 0x40)) value |= ~uint64_t{0} << (7 * k + 7);
    out = value;
    at += k + 1;
    return true;
  }
  return false;
}

}  // namespace

bool WalkState::read_long_u32(uint32_t& out) {
  uint64_t value = 0;
  if (read_leb_quickly<32, false>(at_, end_, value)) {
    out = static_cast<uint32_t>(value);
    return true;
  }
  return read_with(at_, end_, file_offset(at_), error_, out,
                   [](ByteReader& in) { return in.leb_u32(); });
}

bool WalkState::read_u64(uint64_t& out) {
  if (read_leb_quickly<64, false>(at_, end_, out)) return true;
  return read_with(at_, end_, file_offset(at_), error_, out,
                   [](ByteReader& in) { return in.leb_u64(); });
}

// The value goes out as the bits of an i32, zero-extended.
bool WalkState::read_s32(uint64_t& out) {
  const bool good = read_leb_quickly<32, true>(at_, end_, out) ||
                    read_with(at_, end_, file_offset(at_), error_, out,
                              [](ByteReader& in) { return in.leb_s32(); });
  out = static_cast<uint32_t>(out);
  return good;
}

bool WalkState::read_s64(uint64_t& out) {
  return read_leb_quickly<64, true>(at_, end_, out) ||
         read_with(at_, end_, file_offset(at_), error_, out,
                   [](ByteReader& in) { return in.leb_s64(); });
}

bool WalkState::read_fixed(void* out, size_t size) {
  if (static_cast<size_t>(end_ - at_) < size)
    return malformed("unexpected end of section or function");
  std::memcpy(out, at_, size);
  at_ += size;
  return true;
}

bool WalkState::read_prefixed_opcode(Opcode& out) {
  if (at_ == end_) {
    const Bytes all = module_.bytes();
    return malformed(end_ == all.data() + all.size() ? "unexpected end of section or function"
                                                     : "END opcode expected");
  }
  const uint8_t byte = *at_++;
  uint32_t code = byte;
  uint16_t found = DecodeTable::kNone;
  if (DecodeTable::is_prefix(byte)) {
    if (!read_u32(code)) return false;
    found = kDecodeTable.find(byte, code);
  }
  if (found == DecodeTable::kNone) return malformed(fmt::format("illegal opcode {:02x}", code));
  out = static_cast<Opcode>(found);
  return true;
}

bool WalkState::read_heap_type(HeapType& out) {
  return read_with(at_, end_, file_offset(at_), error_, out, [this](ByteReader& in) {
    return wasm::read_heap_type(in, TypeSpace{module_.types});
  });
}

bool WalkState::read_value_type(ValueType& out) {
  return read_with(at_, end_, file_offset(at_), error_, out, [this](ByteReader& in) {
    return wasm::read_value_type(in, TypeSpace{module_.types});
  });
}

// spec: binary/instructions §block types: empty, a value type, or a type index as a positive s33.
bool WalkState::read_block_type(Label& out) {
  out.has_one_result_ = false;
  out.parameters_ = {};
  out.results_ = {};
  if (at_ == end_) return malformed("unexpected end of section or function");
  constexpr uint8_t kEmpty = 0x40;
  if (*at_ == kEmpty) {
    ++at_;
    return true;
  }
  const bool is_negative = (*at_ & 0xc0) == 0x40;
  if (is_negative) {
    out.has_one_result_ = true;
    return read_value_type(out.one_result_);
  }
  int64_t index = 0;
  if (!read_with(at_, end_, file_offset(at_), error_, index,
                 [](ByteReader& in) { return in.leb_s33(); }))
    return false;
  if (index < 0) return malformed("malformed block type");
  if (static_cast<uint64_t>(index) >= module_.types.size())
    return invalid(fmt::format("unknown type {}", index));
  const FuncType* type = registry_.func(module_.types[static_cast<size_t>(index)]);
  if (!type) return invalid(fmt::format("type mismatch: type {} is not a function type", index));
  out.parameters_ = type->parameters;
  out.results_ = type->results;
  return true;
}

bool WalkState::read_labels() {
  scratch_.targets.clear();
  uint32_t count = 0;
  if (!read_u32(count)) return false;
  if (count >= static_cast<size_t>(end_ - at_))
    return malformed("unexpected end of section or function");
  if (count > limits::kBranchTableTargets) return limit("too many targets of br_table");
  for (uint32_t k = 0; k <= count; ++k) {
    uint32_t depth = 0;
    if (!read_u32(depth)) return false;
    scratch_.targets.push_back(depth);
  }
  return true;
}

bool WalkState::read_catches() {
  scratch_.catches.clear();
  uint32_t count = 0;
  if (!read_u32(count)) return false;
  if (count > static_cast<size_t>(end_ - at_))
    return malformed("unexpected end of section or function");
  for (uint32_t k = 0; k < count; ++k) {
    Catch clause{};
    uint8_t kind = 0;
    if (!read_u8(kind)) return false;
    if (kind > 3) return malformed("malformed catch clause");
    clause.kind = static_cast<CatchKind>(kind);
    const bool has_tag = clause.kind == CatchKind::catch_ || clause.kind == CatchKind::catch_ref;
    if (has_tag && !read_u32(clause.tag)) return false;
    if (!read_u32(clause.label)) return false;
    scratch_.catches.push_back(clause);
  }
  return true;
}

namespace {

// log2 of the bytes that a memory access touches.
uint32_t natural_alignment(Immediate kind) {
  switch (kind) {
    case Immediate::memarg16:
    case Immediate::memarg16_lane8:
    case Immediate::atomic16:
      return 1;
    case Immediate::memarg32:
    case Immediate::memarg32_lane4:
    case Immediate::atomic32:
      return 2;
    case Immediate::memarg64:
    case Immediate::memarg64_lane2:
    case Immediate::atomic64:
      return 3;
    case Immediate::memarg128:
      return 4;
    default:
      return 0;
  }
}

bool is_atomic(Immediate kind) {
  return kind >= Immediate::atomic8 && kind <= Immediate::atomic64;
}

}  // namespace

// The flags' low bits are the alignment; bit 6 says that a memory index follows.
bool WalkState::read_memarg(Instruction& i, Immediate kind) {
  constexpr uint32_t kHasMemory = 0x40;
  uint32_t flags = 0;
  i.index = 0;
  if (!read_u32(flags)) return false;
  if (flags >= 2 * kHasMemory) return malformed("malformed memop flags");
  if ((flags & kHasMemory) && !read_u32(i.index)) return false;
  if (!read_u64(i.bits)) return false;
  if (!check_memory(i.index)) return false;
  const uint32_t align = flags & (kHasMemory - 1);
  const uint32_t natural = natural_alignment(kind);
  if (align > natural) return invalid("alignment must not be larger than natural");
  if (is_atomic(kind) && align != natural) return invalid("atomic alignment must be natural");
  if (!module_.memories[i.index].is_64 && i.bits > UINT32_MAX)
    return invalid("offset out of range");
  i.align_log2 = static_cast<uint8_t>(align);
  return true;
}

bool WalkState::read_lane(Instruction& i, uint32_t lanes) {
  if (!read_u8(i.lane)) return false;
  return i.lane < lanes || invalid("invalid lane index");
}

bool WalkState::read_shuffle(Instruction& i) {
  uint8_t lanes[16];
  if (!read_fixed(lanes, sizeof lanes)) return false;
  for (uint8_t lane : lanes)
    if (lane >= 32) return invalid("invalid lane index");
  std::memcpy(&i.bits, lanes, 8);
  std::memcpy(&i.bits_high, lanes + 8, 8);
  return true;
}

bool WalkState::read_br_on_cast(Instruction& i) {
  uint8_t flags = 0;
  HeapType from = AbstractHeapType::any;
  HeapType to = AbstractHeapType::any;
  if (!read_u8(flags)) return false;
  if (flags > 3) return malformed("malformed br_on_cast flags");
  if (!read_u32(i.index) || !read_heap_type(from) || !read_heap_type(to)) return false;
  i.type = ValueType::reference(from, flags & 1);
  i.type2 = ValueType::reference(to, flags & 2);
  return check_label(i.index);
}

bool WalkState::unknown(uint32_t index, const char* what) {
  return invalid(fmt::format("unknown {} {}", what, index));
}

bool WalkState::check_memory(uint32_t index) {
  return check_index(index, module_.memories.size(), "memory");
}

bool WalkState::check_label(uint32_t depth) {
  return check_index(depth, scratch_.labels.size(), "label");
}

bool WalkState::check_data(uint32_t index) {
  if (!module_.data_count) return malformed("data count section required");
  return check_index(index, *module_.data_count, "data segment");
}

bool WalkState::check_type(Instruction& i) {
  if (!check_index(i.index, module_.types.size(), "type")) return false;
  i.type_id = module_.types[i.index];
  return true;
}

bool WalkState::read_immediates(Instruction& i, Immediate kind) {
  switch (kind) {
    case Immediate::none:
      return true;
    case Immediate::block:
    case Immediate::try_table:
      return true;  // step_block reads them
    case Immediate::label:
      return read_u32(i.index) && check_label(i.index);
    case Immediate::label_table:
      return read_labels();
    case Immediate::func:
      return read_u32(i.index) && check_index(i.index, module_.functions.size(), "function");
    case Immediate::type:
      return read_u32(i.index) && check_type(i);
    case Immediate::table:
      return read_u32(i.index) && check_index(i.index, module_.tables.size(), "table");
    case Immediate::memory:
      return read_u32(i.index) && check_memory(i.index);
    case Immediate::local:
      return read_u32(i.index) && check_index(i.index, scratch_.local_types.size(), "local");
    case Immediate::global:
      return read_u32(i.index) && check_index(i.index, module_.globals.size(), "global");
    case Immediate::tag:
      return read_u32(i.index) && check_index(i.index, module_.tags.size(), "tag");
    case Immediate::data:
      return read_u32(i.index) && check_data(i.index);
    case Immediate::elem:
      return read_u32(i.index) && check_index(i.index, module_.elements.size(), "elem segment");
    case Immediate::type_table:
      return read_u32(i.index) && read_u32(i.index2) &&
             check_index(i.index2, module_.tables.size(), "table") && check_type(i);
    case Immediate::data_memory:
      return read_u32(i.index) && read_u32(i.index2) && check_memory(i.index2) &&
             check_data(i.index);
    case Immediate::elem_table:
      return read_u32(i.index) && read_u32(i.index2) &&
             check_index(i.index2, module_.tables.size(), "table") &&
             check_index(i.index, module_.elements.size(), "elem segment");
    case Immediate::memory_memory:
      return read_u32(i.index) && read_u32(i.index2) && check_memory(i.index) &&
             check_memory(i.index2);
    case Immediate::table_table:
      return read_u32(i.index) && read_u32(i.index2) &&
             check_index(i.index, module_.tables.size(), "table") &&
             check_index(i.index2, module_.tables.size(), "table");
    case Immediate::type_field:
    case Immediate::type_count:
    case Immediate::type_type:
      return read_u32(i.index) && read_u32(i.index2) && check_type(i);
    case Immediate::type_data:
      return read_u32(i.index) && read_u32(i.index2) && check_type(i) && check_data(i.index2);
    case Immediate::type_elem:
      return read_u32(i.index) && read_u32(i.index2) && check_type(i) &&
             check_index(i.index2, module_.elements.size(), "elem segment");
    case Immediate::heap_type: {
      HeapType heap = AbstractHeapType::any;
      if (!read_heap_type(heap)) return false;
      i.type =
          ValueType::reference(heap, i.op == Opcode::ref_null || i.op == Opcode::ref_test_null ||
                                         i.op == Opcode::ref_cast_null);
      return true;
    }
    case Immediate::br_on_cast:
      return read_br_on_cast(i);
    case Immediate::select_types: {
      uint32_t count = 0;
      if (!read_u32(count)) return false;
      if (count != 1) return invalid("invalid result arity");
      return read_value_type(i.type);
    }
    case Immediate::i32:
      return read_s32(i.bits);
    case Immediate::i64:
      return read_s64(i.bits);
    case Immediate::f32:
      i.bits = 0;
      return read_fixed(&i.bits, 4);
    case Immediate::f64:
      return read_fixed(&i.bits, 8);
    case Immediate::v128:
      return read_fixed(&i.bits, 8) && read_fixed(&i.bits_high, 8);
    case Immediate::shuffle:
      return read_shuffle(i);
    case Immediate::lane2:
      return read_lane(i, 2);
    case Immediate::lane4:
      return read_lane(i, 4);
    case Immediate::lane8:
      return read_lane(i, 8);
    case Immediate::lane16:
      return read_lane(i, 16);
    case Immediate::memarg8:
    case Immediate::memarg16:
    case Immediate::memarg32:
    case Immediate::memarg64:
    case Immediate::memarg128:
    case Immediate::atomic8:
    case Immediate::atomic16:
    case Immediate::atomic32:
    case Immediate::atomic64:
      return read_memarg(i, kind);
    case Immediate::memarg8_lane16:
      return read_memarg(i, kind) && read_lane(i, 16);
    case Immediate::memarg16_lane8:
      return read_memarg(i, kind) && read_lane(i, 8);
    case Immediate::memarg32_lane4:
      return read_memarg(i, kind) && read_lane(i, 4);
    case Immediate::memarg64_lane2:
      return read_memarg(i, kind) && read_lane(i, 2);
    case Immediate::zero_byte: {
      uint8_t zero = 0;
      if (!read_u8(zero)) return false;
      return zero == 0 || malformed("zero byte expected");
    }
  }
  return malformed("illegal opcode");
}

// spec: binary/modules §code section. Runs of equal locals, whose sum is a u32.
bool WalkState::read_locals() {
  auto& types = scratch_.local_types;
  auto& slots = scratch_.local_slots;
  types.assign(type_.parameters.begin(), type_.parameters.end());
  uint32_t runs = 0;
  if (!read_u32(runs)) return false;
  uint64_t total = types.size();
  for (uint32_t k = 0; k < runs; ++k) {
    uint32_t count = 0;
    ValueType type;
    if (!read_u32(count) || !read_value_type(type)) return false;
    total += count;
    if (total > UINT32_MAX) return malformed("too many locals");
    // Beyond the limit, go on reading: the rest may still be malformed.
    if (total <= limits::kLocals) types.resize(total, type);
  }
  if (total > limits::kLocals) return limit("too many locals");
  slots.resize(types.size());
  local_slots_ = 0;
  tracks_initialized_ = false;
  for (size_t k = 0; k < types.size(); ++k) {
    slots[k] = local_slots_;
    local_slots_ += types[k].slots();
    if (k >= type_.parameters.size() && !types[k].is_defaultable()) tracks_initialized_ = true;
  }
  scratch_.initialized_log.clear();
  if (!tracks_initialized_) return true;
  scratch_.initialized.assign(types.size(), true);
  for (size_t k = type_.parameters.size(); k < types.size(); ++k)
    scratch_.initialized[k] = types[k].is_defaultable();
  return true;
}

}  // namespace reprise::wasm
