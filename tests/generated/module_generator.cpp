#include "module_generator.hpp"

#include "body_generator.hpp"

namespace reprise::generated {

using wasm::Feature;
using wasm::Immediate;
using wasm::OpcodeInfo;
using wasm::ValueType;

namespace {

constexpr uint32_t kFuel = 3000;
const std::array<ValueType, kPlainTypeCount> kTypes = {wasm::kI32, wasm::kI64, wasm::kF32,
                                                       wasm::kF64, wasm::kV128};

bool can_write(Immediate immediate) {
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

}  // namespace

PlainOperations::PlainOperations(Dialect dialect) {
  const Feature last = dialect == Dialect::whole ? Feature::relaxed_simd : Feature::simd;
  for (const OpcodeInfo& info : wasm::kOpcodes) {
    const bool is_known = info.feature <= last && info.signature != nullptr;
    if (!is_known || !can_write(info.immediate)) continue;
    const std::string_view signature = info.signature;
    const size_t colon = signature.find(':');
    if (signature.size() > colon + 2) continue;
    const size_t result =
        signature.size() == colon + 1 ? kPlainTypeCount : type_of(signature[colon + 1]);
    by_result[result].push_back(&info);
  }
}

namespace {

void put_section(uint8_t id, const ByteWriter& content, ByteWriter& out) {
  out.u8(id);
  out.sized(content);
}

/// Anybody can pass its parameters and read its results.
bool is_simple(const Signature& signature) {
  return std::ranges::all_of(signature.parameters, [](Type type) { return type < kV; }) &&
         std::ranges::all_of(signature.results, [](Type type) { return type < kV; });
}

std::vector<ValueType> value_types(std::span<const Type> types) {
  std::vector<ValueType> out;
  for (const Type type : types) out.push_back(kTypes[type]);
  return out;
}

class ModuleGenerator {
 public:
  ModuleGenerator(Bytes bytes, Dialect dialect) : dialect_(dialect), choices_(bytes) {
    globals_ = {kI};  // fuel
    for (uint32_t n = choices_.below(6); n > 0; n--) globals_.push_back(choices_.type(dialect_));
    for (uint32_t n = 1 + choices_.below(6); n > 0; n--) {
      Signature signature;
      for (uint32_t i = choices_.below(4); i > 0; i--)
        signature.parameters.push_back(mostly_plain());
      for (uint32_t i = (choices_.below(8) + 3) / 4; i > 0; i--)
        signature.results.push_back(mostly_plain());
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
    put_tables_and_memories(out);
    if (is_whole()) put_tags(out);
    put_globals(out);
    put_exports(out, made);
    put_elements(out);
    if (is_whole()) out.bytes(std::array<uint8_t, 3>{12, 1, 1});  // one data segment
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
  bool is_whole() const { return dialect_ == Dialect::whole; }
  /// So that most functions can be called from outside.
  Type mostly_plain() {
    return is_whole() && choices_.below(3) == 0 ? choices_.type(dialect_)
                                                : static_cast<Type>(choices_.below(10) % 5);
  }
  uint32_t function_count() const { return static_cast<uint32_t>(functions_.size()); }

  /// A type for each function, by its number, and the one of "refuel".
  void put_types_section(ByteWriter& out) {
    ByteWriter types;
    // A recursive group counts as one.
    const uint32_t fixed = is_whole() ? kFixedTypes - kObjectTypes + 1 : 0;
    types.leb_u32(fixed + function_count() + 1);
    if (is_whole()) put_fixed_types(types);
    for (const Signature& signature : functions_)
      put_function_type(signature.parameters, signature.results, types);
    put_function_type({}, {}, types);
    put_section(1, types, out);
  }

  static void put_function_type(std::span<const Type> parameters, std::span<const Type> results,
                                ByteWriter& out) {
    out.u8(0x60);
    put_types(parameters, out);
    put_types(results, out);
  }

  static void put_field(const Field& field, ByteWriter& out) {
    if (field.packing != 0) {
      out.u8(field.packing);
    } else {
      put_type(field.type, out);
    }
    out.u8(1);  // mutable
  }

  static void put_fixed_types(ByteWriter& out) {
    out.u8(0x4e);
    out.leb_u32(kObjectTypes);
    out.bytes(std::array<uint8_t, 4>{0x50, 0, 0x5f, kBaseFields});
    for (uint32_t i = 0; i < kBaseFields; i++) put_field(kFields[i], out);
    out.bytes(std::array<uint8_t, 5>{0x4f, 1, 0, 0x5f, std::size(kFields)});
    for (const Field& field : kFields) put_field(field, out);
    for (const Field& element : kElements) {
      out.u8(0x5e);
      put_field(element, out);
    }
    for (const auto& values : kTagValues) put_function_type(values, {}, out);
    for (const size_t clause : {1, 3, 4}) put_function_type({}, kClauses[clause].payload, out);
  }

  void put_functions(ByteWriter& out) {
    ByteWriter content;
    content.leb_u32(function_count() + 1);
    for (uint32_t i = 0; i <= function_count(); i++)
      content.leb_u32(first_function_type(dialect_) + i);
    put_section(3, content, out);
  }

  void put_tables_and_memories(ByteWriter& out) {
    ByteWriter tables;
    tables.leb_u32(2);
    for (const uint32_t maximum : {kTableSize, 2 * kTableSize}) {
      tables.u8(0x70);
      tables.u8(1);
      tables.leb_u32(kTableSize);
      tables.leb_u32(maximum);
    }
    put_section(4, tables, out);
    ByteWriter memories;
    memories.leb_u32(is_whole() ? 3 : 1);
    for (uint32_t i = 0; i < (is_whole() ? 3 : 1); i++) {
      memories.u8(i == kWideMemory ? 5 : 1);
      memories.leb_u32(1);
      memories.leb_u32(3);
    }
    put_section(5, memories, out);
  }

  void put_tags(ByteWriter& out) {
    ByteWriter tags;
    tags.leb_u32(kTags);
    for (uint32_t i = 0; i < kTags; i++) {
      tags.u8(0);
      tags.leb_u32(kTagTypes + i);
    }
    put_section(13, tags, out);
  }

  void put_globals(ByteWriter& out) {
    ByteWriter content;
    content.leb_u32(static_cast<uint32_t>(globals_.size()));
    for (const Type type : globals_) {
      put_type(type, content);
      content.u8(1);
      if (is_reference(type)) {
        content.u8(0xd0);
        put_heap_type(type, content);
        content.u8(0x0b);
        continue;
      }
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
    if (is_whole()) {
      add("m1", 2, 1);
      add("m2", 2, 2);
    }
    add("refuel", 0, function_count());
    for (uint32_t i = 0; i < function_count(); i++) {
      if (!is_simple(functions_[i])) continue;
      made.functions.push_back({"f" + std::to_string(i), value_types(functions_[i].parameters),
                                value_types(functions_[i].results)});
      add(made.functions.back().name, 0, i);
    }
    for (uint32_t i = 0; i < globals_.size(); i++) {
      if (globals_[i] >= kV) continue;
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
    static const PlainOperations all[] = {PlainOperations(Dialect::shared),
                                          PlainOperations(Dialect::whole)};
    const PlainOperations& plain = all[static_cast<size_t>(dialect_)];
    ByteWriter content;
    content.leb_u32(function_count() + 1);
    for (uint32_t i = 0; i < function_count(); i++) {
      const auto body = BodyGenerator(dialect_, choices_, plain, functions_, globals_, i).run();
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

  const Dialect dialect_;
  Choices choices_;
  std::vector<Type> globals_;
  std::vector<Signature> functions_;
};

}  // namespace

GeneratedModule generate_module(Bytes choices, Dialect dialect) {
  return ModuleGenerator(choices, dialect).run();
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
