#include "text/component_encoder.hpp"

namespace reprise::text {

namespace {

// Sections of a component (design/mvp/Binary.md §Component Definitions).
enum SectionId : uint8_t {
  kCustom,
  kCoreModule,
  kCoreInstance,
  kCoreType,
  kComponent,
  kInstance,
  kAlias,
  kType,
  kCanon,
  kStart,
  kImport,
  kExport,
  kNoSection,
};

void put_items(std::span<const NamedItem> items, ByteWriter& out) {
  out.leb_u32(static_cast<uint32_t>(items.size()));
  for (const NamedItem& item : items) {
    out.name(item.name);
    put_sort(item.item.sort, out);
    out.leb_u32(item.item.index);
  }
}

void put_core_items(std::span<const NamedItem> items, ByteWriter& out) {
  out.leb_u32(static_cast<uint32_t>(items.size()));
  for (const NamedItem& item : items) {
    out.name(item.name);
    put_core_sort(item.item.sort, out);
    out.leb_u32(item.item.index);
  }
}

}  // namespace

CanonOptions& CanonOptions::string_encoding(StringEncoding encoding) {
  count_++;
  body_.u8(static_cast<uint8_t>(encoding));
  return *this;
}

CanonOptions& CanonOptions::add(uint8_t code, uint32_t index) {
  count_++;
  body_.u8(code);
  body_.leb_u32(index);
  return *this;
}

CanonOptions& CanonOptions::memory(uint32_t core_memory) {
  return add(0x03, core_memory);
}
CanonOptions& CanonOptions::realloc(uint32_t core_func) {
  return add(0x04, core_func);
}
CanonOptions& CanonOptions::post_return(uint32_t core_func) {
  return add(0x05, core_func);
}
CanonOptions& CanonOptions::callback(uint32_t core_func) {
  return add(0x07, core_func);
}

CanonOptions& CanonOptions::async() {
  count_++;
  body_.u8(0x06);
  return *this;
}

void CanonOptions::put(ByteWriter& out) const {
  out.leb_u32(count_);
  out.bytes(body_.view());
}

uint32_t ScopeEncoder::type(Bytes definition) {
  put(Part::type, definition);
  return next(Sort::type);
}

uint32_t ScopeEncoder::core_type(Bytes definition) {
  put(Part::core_type, definition);
  return next(Sort::core_type);
}

uint32_t ScopeEncoder::alias_export(Sort sort, uint32_t instance, std::string_view name) {
  ByteWriter item;
  put_sort(sort, item);
  item.u8(0);
  item.leb_u32(instance);
  item.name(name);
  put(Part::alias, item.view());
  return next(sort);
}

uint32_t ScopeEncoder::alias_outer(Sort sort, uint32_t levels, uint32_t index) {
  ByteWriter item;
  put_sort(sort, item);
  item.u8(2);
  item.leb_u32(levels);
  item.leb_u32(index);
  put(Part::alias, item.view());
  return next(sort);
}

uint32_t ScopeEncoder::import(const ExternName& name, const ExternType& type) {
  ByteWriter item;
  name.put(item);
  type.put(item);
  put(Part::import, item.view());
  return next(type.sort());
}

uint32_t TypeScopeEncoder::export_(const ExternName& name, const ExternType& type) {
  ByteWriter item;
  name.put(item);
  type.put(item);
  put(Part::export_, item.view());
  return next(type.sort());
}

void TypeScopeEncoder::put(Part part, Bytes item) {
  count_++;
  body_.u8(static_cast<uint8_t>(part));
  body_.bytes(item);
}

std::vector<uint8_t> TypeScopeEncoder::finish() const {
  ByteWriter out;
  out.u8(static_cast<uint8_t>(kind_));
  out.leb_u32(count_);
  out.bytes(body_.view());
  return out.take();
}

void ComponentEncoder::put(Part part, Bytes item) {
  constexpr uint8_t kSections[] = {kCoreType, kType, kAlias, kImport, kExport};
  put_section_item(kSections[static_cast<uint8_t>(part)], item);
}

void ComponentEncoder::header() {
  if (started_) return;
  started_ = true;
  out_.bytes(as_bytes(std::string_view("\0asm\x0d\0\1\0", 8)));
}

void ComponentEncoder::put_section_item(uint8_t section, Bytes item) {
  if (section_ != section) close_section();
  section_ = section;
  count_++;
  body_.bytes(item);
}

void ComponentEncoder::close_section() {
  header();
  if (section_ == 0) return;
  ByteWriter section;
  section.leb_u32(count_);
  section.bytes(body_.view());
  out_.u8(section_);
  out_.sized(section);
  section_ = 0;
  count_ = 0;
  body_ = ByteWriter();
}

void ComponentEncoder::whole_section(uint8_t section, Bytes body) {
  close_section();
  out_.u8(section);
  out_.leb_u32(static_cast<uint32_t>(body.size()));
  out_.bytes(body);
}

uint32_t ComponentEncoder::core_module(Bytes module) {
  whole_section(kCoreModule, module);
  return next(Sort::core_module);
}

uint32_t ComponentEncoder::component(Bytes component) {
  whole_section(kComponent, component);
  return next(Sort::component);
}

uint32_t ComponentEncoder::instantiate_core(uint32_t module, std::span<const NamedItem> arguments) {
  ByteWriter item;
  item.u8(0);
  item.leb_u32(module);
  put_core_items(arguments, item);
  put_section_item(kCoreInstance, item.view());
  return next(Sort::core_instance);
}

uint32_t ComponentEncoder::core_instance(std::span<const NamedItem> exports) {
  ByteWriter item;
  item.u8(1);
  put_core_items(exports, item);
  put_section_item(kCoreInstance, item.view());
  return next(Sort::core_instance);
}

uint32_t ComponentEncoder::instantiate(uint32_t component, std::span<const NamedItem> arguments) {
  ByteWriter item;
  item.u8(0);
  item.leb_u32(component);
  put_items(arguments, item);
  put_section_item(kInstance, item.view());
  return next(Sort::instance);
}

uint32_t ComponentEncoder::instance(std::span<const InstanceExport> exports) {
  ByteWriter item;
  item.u8(1);
  item.leb_u32(static_cast<uint32_t>(exports.size()));
  for (const InstanceExport& one : exports) {
    one.name.put(item);
    put_sort(one.item.sort, item);
    item.leb_u32(one.item.index);
  }
  put_section_item(kInstance, item.view());
  return next(Sort::instance);
}

uint32_t ComponentEncoder::alias_core_export(Sort sort, uint32_t core_instance,
                                             std::string_view name) {
  ByteWriter item;
  put_sort(sort, item);
  item.u8(1);
  item.leb_u32(core_instance);
  item.name(name);
  put(Part::alias, item.view());
  return next(sort);
}

uint32_t ComponentEncoder::lift(uint32_t core_func, const CanonOptions& options, uint32_t type) {
  ByteWriter item;
  item.u8(0);
  item.u8(0);
  item.leb_u32(core_func);
  options.put(item);
  item.leb_u32(type);
  put_section_item(kCanon, item.view());
  return next(Sort::func);
}

uint32_t ComponentEncoder::lower(uint32_t func, const CanonOptions& options) {
  ByteWriter item;
  item.u8(1);
  item.u8(0);
  item.leb_u32(func);
  options.put(item);
  put_section_item(kCanon, item.view());
  return next(Sort::core_func);
}

uint32_t ComponentEncoder::canon(CanonOp op, Bytes operands) {
  ByteWriter item;
  item.u8(static_cast<uint8_t>(op));
  item.bytes(operands);
  put_section_item(kCanon, item.view());
  return next(Sort::core_func);
}

uint32_t ComponentEncoder::export_(const ExternName& name, SortIndex exported,
                                   const ExternType* type) {
  ByteWriter item;
  name.put(item);
  put_sort(exported.sort, item);
  item.leb_u32(exported.index);
  item.u8(type ? 1 : 0);
  if (type) type->put(item);
  put(Part::export_, item.view());
  return next(exported.sort);
}

void ComponentEncoder::start(uint32_t func, std::span<const uint32_t> values, uint32_t results) {
  ByteWriter body;
  body.leb_u32(func);
  body.leb_u32(static_cast<uint32_t>(values.size()));
  for (const uint32_t value : values) body.leb_u32(value);
  body.leb_u32(results);
  whole_section(kStart, body.view());
  for (uint32_t i = 0; i < results; i++) next(Sort::value);
}

void ComponentEncoder::custom(std::string_view name, Bytes bytes) {
  ByteWriter body;
  body.name(name);
  body.bytes(bytes);
  whole_section(kCustom, body.view());
}

std::vector<uint8_t> ComponentEncoder::finish() {
  close_section();
  return out_.take();
}

}  // namespace reprise::text
