#include "module_generator.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "wasm/opcodes.hpp"

namespace reprise::generated {

namespace {

using wasm::Feature;
using wasm::Immediate;
using wasm::OpcodeInfo;
using wasm::ValueType;

constexpr uint32_t kMaxDepth = 6;
constexpr size_t kMaxBody = 6000;
constexpr uint32_t kFuel = 3000;
constexpr uint32_t kCallFuel = 40;
constexpr uint32_t kTableSize = 8;
constexpr uint32_t kFuelGlobal = 0;

/// Value types by the letters of opcodes.def.
constexpr std::string_view kLetters = "ilfdv";
constexpr uint8_t kCodes[] = {0x7f, 0x7e, 0x7d, 0x7c, 0x7b};
const std::array<ValueType, 5> kTypes = {wasm::kI32, wasm::kI64, wasm::kF32, wasm::kF64,
                                         wasm::kV128};
using Type = uint8_t;  // index into those
constexpr Type kI = 0, kL = 1, kF = 2, kD = 3, kV = 4;

Type type_of(char letter) {
  return letter == 'a' ? kI : static_cast<Type>(kLetters.find(letter));
}

class Choices {
 public:
  explicit Choices(Bytes bytes) : bytes_(bytes) {}
  uint8_t byte() { return at_ < bytes_.size() ? bytes_[at_++] : 0; }
  /// 0 .. count - 1
  uint32_t below(uint32_t count) { return byte() % count; }
  bool empty() const { return at_ >= bytes_.size(); }

 private:
  Bytes bytes_;
  size_t at_ = 0;
};

/// Instructions that the table says all about, by the type of their result; those without one last.
struct PlainOperations {
  std::array<std::vector<const OpcodeInfo*>, 6> by_result;

  PlainOperations() {
    for (const OpcodeInfo& info : wasm::kOpcodes) {
      const bool is_known = info.feature <= Feature::simd && info.signature != nullptr;
      if (!is_known || !can_write(info.immediate)) continue;
      const std::string_view signature = info.signature;
      const size_t colon = signature.find(':');
      if (signature.size() > colon + 2) continue;
      const size_t result = signature.size() == colon + 1 ? 5 : type_of(signature[colon + 1]);
      by_result[result].push_back(&info);
    }
  }

  static bool can_write(Immediate immediate) {
    switch (immediate) {
      case Immediate::none:
      case Immediate::i32:
      case Immediate::i64:
      case Immediate::f32:
      case Immediate::f64:
      case Immediate::v128:
      case Immediate::shuffle:
      case Immediate::lane2:
      case Immediate::lane4:
      case Immediate::lane8:
      case Immediate::lane16:
      case Immediate::memory:
      case Immediate::memory_memory:
        return true;
      default:
        return immediate >= Immediate::memarg8 && immediate <= Immediate::memarg64_lane2;
    }
  }
};

struct Signature {
  std::vector<Type> parameters, results;
};

void put_types(std::span<const Type> types, ByteWriter& out) {
  out.leb_u32(static_cast<uint32_t>(types.size()));
  for (const Type type : types) out.u8(kCodes[type]);
}

/// One function's body.
class BodyGenerator {
 public:
  BodyGenerator(Choices& choices, const PlainOperations& plain,
                std::span<const Signature> functions, std::span<const Type> globals, uint32_t index)
      : choices_(choices), plain_(plain), functions_(functions), globals_(globals), index_(index) {
    locals_ = functions[index].parameters;
    const size_t parameters = locals_.size();
    for (uint32_t n = 1 + choices.below(6); n > 0; n--)
      locals_.push_back(static_cast<Type>(choices.below(5)));
    declared_.assign(locals_.begin() + static_cast<ptrdiff_t>(parameters), locals_.end());
    // Nobody else looks at these: for a moment they hold NaNs that are not canonical.
    for (Type type = kI; type <= kV; type++) {
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
      body.u8(kCodes[type]);
    }
    body.bytes(out_.view());
    body.u8(0x0b);
    return body.take();
  }

