// One function per section (spec: binary/modules), each filling in its part of the module and
// checking it at once against the parts before it. The order of sections is what makes that
// possible, and it also gives constant expressions their context: when one is read, exactly the
// globals that it may name have been read.

#include "wasm/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wasm/const_expression.hpp"
#include "wasm/limits.hpp"
#include "wasm/type_reader.hpp"

namespace reprise::wasm {

namespace {

enum SectionId : uint8_t {
  kCustom,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElement,
  kCode,
  kData,
  kDataCount,
  kTag,
  kSectionIds,
};

// Where each section stands in the order that a module must keep, by id.
constexpr std::array<uint8_t, kSectionIds> kSectionOrder = {
    /*custom*/ 0, /*type*/ 1,   /*import*/ 2,      /*function*/ 3, /*table*/ 4,
    /*memory*/ 5, /*global*/ 7, /*export*/ 8,      /*start*/ 9,    /*element*/ 10,
    /*code*/ 12,  /*data*/ 13,  /*data count*/ 11, /*tag*/ 6,
};

class ModuleReader {
 public:
  explicit ModuleReader(Module& module)
      : module_(module), base_(module.source.base), in_(module.source.bytes, base_) {}

  Result<void> read() {
    if (module_.bytes().size() > limits::kModuleBytes)
      return fail(ErrorKind::limit, "module is too large", base_);
    REPRISE_TRY(read_preamble());
    while (!in_.at_end()) REPRISE_TRY(read_section());
    return check_whole();
  }

 private:
  std::unexpected<Error> invalid(std::string message, uint64_t offset) const {
    return fail(ErrorKind::invalid, std::move(message), offset);
  }
  uint32_t position(const ByteReader& in) const {
    return static_cast<uint32_t>(in.offset() - base_);
  }
  TypeSpace types() const { return TypeSpace{module_.types}; }

  Result<void> read_preamble() {
    constexpr std::array<uint8_t, 4> kMagic = {0, 'a', 's', 'm'};
    constexpr std::array<uint8_t, 4> kVersion = {1, 0, 0, 0};
    REPRISE_ASSIGN(Bytes magic, in_.bytes(4));
    if (!std::ranges::equal(magic, kMagic))
      return fail(ErrorKind::malformed, "magic header not detected", base_);
    REPRISE_ASSIGN(Bytes version, in_.bytes(4));
    if (!std::ranges::equal(version, kVersion))
      return fail(ErrorKind::malformed, "unknown binary version", base_ + 4);
    return ok();
  }

  Result<void> read_section() {
    const uint64_t start = in_.offset();
    REPRISE_ASSIGN(uint8_t id, in_.u8());
    if (id >= kSectionIds) return fail(ErrorKind::malformed, "malformed section id", start);
    REPRISE_ASSIGN(uint32_t size, in_.leb_u32());
    if (size > in_.remaining()) return fail(ErrorKind::malformed, "length out of bounds", start);
    REPRISE_ASSIGN(ByteReader section, in_.sub(size));
    if (id == kCustom) return read_custom(section);
    if (kSectionOrder[id] <= last_section_)
      return fail(ErrorKind::malformed, "unexpected content after last section", start);
    last_section_ = kSectionOrder[id];
    auto result = read_section_content(id, section);
    if (!result) {
      Error& error = result.error();
      if (error.message == "unexpected end")
        error.message = "unexpected end of section or function";
      return result;
    }
    if (!section.at_end())
      return fail(ErrorKind::malformed, "section size mismatch", section.offset());
    return ok();
  }

