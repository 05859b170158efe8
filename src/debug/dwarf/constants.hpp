// The numbers of DWARF that Reprise understands (spec: DWARF 5 §7, and WebAssembly's own expression
// operator from "DWARF for WebAssembly"). What isn't named here is skipped over or reported, never
// guessed at.

#pragma once

#include <cstdint>

namespace reprise::debug::dwarf {

enum class Tag : uint16_t {
  none = 0,
  array_type = 0x01,
  class_type = 0x02,
  enumeration_type = 0x04,
  formal_parameter = 0x05,
  lexical_block = 0x0b,
  member = 0x0d,
  pointer_type = 0x0f,
  reference_type = 0x10,
  compile_unit = 0x11,
  structure_type = 0x13,
  subroutine_type = 0x15,
  typedef_ = 0x16,
  union_type = 0x17,
  variant = 0x19,
  inheritance = 0x1c,
  inlined_subroutine = 0x1d,
  ptr_to_member_type = 0x1f,
  subrange_type = 0x21,
  base_type = 0x24,
  const_type = 0x26,
  enumerator = 0x28,
  subprogram = 0x2e,
  template_type_parameter = 0x2f,
  variant_part = 0x33,
  variable = 0x34,
  volatile_type = 0x35,
  restrict_type = 0x37,
  interface_type = 0x38,
  namespace_ = 0x39,
  unspecified_type = 0x3b,
  partial_unit = 0x3c,
  type_unit = 0x41,
  rvalue_reference_type = 0x42,
  atomic_type = 0x47,
  skeleton_unit = 0x4a,
};

enum class At : uint16_t {
  none = 0,
  sibling = 0x01,
  location = 0x02,
  name = 0x03,
  byte_size = 0x0b,
  bit_offset = 0x0c,
  bit_size = 0x0d,
  stmt_list = 0x10,
  low_pc = 0x11,
  high_pc = 0x12,
  language = 0x13,
  discr = 0x15,
  discr_value = 0x16,
  comp_dir = 0x1b,
  const_value = 0x1c,
  inline_ = 0x20,
  lower_bound = 0x22,
  producer = 0x25,
  upper_bound = 0x2f,
  abstract_origin = 0x31,
  artificial = 0x34,
  count = 0x37,
  data_member_location = 0x38,
  declaration = 0x3c,
  encoding = 0x3e,
  external = 0x3f,
  frame_base = 0x40,
  specification = 0x47,
  type = 0x49,
  ranges = 0x55,
  data_bit_offset = 0x6b,
  enum_class = 0x6d,
  call_column = 0x57,
  call_file = 0x58,
  call_line = 0x59,
  linkage_name = 0x6e,
  str_offsets_base = 0x72,
  addr_base = 0x73,
  rnglists_base = 0x74,
  loclists_base = 0x8c,
  alignment = 0x88,
  export_symbols = 0x89,  // an inline namespace
};

enum class Form : uint16_t {
  addr = 0x01,
  block2 = 0x03,
  block4 = 0x04,
  data2 = 0x05,
  data4 = 0x06,
  data8 = 0x07,
  string = 0x08,
  block = 0x09,
  block1 = 0x0a,
  data1 = 0x0b,
  flag = 0x0c,
  sdata = 0x0d,
  strp = 0x0e,
  udata = 0x0f,
  ref_addr = 0x10,
  ref1 = 0x11,
  ref2 = 0x12,
  ref4 = 0x13,
  ref8 = 0x14,
  ref_udata = 0x15,
  indirect = 0x16,
  sec_offset = 0x17,
  exprloc = 0x18,
  flag_present = 0x19,
  strx = 0x1a,
  addrx = 0x1b,
  ref_sup4 = 0x1c,
  strp_sup = 0x1d,
  data16 = 0x1e,
  line_strp = 0x1f,
  ref_sig8 = 0x20,
  implicit_const = 0x21,
  loclistx = 0x22,
  rnglistx = 0x23,
  ref_sup8 = 0x24,
  strx1 = 0x25,
  strx2 = 0x26,
  strx3 = 0x27,
  strx4 = 0x28,
  addrx1 = 0x29,
  addrx2 = 0x2a,
  addrx3 = 0x2b,
  addrx4 = 0x2c,
};

enum class UnitType : uint8_t {
  compile = 1,
  type = 2,
  partial = 3,
  skeleton = 4,
  split_compile = 5,
  split_type = 6,
};

/// DW_LNS_*: the standard opcodes of a line program.
enum class LineOp : uint8_t {
  extended = 0,
  copy = 1,
  advance_pc = 2,
  advance_line = 3,
  set_file = 4,
  set_column = 5,
  negate_stmt = 6,
  set_basic_block = 7,
  const_add_pc = 8,
  fixed_advance_pc = 9,
  set_prologue_end = 10,
  set_epilogue_begin = 11,
  set_isa = 12,
};

/// DW_LNE_*.
enum class ExtendedLineOp : uint8_t { end_sequence = 1, set_address = 2, define_file = 3 };

/// DW_LNCT_*: what a column of the file table says.
enum class LineContent : uint16_t { path = 1, directory_index = 2 };

/// DW_RLE_*: entries of a range list.
enum class RangeEntry : uint8_t {
  end_of_list = 0,
  base_addressx = 1,
  startx_endx = 2,
  startx_length = 3,
  offset_pair = 4,
  base_address = 5,
  start_end = 6,
  start_length = 7,
};

/// DW_LLE_*: entries of a location list.
enum class LocationEntry : uint8_t {
  end_of_list = 0,
  base_addressx = 1,
  startx_endx = 2,
  startx_length = 3,
  offset_pair = 4,
  default_location = 5,
  base_address = 6,
  start_end = 7,
  start_length = 8,
};

/// DW_ATE_*.
enum class Encoding : uint8_t {
  none = 0,
  address = 0x01,
  boolean = 0x02,
  floating = 0x04,
  signed_ = 0x05,
  signed_char = 0x06,
  unsigned_ = 0x07,
  unsigned_char = 0x08,
  utf = 0x10,
};

/// DW_OP_*.
enum class Op : uint8_t {
  addr = 0x03,
  deref = 0x06,
  const1u = 0x08,
  const1s = 0x09,
  const2u = 0x0a,
  const2s = 0x0b,
  const4u = 0x0c,
  const4s = 0x0d,
  const8u = 0x0e,
  const8s = 0x0f,
  constu = 0x10,
  consts = 0x11,
  dup = 0x12,
  drop = 0x13,
  over = 0x14,
  pick = 0x15,
  swap = 0x16,
  rot = 0x17,
  abs = 0x19,
  and_ = 0x1a,
  div = 0x1b,
  minus = 0x1c,
  mod = 0x1d,
  mul = 0x1e,
  neg = 0x1f,
  not_ = 0x20,
  or_ = 0x21,
  plus = 0x22,
  plus_uconst = 0x23,
  shl = 0x24,
  shr = 0x25,
  shra = 0x26,
  xor_ = 0x27,
  bra = 0x28,
  eq = 0x29,
  ge = 0x2a,
  gt = 0x2b,
  le = 0x2c,
  lt = 0x2d,
  ne = 0x2e,
  skip = 0x2f,
  lit0 = 0x30,
  lit31 = 0x4f,
  fbreg = 0x91,
  piece = 0x93,
  deref_size = 0x94,
  nop = 0x96,
  bit_piece = 0x9d,
  implicit_value = 0x9e,
  stack_value = 0x9f,
  addrx = 0xa1,
  constx = 0xa2,
  entry_value = 0xa3,
  convert = 0xa8,
  wasm_location = 0xed,
};

/// The first operand of Op::wasm_location.
enum class WasmLocation : uint8_t { local = 0, global = 1, operand = 2, global_u32 = 3 };

enum class Language : uint8_t { c, cpp, rust, other };

/// From DW_LANG_*: which language's words to print values in.
constexpr Language language_of(uint64_t code) {
  switch (code) {
    case 0x01:  // C89
    case 0x02:  // C
    case 0x0c:  // C99
    case 0x1d:  // C11
    case 0x2c:  // C17
      return Language::c;
    case 0x04:         // C++
    case 0x1a:         // C++11
    case 0x21:         // C++14
    case 0x2b:         // C++17
    case 0x2c + 0x0e:  // C++20
      return Language::cpp;
    case 0x1c:
      return Language::rust;
    default:
      return Language::other;
  }
}

}  // namespace reprise::debug::dwarf
