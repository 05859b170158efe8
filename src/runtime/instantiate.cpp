// Instantiation in the specification's order: match imports, allocate, evaluate initial values,
// write active segments. Everything that can be refused is refused before anything is visible, and
// a guard takes back what a half-built instance has allocated.

#include "runtime/instantiate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/const_expression.hpp"
#include "runtime/module_image.hpp"

namespace reprise::runtime {

namespace {

std::string describe(const wasm::Limits& limits) {
  return limits.maximum ? fmt::format("{} {}", limits.minimum, *limits.maximum)
                        : fmt::format("{}", limits.minimum);
}

std::string describe(const wasm::FuncType& type) {
  std::string out = "(func";
  for (wasm::ValueType t : type.parameters) out += " (param " + wasm::to_string(t) + ")";
  for (wasm::ValueType t : type.results) out += " (result " + wasm::to_string(t) + ")";
  return out + ")";
}

std::string describe(const wasm::TableType& type, uint64_t minimum) {
  return fmt::format("(table {}{} {})", type.is_64 ? "i64 " : "",
                     describe(wasm::Limits{minimum, type.limits.maximum}),
                     wasm::to_string(type.element));
}

std::string describe(const wasm::MemoryType& type, uint64_t minimum) {
  return fmt::format("(memory {}{}{})", type.is_64 ? "i64 " : "",
                     describe(wasm::Limits{minimum, type.limits.maximum}),
                     type.is_shared ? " shared" : "");
}

std::string describe(const wasm::GlobalType& type) {
  return type.is_mutable ? "(global (mut " + wasm::to_string(type.value) + "))"
                         : "(global " + wasm::to_string(type.value) + ")";
}

std::string describe_wanted(const wasm::Module& module, const wasm::Import& import) {
  switch (import.kind) {
    case wasm::ExternKind::function:
      return describe(module.function_type(import.index));
    case wasm::ExternKind::table: {
      const wasm::TableType& type = module.tables[import.index].type;
      return describe(type, type.limits.minimum);
    }
    case wasm::ExternKind::memory: {
      const wasm::MemoryType& type = module.memories[import.index];
      return describe(type, type.limits.minimum);
    }
    case wasm::ExternKind::global:
      return describe(module.globals[import.index].type);
    case wasm::ExternKind::tag:
      break;
  }
  return "(tag " + describe(*module.registry->func(module.tags[import.index].type)) + ")";
}

/// Spec: valid/matching §limits; `actual` begins at the present size.
bool limits_match(uint64_t size, const wasm::Limits& actual, const wasm::Limits& wanted) {
  if (size < wanted.minimum) return false;
  return !wanted.maximum || (actual.maximum && *actual.maximum <= *wanted.maximum);
}

bool import_matches(StoreCore& store, const wasm::Module& module, const wasm::Import& import,
                    const Extern& given) {
  const wasm::TypeRegistry& types = *module.registry;
  switch (import.kind) {
    case wasm::ExternKind::function: {
      const FuncId* id = std::get_if<FuncId>(&given);
      return id && types.matches(store.function(*id).type, module.functions[import.index].type);
    }
    case wasm::ExternKind::table: {
      const TableId* id = std::get_if<TableId>(&given);
      if (!id) return false;
      const Table& table = store.table(*id);
      const wasm::TableType& wanted = module.tables[import.index].type;
      return table.type().is_64 == wanted.is_64 && table.type().element == wanted.element &&
             limits_match(table.size(), table.type().limits, wanted.limits);
    }
    case wasm::ExternKind::memory: {
      const MemoryId* id = std::get_if<MemoryId>(&given);
      if (!id) return false;
      const Memory& memory = store.memory(*id);
      const wasm::MemoryType& wanted = module.memories[import.index];
      return memory.type().is_64 == wanted.is_64 && memory.type().is_shared == wanted.is_shared &&
             limits_match(memory.pages(), memory.type().limits, wanted.limits);
    }
    case wasm::ExternKind::global: {
      const GlobalId* id = std::get_if<GlobalId>(&given);
      return id && types.matches(store.global(*id).type, module.globals[import.index].type);
    }
    case wasm::ExternKind::tag:
      break;
  }
  const TagId* id = std::get_if<TagId>(&given);
  return id && store.tag(*id).type == module.tags[import.index].type;
}

Result<void> check_imports(StoreCore& store, const wasm::Module& module,
                           std::span<const Extern> imports) {
  std::string complaints;
  for (size_t i = 0; i < module.imports.size(); ++i) {
    const wasm::Import& import = module.imports[i];
    const std::string name = fmt::format("{}.{}", import.module, import.name);
    if (i >= imports.size()) {
      complaints +=
          fmt::format("; unknown import {}: {} is needed", name, describe_wanted(module, import));
    } else if (!import_matches(store, module, import, imports[i])) {
      complaints +=
          fmt::format("; incompatible import type for {}: {} is needed, {} was given", name,
                      describe_wanted(module, import), runtime::describe(store, imports[i]));
    }
  }
  if (!complaints.empty()) return fail(ErrorKind::link, complaints.substr(2));
  if (imports.size() > module.imports.size())
    return fail(ErrorKind::link, fmt::format("{} imports were given, the module has {}",
                                             imports.size(), module.imports.size()));
  return ok();
}

}  // namespace

std::string describe(StoreCore& store, const Extern& item) {
  if (const auto* f = std::get_if<FuncId>(&item)) return describe(store.function_type(*f));
  if (const auto* t = std::get_if<TableId>(&item)) {
    const Table& table = store.table(*t);
    return describe(table.type(), table.size());
  }
  if (const auto* m = std::get_if<MemoryId>(&item)) {
    const Memory& memory = store.memory(*m);
    return describe(memory.type(), memory.pages());
  }
  if (const auto* g = std::get_if<GlobalId>(&item)) return describe(store.global(*g).type);
  const Tag& tag = store.tag(std::get<TagId>(item));
  return "(tag " + describe(*store.types().func(tag.type)) + ")";
}

/// One instantiation under way. Destroyed before finish(), it takes everything back.
class Instantiation {
 public:
  Instantiation(StoreCore& store, std::shared_ptr<ModuleCode> code, std::string name)
      : store_(store),
        module_(code->module()),
        instance_(std::make_unique<Instance>()),
        functions_(store.functions_.size()),
        tables_(store.tables_.size()),
        memories_(store.memories_.size()),
        globals_(store.globals_.size()),
        tags_(store.tags_.size()),
        memory_bytes_(store.memory_bytes_),
        table_elements_(store.table_elements_) {
    image_ = code->image_for_instance();
    instance_->code = std::move(code);
    instance_->name = std::move(name);
    instance_->store = &store;
    instance_->id = InstanceId(static_cast<uint32_t>(store.instances_.size()));
  }
  ~Instantiation() {
    if (!instance_) return;
    store_.functions_.truncate(functions_);
    cut(store_.tables_, tables_);
    while (store_.memories_.size() > memories_) {
      store_.engine().pool().give_back(store_.memories_.back().release());
      store_.memories_.pop_back();
    }
    cut(store_.globals_, globals_);
    cut(store_.tags_, tags_);
    store_.memory_bytes_ = memory_bytes_;
    store_.table_elements_ = table_elements_;
  }
  Instantiation(const Instantiation&) = delete;
  Instantiation& operator=(const Instantiation&) = delete;

