// A core module whose sections have been read (spec: syntax/modules).
//
// A Module is immutable and shared: instances, code and debug information hold it by shared_ptr. It
// refers into the bytes it was read from (function bodies, names, data), which it keeps alive
// through `owner`. Function bodies are ranges: they are validated one by one, when they are first
// needed (validate.hpp). All types in it are canonical (types.hpp). Imported entries come first in
// each index space.

#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "wasm/opcodes.hpp"
#include "wasm/type_registry.hpp"
#include "wasm/types.hpp"

namespace reprise::wasm {

/// Bytes and whoever keeps them alive. `base` is where they start in the file that errors speak of:
/// the offset of a core module inside a component, 0 for a file of its own.
struct ModuleBytes {
  Bytes bytes;
  std::shared_ptr<const void> owner;
  uint64_t base = 0;
};

/// A part of the module's bytes, from the start of the module.
struct ByteRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t size() const { return end - begin; }
};

/// One instruction of a constant expression, decoded.
struct ConstInstruction {
  Opcode op = Opcode::end;
  uint32_t index = 0;                      // global.get, ref.func; count of array.new_fixed
  TypeId type;                             // struct.new, array.new…
  HeapType heap = AbstractHeapType::none;  // ref.null
  uint64_t bits = 0;                       // i32 (zero-extended), i64, f32, f64; low half of v128
  uint64_t bits_high = 0;                  // high half of v128
};

/// A validated constant expression: a range of Module::const_code, without the final `end`.
struct ConstExpression {
  uint32_t first = 0;
  uint32_t count = 0;
  ByteRange bytes;  // with the final `end`
};

struct Import {
  std::string_view module;
  std::string_view name;
  ExternKind kind;
  uint32_t index;  // in the index space of `kind`
};

struct Export {
  std::string_view name;
  ExternKind kind;
  uint32_t index;
};

struct Function {
  TypeId type;
  ByteRange body;  // locals and code, without the size; empty for an import
};

struct Table {
  TableType type;
  std::optional<ConstExpression> initial;
};

struct Global {
  GlobalType type;
  ConstExpression initial;  // meaningless for an import
};

enum class SegmentMode : uint8_t { active, passive, declarative };

struct ElementSegment {
  SegmentMode mode;
  uint32_t table = 0;      // active
  ConstExpression offset;  // active
  ValueType type;
  /// Exactly one of these holds the items: function indices, or expressions.
  std::vector<uint32_t> functions;
  std::vector<ConstExpression> expressions;
  uint32_t size() const { return static_cast<uint32_t>(functions.size() + expressions.size()); }
};

struct DataSegment {
  SegmentMode mode;
  uint32_t memory = 0;     // active
  ConstExpression offset;  // active
  Bytes bytes;
};

struct CustomSection {
  std::string_view name;
  Bytes bytes;
  uint64_t offset;  // of `bytes` in the file
};

enum class BranchHint : uint8_t { none, unlikely, likely };

/// A hint from the "metadata.code.branch_hint" section.
struct FunctionBranchHint {
  uint32_t function;
  uint32_t offset;  // of the instruction, from the start of the function's body
  BranchHint hint;
};

class NameSection;

class Module {
 public:
  Module(ModuleBytes source, std::shared_ptr<TypeRegistry> registry);
  ~Module();

  Bytes bytes() const { return source.bytes; }
  Bytes bytes(ByteRange range) const { return source.bytes.subspan(range.begin, range.size()); }
  const FuncType& function_type(uint32_t function) const {
    return *registry->func(functions[function].type);
  }
  bool is_import(uint32_t function) const { return function < imported_functions; }
  std::span<const ConstInstruction> code(const ConstExpression& e) const {
    return std::span(const_code).subspan(e.first, e.count);
  }
  const Export* find_export(std::string_view name) const;
  const CustomSection* find_custom(std::string_view name) const;
  /// ref.func may name it inside a function body (spec: valid/conventions §contexts, C.refs).
  bool is_declared(uint32_t function) const { return declared_functions[function]; }
  std::span<const FunctionBranchHint> branch_hints(uint32_t function) const;
  /// The name section, parsed when first asked for. Thread-safe.
  const NameSection& names() const;

  ModuleBytes source;
  std::shared_ptr<TypeRegistry> registry;

  std::vector<TypeId> types;  // from the module's type index to the engine's id
  std::vector<Import> imports;
  std::vector<Function> functions;
  std::vector<Table> tables;
  std::vector<MemoryType> memories;
  std::vector<Global> globals;
  std::vector<TagType> tags;
  std::vector<Export> exports;
  std::optional<uint32_t> start;
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> data;
  std::optional<uint32_t> data_count;
  std::vector<CustomSection> customs;
  std::vector<ConstInstruction> const_code;

  uint32_t imported_functions = 0;
  uint32_t imported_tables = 0;
  uint32_t imported_memories = 0;
  uint32_t imported_globals = 0;
  uint32_t imported_tags = 0;

  // Filled in by the reader, for the functions above.
  std::vector<bool> declared_functions;
  std::vector<uint32_t> exports_by_name;  // indices into exports, sorted
  std::vector<FunctionBranchHint> hints;  // sorted by function, then offset

 private:
  mutable std::once_flag names_once_;
  mutable std::unique_ptr<const NameSection> names_;
};

/// Names for people (spec: appendix/custom §name section). What cannot be read is as if it were not
/// there.
class NameSection {
 public:
  struct Name {
    uint32_t index;
    std::string_view name;
  };
  struct Local {
    uint32_t function;
    uint32_t local;
    std::string_view name;
  };

  static NameSection parse(Bytes section);

  std::string_view module() const { return module_; }
  /// Empty if it has none.
  std::string_view function(uint32_t index) const;
  std::string_view local(uint32_t function, uint32_t local) const;

 private:
  std::string_view module_;
  std::vector<Name> functions_;  // sorted by index
  std::vector<Local> locals_;    // sorted by function, then local
};

}  // namespace reprise::wasm