  Result<void> read_section_content(uint8_t id, ByteReader& in) {
    switch (id) {
      case kType:
        return read_types(in);
      case kImport:
        return read_each(in, limits::kImports, "imports", &ModuleReader::read_import);
      case kFunction:
        return read_each(in, limits::kFunctions, "functions", &ModuleReader::read_function);
      case kTable:
        return read_each(in, limits::kTables, "tables", &ModuleReader::read_table);
      case kMemory:
        return read_each(in, limits::kMemories, "memories", &ModuleReader::read_memory);
      case kTag:
        return read_each(in, limits::kTags, "tags", &ModuleReader::read_tag);
      case kGlobal:
        return read_each(in, limits::kGlobals, "globals", &ModuleReader::read_global);
      case kExport:
        return read_exports(in);
      case kStart:
        return read_start(in);
      case kElement:
        return read_each(in, limits::kElementSegments, "element segments",
                         &ModuleReader::read_element);
      case kDataCount: {
        REPRISE_ASSIGN(module_.data_count, in.leb_u32());
        return ok();
      }
      case kCode:
        return read_code(in);
      case kData:
        return read_data_section(in);
      default:
        return in.malformed("malformed section id");
    }
  }

  // A vector whose entries take at least one byte each, so that its length is bounded by the
  // section.
  Result<uint32_t> read_count(ByteReader& in, uint32_t limit, const char* what) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint32_t count, in.leb_u32());
    if (count > in.remaining())
      return fail(ErrorKind::malformed, "unexpected end of section or function", offset);
    if (count > limit) return fail(ErrorKind::limit, fmt::format("too many {}", what), offset);
    return count;
  }

  Result<void> read_each(ByteReader& in, uint32_t limit, const char* what,
                         Result<void> (ModuleReader::*read_one)(ByteReader&)) {
    REPRISE_ASSIGN(uint32_t count, read_count(in, limit, what));
    for (uint32_t i = 0; i < count; ++i) REPRISE_TRY((this->*read_one)(in));
    return ok();
  }

  Result<void> read_custom(ByteReader& in) {
    CustomSection section;
    REPRISE_ASSIGN(section.name, in.name());
    section.bytes = in.rest();
    section.offset = in.offset();
    module_.customs.push_back(section);
    return ok();
  }

  Result<void> read_types(ByteReader& in) {
    REPRISE_ASSIGN(uint32_t count, read_count(in, limits::kTypes, "types"));
    for (uint32_t i = 0; i < count; ++i) {
      if (in.at_end()) return in.malformed("length out of bounds");
      REPRISE_TRY(read_recursive_group(in, *module_.registry, module_.types));
    }
    return ok();
  }

