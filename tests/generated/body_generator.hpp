// One function's body: a grammar over the byte stream of choices. Expressions leave a value of the
// type asked for, statements nothing; both end when the choices do.

#pragma once

#include <algorithm>
#include <optional>

#include "generated_types.hpp"

namespace reprise::generated {

inline constexpr uint32_t kMaxDepth = 6;
inline constexpr size_t kMaxBody = 6000;
inline constexpr uint32_t kCallFuel = 40;
inline constexpr uint32_t kTableSize = 8;
inline constexpr uint32_t kFuelGlobal = 0;
/// The second table, of functions to look at.
inline constexpr uint32_t kSpareTable = 1;
/// The memory of the whole dialect that has 64-bit addresses.
inline constexpr uint32_t kWideMemory = 2;

class BodyGenerator {
 public:
  BodyGenerator(Dialect dialect, Choices& choices, const PlainOperations& plain,
                std::span<const Signature> functions, std::span<const Type> globals, uint32_t index)
      : dialect_(dialect),
        choices_(choices),
        plain_(plain),
        functions_(functions),
        globals_(globals),
        index_(index) {
    locals_ = functions[index].parameters;
    const size_t parameters = locals_.size();
    for (uint32_t n = 1 + choices.below(6); n > 0; n--) locals_.push_back(choices.type(dialect));
    declared_.assign(locals_.begin() + static_cast<ptrdiff_t>(parameters), locals_.end());
    // Nobody else looks at these: for a moment they hold NaNs that are not canonical.
    for (Type type = kI; type < (is_whole() ? kTypeCount : kPlainTypeCount); type++) {
      scratch_[type] = static_cast<uint32_t>(parameters + declared_.size());
      declared_.push_back(type);
    }
  }

  std::vector<uint8_t> run() {
    labels_.push_back(functions_[index_].results);
    spend(kCallFuel);
    const uint32_t statements = 1 + choices_.below(6);
    for (uint32_t i = 0; i < statements; i++) statement(0);
    for (const Type type : functions_[index_].results) expression(type, 0);
    ByteWriter body;
    body.leb_u32(static_cast<uint32_t>(declared_.size()));
    for (const Type type : declared_) {
      body.leb_u32(1);
      put_type(type, body);
    }
    body.bytes(out_.view());
    body.u8(0x0b);
    return body.take();
  }

 private:
  bool is_whole() const { return dialect_ == Dialect::whole; }
  bool must_end(uint32_t depth) const {
    return depth >= kMaxDepth || choices_.empty() || out_.size() > kMaxBody;
  }
  void op(uint8_t code) { out_.u8(code); }
  void op(uint8_t code, uint32_t index) {
    out_.u8(code);
    out_.leb_u32(index);
  }
  void i32_const(int32_t value) {
    op(0x41);
    out_.leb_s32(value);
  }
  void block(uint8_t code, Type type) {
    op(code);
    put_type(type, out_);
    labels_.push_back({type});
  }
  void end() {
    labels_.pop_back();
    op(0x0b);
  }
  uint32_t function_type(uint32_t function) const {
    return first_function_type(dialect_) + function;
  }
  void put_op(const wasm::OpcodeInfo& info) {
    if (info.prefix == 0) return out_.u8(static_cast<uint8_t>(info.code));
    out_.u8(info.prefix);
    out_.leb_u32(info.code);
  }

  /// Takes fuel, or traps.
  void spend(uint32_t cost) {
    op(0x23, kFuelGlobal);
    i32_const(static_cast<int32_t>(cost));
    op(0x48);  // i32.lt_s
    op(0x04);
    op(0x40);
    op(0x00);  // unreachable
    op(0x0b);
    op(0x23, kFuelGlobal);
    i32_const(static_cast<int32_t>(cost));
    op(0x6b);
    op(0x24, kFuelGlobal);
  }

  /// A variable of that type among `types`, from `first`; nothing if there is none.
  std::optional<uint32_t> pick(std::span<const Type> types, Type type, uint32_t first = 0) {
    std::vector<uint32_t> found;
    for (uint32_t i = first; i < types.size(); i++)
      if (types[i] == type) found.push_back(i);
    if (found.empty()) return std::nullopt;
    return found[choices_.below(static_cast<uint32_t>(found.size()))];
  }

  // Expressions leave one value.