 private:
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
  void put_op(const OpcodeInfo& info) {
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
        return block(type, depth);
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
      default:
        return plain(type, depth);
    }
  }

  void leaf(Type type) {
    const uint32_t kind = choices_.below(4);
    if (kind < 2) {
      if (const auto local = pick(locals_, type)) return op(0x20, *local);
    } else if (kind == 2) {
      if (const auto global = pick(globals_, type)) return op(0x23, *global);
    }
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
    op(0x1b);
  }

  void if_else(Type type, uint32_t depth) {
    expression(kI, depth + 1);
    op(0x04);
    op(kCodes[type]);
    labels_.push_back({type});
    inside(type, depth);
    op(0x05);
    inside(type, depth);
    labels_.pop_back();
    op(0x0b);
  }

  void block(Type type, uint32_t depth) {
    op(0x02);
    op(kCodes[type]);
    labels_.push_back({type});
    inside(type, depth);
    labels_.pop_back();
    op(0x0b);
  }

  void loop(Type type, uint32_t depth) {
    op(0x03);
    op(kCodes[type]);
    labels_.push_back({});
    spend(1);
    inside(type, depth);
    labels_.pop_back();
    op(0x0b);
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
    if (choices_.below(8) != 0) {
      i32_const(static_cast<int32_t>(callee % kTableSize));
    } else {
      expression(kI, depth + 1);
    }
    op(indirect, callee);  // each function has a type of its own number
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
    const auto& all = plain_.by_result[type];
    const uint32_t number = choices_.byte() * 256u + choices_.byte();
    const OpcodeInfo& info = *all[number % all.size()];
    // Few floats fit into an integer.
    const bool truncates = info.mnemonic.find(".trunc_f") != std::string_view::npos;
    if (truncates && choices_.below(8) != 0) return leaf(type);
    operands(info, depth);
    if (divides(info.mnemonic) && choices_.below(8) != 0) make_odd(type);
    put_op(info);
    immediate(info.immediate);
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

  void operands(const OpcodeInfo& info, uint32_t depth) {
    for (const char* letter = info.signature; *letter != ':'; letter++) {
      expression(type_of(*letter), depth + 1);
      // Most addresses are made good ones. The last operands of the bulk operations are lengths.
      if (*letter != 'a' || choices_.below(25) == 0) continue;
      i32_const(letter[1] == ':' && letter != info.signature ? 0xff : 0x7fff);
      op(0x71);
    }
  }

  void immediate(Immediate immediate) {
    switch (immediate) {
      case Immediate::i32:
        return out_.leb_s32(static_cast<int8_t>(choices_.byte()));
      case Immediate::i64:
        return out_.leb_s64(static_cast<int8_t>(choices_.byte()));
      case Immediate::f32:
        return out_.u32_le(0x3f800000u + choices_.byte() * 0x4001u);
      case Immediate::f64:
        return out_.u64_le(0x3ff0000000000000u + choices_.byte() * 0x400000001u);
      case Immediate::v128:
        for (int i = 0; i < 16; i++) out_.u8(choices_.byte() & 0x7f);
        return;
      case Immediate::shuffle:
        for (int i = 0; i < 16; i++) out_.u8(choices_.byte() % 32);
        return;
      case Immediate::lane2:
        return out_.u8(choices_.byte() % 2);
      case Immediate::lane4:
        return out_.u8(choices_.byte() % 4);
      case Immediate::lane8:
        return out_.u8(choices_.byte() % 8);
      case Immediate::lane16:
        return out_.u8(choices_.byte() % 16);
      case Immediate::memory:
        return out_.u8(0);
      case Immediate::memory_memory:
        out_.u8(0);
        return out_.u8(0);
      case Immediate::none:
        return;
      default:
        return memory_argument(immediate);
    }
  }

  void memory_argument(Immediate immediate) {
    out_.u8(0);  // any alignment is a hint
    out_.leb_u32(choices_.below(40) == 0 ? choices_.byte() * 0x101u * 0x100u : choices_.byte());
    if (immediate >= Immediate::memarg8_lane16) {
      const auto lanes = 16u >> (static_cast<uint32_t>(immediate) -
                                 static_cast<uint32_t>(Immediate::memarg8_lane16));
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
        const auto type = static_cast<Type>(choices_.below(5));
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
        const OpcodeInfo& info = *all[choices_.byte() % all.size()];
        operands(info, depth);
        put_op(info);
        return immediate(info.immediate);
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
    labels_.pop_back();
    op(0x0b);
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

  Choices& choices_;
  const PlainOperations& plain_;
  std::span<const Signature> functions_;
  std::span<const Type> globals_;
  uint32_t index_;
  std::vector<Type> locals_;
  std::vector<Type> declared_;
  std::array<uint32_t, 5> scratch_{};
  std::vector<std::vector<Type>> labels_;
  ByteWriter out_;
};

void put_section(uint8_t id, const ByteWriter& content, ByteWriter& out) {
  out.u8(id);
  out.sized(content);
}

bool has_vectors(const Signature& signature) {
  return std::ranges::count(signature.parameters, kV) + std::ranges::count(signature.results, kV);
}

std::vector<ValueType> value_types(std::span<const Type> types) {
  std::vector<ValueType> out;
  for (const Type type : types) out.push_back(kTypes[type]);
  return out;
}

class ModuleGenerator {
 public:
  explicit ModuleGenerator(Bytes bytes) : choices_(bytes) {
    globals_ = {kI};  // fuel
    for (uint32_t n = choices_.below(6); n > 0; n--)
      globals_.push_back(static_cast<Type>(choices_.below(5)));
    for (uint32_t n = 1 + choices_.below(6); n > 0; n--) {
      Signature signature;
      for (uint32_t i = choices_.below(4); i > 0; i--)
        signature.parameters.push_back(static_cast<Type>(choices_.below(10) % 5));
      for (uint32_t i = (choices_.below(8) + 3) / 4; i > 0; i--)
        signature.results.push_back(static_cast<Type>(choices_.below(10) % 5));
      functions_.push_back(std::move(signature));
    }
  }

  GeneratedModule run() {
    GeneratedModule made;
    ByteWriter out;
    out.u32_le(0x6d736100);
    out.u32_le(1);
    put_types_section(out);
    put_functions(out);
    put_table_and_memory(out);
    put_globals(out);
    put_exports(out, made);
    put_elements(out);
    put_code(out);
    ByteWriter data;
    data.leb_u32(1);
    data.u8(0);
    data.u8(0x41);
    data.leb_s32(16);
    data.u8(0x0b);
    data.name("the quick brown fox jumps over the lazy dog");
    put_section(11, data, out);
    made.binary = out.take();
    return made;
  }

 private:
  uint32_t function_count() const { return static_cast<uint32_t>(functions_.size()); }

  /// A type for each function, by its number, and the one of "refuel".
  void put_types_section(ByteWriter& out) {
    ByteWriter types;
    types.leb_u32(function_count() + 1);
    for (const Signature& signature : functions_) {
      types.u8(0x60);
      put_types(signature.parameters, types);
      put_types(signature.results, types);
    }
    types.u8(0x60);
    put_types({}, types);
    put_types({}, types);
    put_section(1, types, out);
  }

  void put_functions(ByteWriter& out) {
    ByteWriter content;
    content.leb_u32(function_count() + 1);
    for (uint32_t i = 0; i <= function_count(); i++) content.leb_u32(i);
    put_section(3, content, out);
  }

  void put_table_and_memory(ByteWriter& out) {
    ByteWriter tables;
    tables.leb_u32(1);
    tables.u8(0x70);
    tables.u8(1);
    tables.leb_u32(kTableSize);
    tables.leb_u32(kTableSize);
    put_section(4, tables, out);
    ByteWriter memories;
    memories.leb_u32(1);
    memories.u8(1);
    memories.leb_u32(1);
    memories.leb_u32(3);
    put_section(5, memories, out);
  }

  void put_globals(ByteWriter& out) {
    ByteWriter content;
    content.leb_u32(static_cast<uint32_t>(globals_.size()));
    for (const Type type : globals_) {
      content.u8(kCodes[type]);
      content.u8(1);
      constexpr uint8_t kZero[][2] = {{0x41, 1}, {0x42, 1}, {0x43, 4}, {0x44, 8}, {0xfd, 17}};
      content.u8(kZero[type][0]);
      for (uint8_t i = 0; i < kZero[type][1]; i++) content.u8(type == kV && i == 0 ? 0x0c : 0);
      content.u8(0x0b);
    }
    put_section(6, content, out);
  }

  void put_exports(ByteWriter& out, GeneratedModule& made) {
    ByteWriter content;
    uint32_t count = 0;
    const auto add = [&](const std::string& name, uint8_t kind, uint32_t index) {
      content.name(name);
      content.u8(kind);
      content.leb_u32(index);
      count++;
    };
    add("m", 2, 0);
    add("refuel", 0, function_count());
    for (uint32_t i = 0; i < function_count(); i++) {
      if (has_vectors(functions_[i])) continue;
      made.functions.push_back({"f" + std::to_string(i), value_types(functions_[i].parameters),
                                value_types(functions_[i].results)});
      add(made.functions.back().name, 0, i);
    }
    for (uint32_t i = 0; i < globals_.size(); i++) {
      if (globals_[i] == kV) continue;
      add("g" + std::to_string(made.globals.size()), 3, i);
      made.globals.push_back(kTypes[globals_[i]]);
    }
    ByteWriter counted;
    counted.leb_u32(count);
    counted.bytes(content.view());
    put_section(7, counted, out);
  }

  /// The functions from the start of the table; the rest of it stays empty.
  void put_elements(ByteWriter& out) {
    ByteWriter content;
    content.leb_u32(1);
    content.u8(0);
    content.u8(0x41);
    content.leb_s32(0);
    content.u8(0x0b);
    content.leb_u32(function_count());
    for (uint32_t i = 0; i < function_count(); i++) content.leb_u32(i);
    put_section(9, content, out);
  }

  void put_code(ByteWriter& out) {
    static const PlainOperations plain;
    ByteWriter content;
    content.leb_u32(function_count() + 1);
    for (uint32_t i = 0; i < function_count(); i++) {
      const auto body = BodyGenerator(choices_, plain, functions_, globals_, i).run();
      content.leb_u32(static_cast<uint32_t>(body.size()));
      content.bytes(body);
    }
    ByteWriter refuel;
    refuel.u8(0);
    refuel.u8(0x41);
    refuel.leb_s32(kFuel);
    refuel.u8(0x24);
    refuel.leb_u32(kFuelGlobal);
    refuel.u8(0x0b);
    content.sized(refuel);
    put_section(10, content, out);
  }

  Choices choices_;
  std::vector<Type> globals_;
  std::vector<Signature> functions_;
};

}  // namespace

GeneratedModule generate_module(Bytes choices) {
  return ModuleGenerator(choices).run();
}

std::vector<uint8_t> choices_from(uint64_t seed) {
  uint64_t state = seed * 0x9e3779b97f4a7c15 + 0x1234567;
  const auto next = [&state] {
    state += 0x9e3779b97f4a7c15;
    uint64_t mixed = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  };
  std::vector<uint8_t> bytes(200 + next() % 4000);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(next());
  return bytes;
}

}  // namespace reprise::generated