  Result<TypeId> read_function_type(ByteReader& in) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint32_t index, in.leb_u32());
    if (index >= module_.types.size())
      return invalid(fmt::format("unknown type {}", index), offset);
    const TypeId type = module_.types[index];
    if (!module_.registry->func(type))
      return invalid(fmt::format("unknown type {}: it is not a function type", index), offset);
    return type;
  }

  Result<void> check_limit(size_t size, uint32_t limit, const char* what, const ByteReader& in) {
    if (size < limit) return ok();
    return fail(ErrorKind::limit, fmt::format("too many {}", what), in.offset());
  }

  Result<void> read_import(ByteReader& in) {
    Import import;
    REPRISE_ASSIGN(import.module, in.name());
    REPRISE_ASSIGN(import.name, in.name());
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint8_t kind, in.u8());
    if (kind > 4) return fail(ErrorKind::malformed, "malformed import kind", offset);
    import.kind = static_cast<ExternKind>(kind);
    REPRISE_ASSIGN(import.index, read_import_type(in, import.kind));
    module_.imports.push_back(import);
    return ok();
  }

  // Gives the new entity's index.
  Result<uint32_t> read_import_type(ByteReader& in, ExternKind kind) {
    switch (kind) {
      case ExternKind::function:
        REPRISE_TRY(read_function(in));
        return module_.imported_functions++;
      case ExternKind::table: {
        REPRISE_TRY(check_limit(module_.tables.size(), limits::kTables, "tables", in));
        REPRISE_ASSIGN(TableType type, read_table_type(in, types()));
        module_.tables.push_back({type, std::nullopt});
        return module_.imported_tables++;
      }
      case ExternKind::memory:
        REPRISE_TRY(read_memory(in));
        return module_.imported_memories++;
      case ExternKind::global: {
        REPRISE_ASSIGN(GlobalType type, read_global_type(in, types()));
        module_.globals.push_back({type, {}});
        return module_.imported_globals++;
      }
      case ExternKind::tag:
        REPRISE_TRY(read_tag(in));
        return module_.imported_tags++;
    }
    return in.malformed("malformed import kind");
  }

  Result<void> read_function(ByteReader& in) {
    REPRISE_TRY(check_limit(module_.functions.size(), limits::kFunctions, "functions", in));
    REPRISE_ASSIGN(TypeId type, read_function_type(in));
    module_.functions.push_back({type, {}});
    module_.declared_functions.push_back(false);
    return ok();
  }

  Result<void> read_table(ByteReader& in) {
    REPRISE_TRY(check_limit(module_.tables.size(), limits::kTables, "tables", in));
    const uint64_t offset = in.offset();
    Table table;
    const bool has_initial = in.peek() == 0x40;
    if (has_initial) {
      REPRISE_TRY(in.u8());
      REPRISE_ASSIGN(uint8_t zero, in.u8());
      if (zero != 0) return fail(ErrorKind::malformed, "malformed table", offset);
    }
    REPRISE_ASSIGN(table.type, read_table_type(in, types()));
    if (has_initial) {
      REPRISE_ASSIGN(table.initial, read_const_expression(in, module_, table.type.element));
    } else if (!table.type.element.is_defaultable()) {
      return invalid("type mismatch: a table of non-nullable references needs an initial value",
                     offset);
    }
    module_.tables.push_back(table);
    return ok();
  }

  Result<void> read_memory(ByteReader& in) {
    REPRISE_TRY(check_limit(module_.memories.size(), limits::kMemories, "memories", in));
    REPRISE_ASSIGN(MemoryType type, read_memory_type(in));
    module_.memories.push_back(type);
    return ok();
  }

  Result<void> read_tag(ByteReader& in) {
    REPRISE_TRY(check_limit(module_.tags.size(), limits::kTags, "tags", in));
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint8_t attribute, in.u8());
    if (attribute != 0) return fail(ErrorKind::malformed, "malformed tag attribute", offset);
    REPRISE_ASSIGN(TypeId type, read_function_type(in));
    if (!module_.registry->func(type)->results.empty())
      return invalid("non-empty tag result type", offset);
    module_.tags.push_back({type});
    return ok();
  }

  Result<void> read_global(ByteReader& in) {
    REPRISE_TRY(check_limit(module_.globals.size(), limits::kGlobals, "globals", in));
    Global global;
    REPRISE_ASSIGN(global.type, read_global_type(in, types()));
    REPRISE_ASSIGN(global.initial, read_const_expression(in, module_, global.type.value));
    module_.globals.push_back(global);
    return ok();
  }

  size_t count_of(ExternKind kind) const {
    switch (kind) {
      case ExternKind::function:
        return module_.functions.size();
      case ExternKind::table:
        return module_.tables.size();
      case ExternKind::memory:
        return module_.memories.size();
      case ExternKind::global:
        return module_.globals.size();
      case ExternKind::tag:
        return module_.tags.size();
    }
    return 0;
  }

  Result<void> read_export(ByteReader& in) {
    Export entry;
    REPRISE_ASSIGN(entry.name, in.name());
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint8_t kind, in.u8());
    if (kind > 4) return fail(ErrorKind::malformed, "malformed export kind", offset);
    entry.kind = static_cast<ExternKind>(kind);
    REPRISE_ASSIGN(entry.index, in.leb_u32());
    if (entry.index >= count_of(entry.kind))
      return invalid(fmt::format("unknown {} {}", to_string(entry.kind), entry.index), offset);
    if (entry.kind == ExternKind::function) module_.declared_functions[entry.index] = true;
    module_.exports.push_back(entry);
    return ok();
  }

  Result<void> read_exports(ByteReader& in) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint32_t count, read_count(in, limits::kExports, "exports"));
    for (uint32_t i = 0; i < count; ++i) {
      if (in.at_end()) return in.malformed("length out of bounds");
      REPRISE_TRY(read_export(in));
    }
    auto& sorted = module_.exports_by_name;
    sorted.resize(module_.exports.size());
    for (uint32_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
    const auto name = [this](uint32_t i) { return module_.exports[i].name; };
    std::ranges::sort(sorted, {}, name);
    if (const auto twice = std::ranges::adjacent_find(sorted, {}, name); twice != sorted.end())
      return invalid(fmt::format("duplicate export name \"{}\"", name(*twice)), offset);
    return ok();
  }

  Result<void> read_start(ByteReader& in) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint32_t index, in.leb_u32());
    if (index >= module_.functions.size())
      return invalid(fmt::format("unknown function {}", index), offset);
    const FuncType& type = module_.function_type(index);
    if (!type.parameters.empty() || !type.results.empty())
      return invalid("start function must have no parameters and no results", offset);
    module_.start = index;
    return ok();
  }

  // The bits of an element segment's flags (spec: binary/modules §element section).
  static constexpr uint32_t kNotActive = 1, kExplicit = 2, kExpressions = 4;

  Result<void> read_element(ByteReader& in) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint32_t flags, in.leb_u32());
    if (flags > 7) return fail(ErrorKind::malformed, "malformed elements segment kind", offset);
    ElementSegment segment;
    if (!(flags & kNotActive)) {
      segment.mode = SegmentMode::active;
      if (flags & kExplicit) {
        REPRISE_ASSIGN(segment.table, in.leb_u32());
      }
      if (segment.table >= module_.tables.size())
        return invalid(fmt::format("unknown table {}", segment.table), offset);
      const ValueType address = module_.tables[segment.table].type.address();
      REPRISE_ASSIGN(segment.offset, read_const_expression(in, module_, address));
    } else {
      segment.mode = flags & kExplicit ? SegmentMode::declarative : SegmentMode::passive;
    }
    REPRISE_ASSIGN(segment.type, read_element_type(in, flags));
    if (segment.mode == SegmentMode::active &&
        !module_.registry->matches(segment.type, module_.tables[segment.table].type.element))
      return invalid("type mismatch: the segment's type does not match the table's", offset);
    REPRISE_TRY(flags & kExpressions ? read_element_expressions(in, segment)
                                     : read_element_functions(in, segment));
    module_.elements.push_back(std::move(segment));
    return ok();
  }

  Result<ValueType> read_element_type(ByteReader& in, uint32_t flags) {
    const bool is_given = flags & (kNotActive | kExplicit);
    if (flags & kExpressions) {
      if (!is_given) return kFuncref;
      return read_reference_type(in, types());
    }
    if (is_given) {
      const uint64_t offset = in.offset();
      REPRISE_ASSIGN(uint8_t kind, in.u8());
      if (kind != 0) return fail(ErrorKind::malformed, "malformed element kind", offset);
    }
    return ValueType::reference(AbstractHeapType::func, false);
  }

  Result<void> read_element_functions(ByteReader& in, ElementSegment& segment) {
    REPRISE_ASSIGN(uint32_t count, read_count(in, limits::kElementItems, "segment items"));
    segment.functions.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
      const uint64_t offset = in.offset();
      REPRISE_ASSIGN(uint32_t index, in.leb_u32());
      if (index >= module_.functions.size())
        return invalid(fmt::format("unknown function {}", index), offset);
      module_.declared_functions[index] = true;
      segment.functions.push_back(index);
    }
    return ok();
  }

  Result<void> read_element_expressions(ByteReader& in, ElementSegment& segment) {
    REPRISE_ASSIGN(uint32_t count, read_count(in, limits::kElementItems, "segment items"));
    segment.expressions.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
      REPRISE_ASSIGN(ConstExpression item, read_const_expression(in, module_, segment.type));
      segment.expressions.push_back(item);
    }
    return ok();
  }

  uint32_t defined_functions() const {
    return static_cast<uint32_t>(module_.functions.size()) - module_.imported_functions;
  }

  Result<void> read_code(ByteReader& in) {
    REPRISE_ASSIGN(uint32_t count, in.leb_u32());
    for (uint32_t i = 0; i < count; ++i) {
      const uint64_t offset = in.offset();
      if (i == defined_functions()) return inconsistent_code(offset);
      REPRISE_ASSIGN(uint32_t size, in.leb_u32());
      if (size > in.remaining())
        return fail(ErrorKind::malformed, "unexpected end of section or function", offset);
      if (size > limits::kFunctionBytes)
        return fail(ErrorKind::limit, "function body is too large", offset);
      ByteRange& body = module_.functions[module_.imported_functions + i].body;
      body.begin = position(in);
      body.end = body.begin + size;
      REPRISE_TRY(in.bytes(size));
    }
    bodies_ = count;
    return ok();
  }

  std::unexpected<Error> inconsistent_code(uint64_t offset) const {
    return fail(ErrorKind::malformed, "function and code section have inconsistent lengths",
                offset);
  }

  Result<void> read_data_section(ByteReader& in) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint32_t count, read_count(in, limits::kDataSegments, "data segments"));
    for (uint32_t i = 0; i < count; ++i) REPRISE_TRY(read_data(in));
    has_data_ = true;
    if (module_.data_count.value_or(count) != count) return inconsistent_data_count(offset);
    return ok();
  }

  std::unexpected<Error> inconsistent_data_count(uint64_t offset) const {
    return fail(ErrorKind::malformed, "data count and data section have inconsistent lengths",
                offset);
  }

  Result<void> read_data(ByteReader& in) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint32_t flags, in.leb_u32());
    if (flags > 2) return fail(ErrorKind::malformed, "malformed data segment kind", offset);
    DataSegment segment;
    segment.mode = flags == 1 ? SegmentMode::passive : SegmentMode::active;
    if (flags == 2) {
      REPRISE_ASSIGN(segment.memory, in.leb_u32());
    }
    if (segment.mode == SegmentMode::active) {
      if (segment.memory >= module_.memories.size())
        return invalid(fmt::format("unknown memory {}", segment.memory), offset);
      const ValueType address = module_.memories[segment.memory].address();
      REPRISE_ASSIGN(segment.offset, read_const_expression(in, module_, address));
    }
    REPRISE_ASSIGN(uint32_t size, in.leb_u32());
    REPRISE_ASSIGN(segment.bytes, in.bytes(size));
    module_.data.push_back(segment);
    return ok();
  }

  Result<void> check_whole() {
    if (bodies_ != defined_functions()) return inconsistent_code(in_.offset());
    if (!has_data_ && module_.data_count.value_or(0) != 0)
      return inconsistent_data_count(in_.offset());
    read_branch_hints();
    return ok();
  }

  // The section is advice: what cannot be read, or is out of place, is dropped.
  void read_branch_hints() {
    const CustomSection* section = module_.find_custom("metadata.code.branch_hint");
    if (!section) return;
    ByteReader in(section->bytes);
    const uint32_t functions = in.leb_u32().value_or(0);
    for (uint32_t i = 0; i < functions; ++i) {
      const auto function = in.leb_u32();
      const auto count = in.leb_u32();
      if (!function || !count) break;
      for (uint32_t k = 0; k < *count; ++k) {
        const auto offset = in.leb_u32();
        const auto size = in.leb_u32();
        const auto value = in.u8();
        if (!value || *size != 1 || *value > 1) return sort_branch_hints();
        const BranchHint hint = *value ? BranchHint::likely : BranchHint::unlikely;
        module_.hints.push_back({*function, *offset, hint});
      }
    }
    sort_branch_hints();
  }

  void sort_branch_hints() {
    std::ranges::sort(module_.hints, {}, [](const FunctionBranchHint& h) {
      return static_cast<uint64_t>(h.function) << 32 | h.offset;
    });
  }

  Module& module_;
  const uint64_t base_;
  ByteReader in_;
  uint8_t last_section_ = 0;
  uint32_t bodies_ = 0;
  bool has_data_ = false;
};

}  // namespace

Result<std::shared_ptr<const Module>> read_module(ModuleBytes source,
                                                  std::shared_ptr<TypeRegistry> registry) {
  auto module = std::make_shared<Module>(std::move(source), std::move(registry));
  REPRISE_TRY(ModuleReader(*module).read());
  return module;
}

Result<std::shared_ptr<const Module>> read_module(std::vector<uint8_t> bytes,
                                                  std::shared_ptr<TypeRegistry> registry) {
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  return read_module(ModuleBytes{*owner, owner, 0}, std::move(registry));
}

}  // namespace reprise::wasm