  void expression(Type type, uint32_t depth) {
    if (must_end(depth)) return leaf(type);
    switch (choices_.below(16)) {
      case 0:
      case 1:
        return leaf(type);
      case 2:
        return select(type, depth);
      case 3:
        return if_else(type, depth);
      case 4:
        return plain_block(type, depth);
      case 5:
        return loop(type, depth);
      case 6:
        return call(type, depth);
      case 7:
        if (const auto local = pick(locals_, type)) {
          expression(type, depth + 1);
          return op(0x22, *local);
        }
        return leaf(type);
      case 8:
        if (branch_if(type, depth)) return;
        return leaf(type);
      case 9:
        if (is_whole()) return catching(type, depth);
        [[fallthrough]];
      default:
        return is_reference(type) ? reference(type, depth) : plain(type, depth);
    }
  }

  void leaf(Type type) {
    const uint32_t kind = choices_.below(4);
    if (kind < 2) {
      if (const auto local = pick(locals_, type)) return op(0x20, *local);
    } else if (kind == 2) {
      if (const auto global = pick(globals_, type)) return op(0x23, *global);
    }
    if (is_reference(type)) return some_reference(type);
    constant(type);
  }

  void constant(Type type) {
    constexpr int64_t kIntegers[] = {0, 1, -1, 2, 31, 255, INT32_MAX, INT32_MIN, 65535, INT64_MIN};
    constexpr uint32_t kFloats[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000,
                                    0x7fc00000, 0x00000001, 0x4f000000, 0x5f000000, 0x3fc00000};
    constexpr uint64_t kDoubles[] = {0,
                                     0x8000000000000000,
                                     0x3ff0000000000000,
                                     0xbff8000000000000,
                                     0x7ff0000000000000,
                                     0x7ff8000000000000,
                                     0x0000000000000001,
                                     0x41e0000000000000,
                                     0x43e0000000000000,
                                     0xc1e0000000200000};
    const uint32_t which = choices_.below(16);
    switch (type) {
      case kI:
        return i32_const(which < 10 ? static_cast<int32_t>(kIntegers[which]) : choices_.byte());
      case kL:
        op(0x42);
        return out_.leb_s64(which < 10 ? kIntegers[which] : choices_.byte() * 0x0101010101);
      case kF:
        op(0x43);
        return out_.u32_le(kFloats[which % 10]);
      case kD:
        op(0x44);
        return out_.u64_le(kDoubles[which % 10]);
      default:
        op(0xfd, 0x0c);
        for (int lane = 0; lane < 2; lane++)
          out_.u64_le(which < 10 ? kDoubles[(which + static_cast<uint32_t>(lane)) % 10]
                                 : choices_.byte() * uint64_t{0x0102030405060708});
    }
  }

  void select(Type type, uint32_t depth) {
    expression(type, depth + 1);
    expression(type, depth + 1);
    expression(kI, depth + 1);
    if (!is_reference(type)) return op(0x1b);
    op(0x1c, 1);
    put_type(type, out_);
  }

  void if_else(Type type, uint32_t depth) {
    expression(kI, depth + 1);
    block(0x04, type);
    inside(type, depth);
    op(0x05);
    inside(type, depth);
    end();
  }

  void plain_block(Type type, uint32_t depth) {
    block(0x02, type);
    inside(type, depth);
    end();
  }

  void loop(Type type, uint32_t depth) {
    block(0x03, type);
    labels_.back().clear();
    spend(1);
    inside(type, depth);
    end();
  }

  void inside(Type type, uint32_t depth) {
    for (uint32_t n = choices_.below(3); n > 0; n--) statement(depth + 1);
    expression(type, depth + 1);
  }

  std::optional<uint32_t> pick_label(std::span<const Type> results) {
    std::vector<uint32_t> found;
    for (uint32_t i = 0; i < labels_.size(); i++)
      if (std::ranges::equal(labels_[i], results)) found.push_back(i);
    if (found.empty()) return std::nullopt;
    const uint32_t label = found[choices_.below(static_cast<uint32_t>(found.size()))];
    return static_cast<uint32_t>(labels_.size()) - 1 - label;
  }

  /// A value that a conditional branch passes on.
  bool branch_if(Type type, uint32_t depth) {
    const Type results[] = {type};
    const auto label = pick_label(results);
    if (!label) return false;
    expression(type, depth + 1);
    expression(kI, depth + 1);
    op(0x0d, *label);
    return true;
  }