  Result<void> allocate(std::span<const Extern> imports) {
    for (size_t i = 0; i < module_.imports.size(); ++i) add_import(imports[i]);
    REPRISE_TRY(add_functions());
    REPRISE_TRY(add_memories());
    for (size_t i = module_.imported_tags; i < module_.tags.size(); ++i) {
      REPRISE_ASSIGN(const TagId id, store_.add_tag(module_.tags[i].type));
      instance_->tag_ids.push_back(id);
    }
    point();
    REPRISE_TRY(add_globals());
    REPRISE_TRY(add_tables());
    return evaluate_elements();
  }

  /// The part that may trap: from here on the instance exists.
  Result<Instantiated> finish() {
    Instance& instance = *instance_;
    for (const wasm::DataSegment& segment : module_.data)
      instance.data_segments.push_back(
          has_data() && segment.mode == wasm::SegmentMode::active ? Bytes() : segment.bytes);
    Instantiated made{.instance = instance.id, .trap = {}, .start = {}};
    if (module_.start) made.start = store_.function_of(instance, *module_.start);

    // Offsets read nothing that segments write: evaluating them first keeps what can fail in front.
    std::vector<uint64_t> element_offsets;
    if (!has_elements()) {
      REPRISE_ASSIGN(element_offsets, offsets(module_.elements));
    }
    std::vector<uint64_t> data_offsets;
    if (!has_data()) {
      REPRISE_ASSIGN(data_offsets, offsets(module_.data));
    }
    store_.instances_.push_back(std::move(instance_));
    ++store_.statistics_.instantiations;
    if (!has_elements()) made.trap = write_elements(instance, element_offsets);
    if (!has_data() && !made.trap) made.trap = write_data(instance, data_offsets);
    return made;
  }