  /// Most calls go onward, since most that don't end without fuel.
  uint32_t first_callee() { return choices_.below(12) == 0 ? 0 : index_ + 1; }

  /// A function that gives `results`; nothing if there is none.
  std::optional<uint32_t> pick_function(std::span<const Type> results) {
    std::vector<uint32_t> found;
    for (uint32_t i = first_callee(); i < functions_.size(); i++)
      if (std::ranges::equal(functions_[i].results, results)) found.push_back(i);
    if (found.empty()) return std::nullopt;
    return found[choices_.below(static_cast<uint32_t>(found.size()))];
  }

  /// Calls function `callee`, directly or by a table element that may be another one.
  void call_function(uint32_t callee, uint32_t depth, uint8_t direct, uint8_t indirect) {
    for (const Type type : functions_[callee].parameters) expression(type, depth + 1);
    if (choices_.below(3) != 0) return op(direct, callee);
    if (is_whole() && choices_.below(2) != 0) {
      op(0xd2, callee);                                                // ref.func
      return op(direct == 0x10 ? 0x14 : 0x15, function_type(callee));  // call_ref, return_call_ref
    }
    if (choices_.below(8) != 0) {
      i32_const(static_cast<int32_t>(callee % kTableSize));
    } else {
      expression(kI, depth + 1);
    }
    op(indirect, function_type(callee));
    out_.leb_u32(0);
  }

  void call(Type type, uint32_t depth) {
    const Type results[] = {type};
    const auto callee = pick_function(results);
    if (!callee) return leaf(type);
    call_function(*callee, depth, 0x10, 0x11);
  }

  /// An instruction that the table says all about.
  void plain(Type type, uint32_t depth) {
    if (is_whole() && choices_.below(4) == 0) return from_object(type, depth);
    const auto& all = plain_.by_result[type];
    const uint32_t number = choices_.byte() * 256u + choices_.byte();
    const wasm::OpcodeInfo& info = *all[number % all.size()];
    // Few floats fit into an integer.
    const bool truncates = info.mnemonic.find(".trunc_f") != std::string_view::npos;
    if (truncates && choices_.below(8) != 0) return leaf(type);
    const Memories memories = pick_memories();
    operands(info, memories, depth);
    if (divides(info.mnemonic) && choices_.below(8) != 0) make_odd(type);
    put_op(info);
    immediate(info.immediate, memories);
    // A size in pages.
    if (info.signature[std::string_view(info.signature).size() - 1] == 'a' && is_wide(memories.to))
      op(0xa7);
    if (type == kF || type == kD || info.mnemonic.starts_with("f32x4.") ||
        info.mnemonic.starts_with("f64x2.")) {
      canonicalize(type, info.mnemonic.starts_with("f64x2."));
    }
  }

  static bool divides(std::string_view mnemonic) {
    return mnemonic.starts_with("i") && mnemonic.find('x') == mnemonic.npos &&
           (mnemonic.find(".div") != mnemonic.npos || mnemonic.find(".rem") != mnemonic.npos);
  }

  /// A divisor that is not zero.
  void make_odd(Type type) {
    op(type == kI ? 0x41 : 0x42);
    out_.u8(1);
    op(type == kI ? 0x72 : 0x84);
  }

  /// Which memories an instruction is about.
  struct Memories {
    uint32_t to = 0;
    uint32_t from = 0;
  };
  static bool is_wide(uint32_t memory) { return memory == kWideMemory; }

  Memories pick_memories() {
    if (!is_whole()) return {};
    return {choices_.below(5) % 3, choices_.below(5) % 3};
  }

  void operands(const wasm::OpcodeInfo& info, Memories memories, uint32_t depth) {
    const bool copies = info.immediate == wasm::Immediate::memory_memory;
    uint32_t addresses = 0;
    for (const char* letter = info.signature; *letter != ':'; letter++) {
      if (*letter != 'a') {
        expression(type_of(*letter), depth + 1);
        continue;
      }
      bool wide = is_wide(addresses == 1 && copies ? memories.from : memories.to);
      // A copy's length is as wide as both are.
      if (addresses == 2) wide = wide && is_wide(memories.from);
      addresses++;
      expression(wide ? kL : kI, depth + 1);
      // Most addresses are made good ones. The last operands of the bulk operations are lengths.
      if (choices_.below(25) == 0) continue;
      const int32_t mask = letter[1] == ':' && letter != info.signature ? 0xff : 0x7fff;
      if (wide) {
        op(0x42);
        out_.leb_s64(mask);
      } else {
        i32_const(mask);
      }
      op(wide ? 0x83 : 0x71);  // and
    }
  }

  void immediate(wasm::Immediate immediate, Memories memories) {
    switch (immediate) {
      case wasm::Immediate::i32:
        return out_.leb_s32(static_cast<int8_t>(choices_.byte()));
      case wasm::Immediate::i64:
        return out_.leb_s64(static_cast<int8_t>(choices_.byte()));
      case wasm::Immediate::f32:
        return out_.u32_le(0x3f800000u + choices_.byte() * 0x4001u);
      case wasm::Immediate::f64:
        return out_.u64_le(0x3ff0000000000000u + choices_.byte() * 0x400000001u);
      case wasm::Immediate::v128:
        for (int i = 0; i < 16; i++) out_.u8(choices_.byte() & 0x7f);
        return;
      case wasm::Immediate::shuffle:
        for (int i = 0; i < 16; i++) out_.u8(choices_.byte() % 32);
        return;
      case wasm::Immediate::lane2:
        return out_.u8(choices_.byte() % 2);
      case wasm::Immediate::lane4:
        return out_.u8(choices_.byte() % 4);
      case wasm::Immediate::lane8:
        return out_.u8(choices_.byte() % 8);
      case wasm::Immediate::lane16:
        return out_.u8(choices_.byte() % 16);
      case wasm::Immediate::memory:
        return out_.leb_u32(memories.to);
      case wasm::Immediate::memory_memory:
        out_.leb_u32(memories.to);
        return out_.leb_u32(memories.from);
      case wasm::Immediate::none:
        return;
      default:
        return memory_argument(immediate, memories.to);
    }
  }

  void memory_argument(wasm::Immediate immediate, uint32_t memory) {
    out_.u8(memory == 0 ? 0 : 0x40);  // any alignment is a hint
    if (memory != 0) out_.leb_u32(memory);
    out_.leb_u32(choices_.below(40) == 0 ? choices_.byte() * 0x101u * 0x100u : choices_.byte());
    if (immediate >= wasm::Immediate::memarg8_lane16) {
      const auto lanes = 16u >> (static_cast<uint32_t>(immediate) -
                                 static_cast<uint32_t>(wasm::Immediate::memarg8_lane16));
      out_.u8(static_cast<uint8_t>(choices_.byte() % lanes));
    }
  }

  /// What is no number becomes the canonical NaN.
  void canonicalize(Type type, bool is_f64x2) {
    const uint32_t local = scratch_[type];
    op(0x21, local);
    op(0x20, local);
    if (type == kF) {
      op(0x43);
      out_.u32_le(0x7fc00000);
    } else if (type == kD) {
      op(0x44);
      out_.u64_le(0x7ff8000000000000);
    } else {
      op(0xfd, 0x0c);
      for (int lane = 0; lane < 2; lane++)
        out_.u64_le(is_f64x2 ? 0x7ff8000000000000 : 0x7fc000007fc00000);
    }
    op(0x20, local);
    op(0x20, local);
    if (type == kV) {
      op(0xfd, is_f64x2 ? 0x47 : 0x41);  // eq
      return op(0xfd, 0x52);             // v128.bitselect
    }
    op(type == kF ? 0x5b : 0x61);  // eq
    op(0x1b);
  }

  // Statements leave nothing.