 private:
  template <class T>
  static void cut(std::deque<T>& items, size_t size) {
    while (items.size() > size) items.pop_back();
  }

  void add_import(const Extern& item) {
    if (const auto* f = std::get_if<FuncId>(&item)) {
      instance_->imported_functions.push_back(&store_.function(*f));
    } else if (const auto* t = std::get_if<TableId>(&item)) {
      add(*t);
    } else if (const auto* m = std::get_if<MemoryId>(&item)) {
      add(*m);
    } else if (const auto* g = std::get_if<GlobalId>(&item)) {
      add(*g);
    } else {
      instance_->tag_ids.push_back(std::get<TagId>(item));
    }
  }
  void add(TableId id) {
    instance_->table_ids.push_back(id);
    instance_->table_space.push_back(&store_.table(id));
  }
  void add(MemoryId id) {
    instance_->memory_ids.push_back(id);
    instance_->memory_space.push_back(&store_.memory(id));
  }
  void add(GlobalId id) {
    instance_->global_ids.push_back(id);
    instance_->global_space.push_back(store_.global(id).value);
  }

  Result<void> add_functions() {
    const size_t count = module_.functions.size() - module_.imported_functions;
    if (count > store_.limits_.functions - store_.functions_.size())
      return std::unexpected(Limits::exceeded("functions", store_.limits_.functions));
    REPRISE_ASSIGN(const size_t first, store_.functions_.extend(count));
    instance_->first_function = FuncId(static_cast<uint32_t>(first));
    return ok();
  }

  Result<void> add_memories() {
    for (size_t i = module_.imported_memories; i < module_.memories.size(); ++i) {
      REPRISE_ASSIGN(const MemoryId id, store_.add_memory(module_.memories[i], data_image(i)));
      add(id);
    }
    return ok();
  }

  Result<void> add_globals() {
    for (size_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
      const wasm::Global& global = module_.globals[i];
      REPRISE_ASSIGN(const ConstValue value, evaluate(store_, *instance_, global.initial));
      REPRISE_ASSIGN(const GlobalId id, store_.add_global(global.type, value.low, value.high));
      add(id);
      point();  // the next initializer may read this one
    }
    return ok();
  }

  Result<void> add_tables() {
    for (size_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
      const wasm::Table& table = module_.tables[i];
      if (auto image = element_image(i)) {
        REPRISE_ASSIGN(const TableId id,
                       store_.add_lazy_table(table.type, std::move(image), *instance_));
        add(id);
        continue;
      }
      ConstValue initial;
      if (table.initial) {
        REPRISE_ASSIGN(initial, evaluate(store_, *instance_, *table.initial));
      }
      REPRISE_ASSIGN(const TableId id, store_.add_table(table.type, initial.low));
      add(id);
    }
    point();
    return ok();
  }

  Result<void> evaluate_elements() {
    for (const wasm::ElementSegment& segment : module_.elements) {
      std::vector<Slot>& items = instance_->element_segments.emplace_back();
      if (segment.mode == wasm::SegmentMode::declarative) continue;
      if (has_elements() && segment.mode == wasm::SegmentMode::active) continue;
      items.reserve(segment.size());
      for (uint32_t function : segment.functions)
        items.push_back(ref_of_func(store_.function_of(*instance_, function)));
      for (const wasm::ConstExpression& expression : segment.expressions) {
        REPRISE_ASSIGN(const ConstValue value, evaluate(store_, *instance_, expression));
        items.push_back(value.low);
      }
    }
    return ok();
  }