  void statement(uint32_t depth) {
    if (must_end(depth)) return;
    if (is_whole() && choices_.below(5) == 0) return object_statement(depth);
    switch (choices_.below(14)) {
      case 0:
      case 1: {
        const auto local = choices_.below(static_cast<uint32_t>(locals_.size()));
        expression(locals_[local], depth + 1);
        return op(0x21, local);
      }
      case 2: {
        if (globals_.size() < 2) return;
        const auto global = 1 + choices_.below(static_cast<uint32_t>(globals_.size()) - 1);
        expression(globals_[global], depth + 1);
        return op(0x24, global);
      }
      case 3: {
        const Type type = choices_.type(dialect_);
        expression(type, depth + 1);
        return op(0x1a);
      }
      case 4:
        return nested(0x04, depth);
      case 5:
        return nested(0x02, depth);
      case 6:
        return nested(0x03, depth);
      case 7:
        return branch(depth);
      case 8:
        return branch_table(depth);
      case 9:
        return call_statement(depth);
      case 10:
        return leave(depth);
      default: {
        const auto& all = plain_.by_result[5];
        const wasm::OpcodeInfo& info = *all[choices_.byte() % all.size()];
        const Memories memories = pick_memories();
        operands(info, memories, depth);
        put_op(info);
        return immediate(info.immediate, memories);
      }
    }
  }

  void nested(uint8_t code, uint32_t depth) {
    const bool is_if = code == 0x04, is_loop = code == 0x03;
    if (is_if) expression(kI, depth + 1);
    op(code);
    op(0x40);
    labels_.push_back({});
    if (is_loop) spend(1);
    for (uint32_t n = 1 + choices_.below(3); n > 0; n--) statement(depth + 1);
    if (is_if && choices_.below(2)) {
      op(0x05);
      statement(depth + 1);
    }
    end();
  }

  /// Often a conditional branch without values, sometimes one that is always taken, with them.
  void branch(uint32_t depth) {
    if (choices_.below(4) != 0) {
      const auto label = pick_label({});
      if (!label) return;
      expression(kI, depth + 1);
      return op(0x0d, *label);
    }
    const auto label = choices_.below(static_cast<uint32_t>(labels_.size()));
    for (const Type type : labels_[labels_.size() - 1 - label]) expression(type, depth + 1);
    op(0x0c, label);
  }

  void branch_table(uint32_t depth) {
    const auto first = choices_.below(static_cast<uint32_t>(labels_.size()));
    const std::vector<Type> results = labels_[labels_.size() - 1 - first];
    for (const Type type : results) expression(type, depth + 1);
    expression(kI, depth + 1);
    op(0x0e);
    const uint32_t count = choices_.below(4);
    out_.leb_u32(count);
    for (uint32_t i = 0; i <= count; i++) out_.leb_u32(*pick_label(results));
  }

  void call_statement(uint32_t depth) {
    const uint32_t first = first_callee();
    const auto count = static_cast<uint32_t>(functions_.size());
    if (first >= count) return;
    const uint32_t callee = first + choices_.below(count - first);
    call_function(callee, depth, 0x10, 0x11);
    for (size_t i = functions_[callee].results.size(); i > 0; i--) op(0x1a);
  }

  /// Returns; by a tail call, if there is a function that gives the same.
  void leave(uint32_t depth) {
    if (choices_.below(3) != 0) return;
    const auto callee = pick_function(functions_[index_].results);
    if (callee && choices_.below(2)) return call_function(*callee, depth, 0x12, 0x13);
    for (const Type type : functions_[index_].results) expression(type, depth + 1);
    op(0x0f);
  }

  // object_generator.cpp: the whole dialect's own.
  void some_reference(Type type);
  void reference(Type type, uint32_t depth);
  void made_object(Type type, uint32_t depth);
  void guarded_cast(Type from, Type to, uint32_t depth);
  void non_null(Type type, uint32_t depth);
  void array_index(uint32_t depth);
  void from_object(Type type, uint32_t depth);
  void integer_from_object(uint32_t depth);
  void field(Type holder, uint32_t number, uint32_t depth);
  void catching(Type type, uint32_t depth);
  void take_payload(const std::vector<Type>& payload);
  void object_statement(uint32_t depth);
  void change_array(uint32_t depth);
  void change_table(uint32_t depth);
  void throwing(uint32_t depth);
  void gc_op(uint8_t code, Type type) {
    op(0xfb, code);
    put_heap_type(type, out_);
  }

  const Dialect dialect_;
  Choices& choices_;
  const PlainOperations& plain_;
  std::span<const Signature> functions_;
  std::span<const Type> globals_;
  uint32_t index_;
  std::vector<Type> locals_;
  std::vector<Type> declared_;
  std::array<uint32_t, kTypeCount> scratch_{};
  std::vector<std::vector<Type>> labels_;
  ByteWriter out_;
};

}  // namespace reprise::generated