  template <class Segment>
  Result<std::vector<uint64_t>> offsets(const std::vector<Segment>& segments) {
    std::vector<uint64_t> out;
    for (const Segment& segment : segments) {
      ConstValue value;
      if (segment.mode == wasm::SegmentMode::active) {
        REPRISE_ASSIGN(value, evaluate(store_, *instance_, segment.offset));
      }
      out.push_back(value.low);
    }
    return out;
  }

  std::optional<Trap> write_elements(Instance& instance, const std::vector<uint64_t>& offsets) {
    for (size_t i = 0; i < module_.elements.size(); ++i) {
      const wasm::ElementSegment& segment = module_.elements[i];
      if (segment.mode != wasm::SegmentMode::active) continue;
      Table& table = *instance.tables[segment.table];
      std::vector<Slot>& items = instance.element_segments[i];
      if (!table.contains(offsets[i], items.size())) return Trap::of(TrapKind::table_out_of_bounds);
      std::copy(items.begin(), items.end(), table.elements() + offsets[i]);
      items = {};
    }
    return std::nullopt;
  }

  std::optional<Trap> write_data(Instance& instance, const std::vector<uint64_t>& offsets) {
    for (size_t i = 0; i < module_.data.size(); ++i) {
      const wasm::DataSegment& segment = module_.data[i];
      if (segment.mode != wasm::SegmentMode::active) continue;
      Memory& memory = *instance.memories[segment.memory];
      if (!memory.contains(offsets[i], segment.bytes.size()))
        return Trap::of(TrapKind::memory_out_of_bounds);
      if (!segment.bytes.empty())
        std::memcpy(memory.base() + offsets[i], segment.bytes.data(), segment.bytes.size());
      instance.data_segments[i] = {};
    }
    return std::nullopt;
  }

  /// Makes the raw arrays show what the vectors hold now.
  void point() {
    Instance& i = *instance_;
    i.functions = i.imported_functions.data();
    i.globals = i.global_space.data();
    i.memories = i.memory_space.data();
    i.tables = i.table_space.data();
    i.memory0 = i.memory_space.empty() ? nullptr : i.memory_space[0]->base();
  }

  bool has_data() const { return image_ != nullptr && image_->has_data; }
  bool has_elements() const { return image_ != nullptr && image_->has_elements; }
  std::shared_ptr<const DataImage> data_image(size_t memory) const {
    return has_data() ? image_->memories[memory - module_.imported_memories] : nullptr;
  }
  std::shared_ptr<const ElementImage> element_image(size_t table) const {
    return has_elements() ? image_->tables[table - module_.imported_tables] : nullptr;
  }

  StoreCore& store_;
  const wasm::Module& module_;
  const ModuleImage* image_ = nullptr;
  std::unique_ptr<Instance> instance_;
  const size_t functions_, tables_, memories_, globals_, tags_;
  const uint64_t memory_bytes_, table_elements_;
};

ResourceRequest creation_of(const wasm::Module& module) {
  ResourceRequest request{.what = ResourceRequest::What::instance, .from = 0, .to = 1};
  for (size_t i = module.imported_memories; i < module.memories.size(); ++i) {
    ++request.memories;
    request.memory_pages += module.memories[i].limits.minimum;
  }
  for (size_t i = module.imported_tables; i < module.tables.size(); ++i) {
    ++request.tables;
    request.table_elements += module.tables[i].type.limits.minimum;
  }
  return request;
}

Result<Instantiated> instantiate(StoreCore& store, std::shared_ptr<ModuleCode> code,
                                 std::span<const Extern> imports, std::string name) {
  if (store.instance_count() >= store.limits().instances)
    return std::unexpected(Limits::exceeded("instances", store.limits().instances));
  const wasm::Module& module = code->module();
  if (module.registry != store.engine().types())
    return fail(ErrorKind::usage, "the module was read with another engine's types");
  REPRISE_TRY(check_imports(store, module, imports));
  Instantiation work(store, std::move(code), std::move(name));
  REPRISE_TRY(work.allocate(imports));
  return work.finish();
}

}  // namespace reprise::runtime
