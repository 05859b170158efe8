// Writes component binaries: what the text front-end, and whoever else makes components, calls
// (component model: design/mvp/Binary.md).
//
// Each function appends one definition and gives its index in its sort's index space, so a
// component is written in the order in which it is instantiated; sections come about by themselves.
// Nothing is checked: the reader of binaries is the judge.
//
//   ComponentEncoder c;
//   uint32_t type = c.type(encode_func_type({.result = ComponentValueType::primitive(kU32)}));
//   uint32_t f = c.import({"f"}, ExternType::func(type));
//   c.export_({"g"}, {Sort::func, f});
//   std::vector<uint8_t> bytes = c.finish();

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "text/canon.hpp"
#include "text/component_sorts.hpp"
#include "text/component_type_encoder.hpp"

namespace reprise::text {

enum class StringEncoding : uint8_t { utf8, utf16, latin1_utf16 };

/// The options of a canonical definition, in the order in which they are given.
class CanonOptions {
 public:
  CanonOptions& string_encoding(StringEncoding encoding);
  CanonOptions& memory(uint32_t core_memory);
  CanonOptions& realloc(uint32_t core_func);
  CanonOptions& post_return(uint32_t core_func);
  CanonOptions& async();
  CanonOptions& callback(uint32_t core_func);
  void put(ByteWriter& out) const;

 private:
  CanonOptions& add(uint8_t code, uint32_t index);
  uint32_t count_ = 0;
  ByteWriter body_;
};

/// An argument of an instantiation, or an export of a core instance that is put together by hand.
struct NamedItem {
  std::string name;
  SortIndex item;
};

/// An export of an instance that is put together by hand.
struct InstanceExport {
  ExternName name;
  SortIndex item;
};

/// What components and their types have in common: definitions of types, aliases, imports, exports.
class ScopeEncoder {
 public:
  virtual ~ScopeEncoder() = default;

  /// How many definitions of that sort there are.
  uint32_t size(Sort sort) const { return sizes_[static_cast<uint8_t>(sort)]; }

  uint32_t type(Bytes definition);
  uint32_t core_type(Bytes definition);
  uint32_t alias_export(Sort sort, uint32_t instance, std::string_view name);
  /// `levels` counts outward; 0 is this scope.
  uint32_t alias_outer(Sort sort, uint32_t levels, uint32_t index);
  uint32_t import(const ExternName& name, const ExternType& type);

 protected:
  enum class Part : uint8_t { core_type, type, alias, import, export_ };
  virtual void put(Part part, Bytes item) = 0;
  uint32_t next(Sort sort) { return sizes_[static_cast<uint8_t>(sort)]++; }

 private:
  std::array<uint32_t, kSortCount> sizes_{};
};

/// The type of a component or of an instance: a list of declarations.
class TypeScopeEncoder : public ScopeEncoder {
 public:
  enum class Kind : uint8_t { component = 0x41, instance = 0x42 };
  explicit TypeScopeEncoder(Kind kind) : kind_(kind) {}

  uint32_t export_(const ExternName& name, const ExternType& type);
  /// The definition of the type, for ScopeEncoder::type.
  std::vector<uint8_t> finish() const;

 protected:
  void put(Part part, Bytes item) override;

 private:
  Kind kind_;
  uint32_t count_ = 0;
  ByteWriter body_;
};

class ComponentEncoder : public ScopeEncoder {
 public:
  uint32_t core_module(Bytes module);
  uint32_t component(Bytes component);
  /// Arguments must be core instances.
  uint32_t instantiate_core(uint32_t module, std::span<const NamedItem> arguments);
  uint32_t core_instance(std::span<const NamedItem> exports);
  uint32_t instantiate(uint32_t component, std::span<const NamedItem> arguments);
  uint32_t instance(std::span<const InstanceExport> exports);
  uint32_t alias_core_export(Sort sort, uint32_t core_instance, std::string_view name);
  uint32_t lift(uint32_t core_func, const CanonOptions& options, uint32_t type);
  uint32_t lower(uint32_t func, const CanonOptions& options);
  /// Any other canonical definition, with its operands as they stand in the binary.
  uint32_t canon(CanonOp op, Bytes operands);
  /// Gives the index that names the exported definition from here on.
  uint32_t export_(const ExternName& name, SortIndex item, const ExternType* type = nullptr);
  void start(uint32_t func, std::span<const uint32_t> values, uint32_t results);
  void custom(std::string_view name, Bytes bytes);

  /// The binary. The encoder is spent.
  std::vector<uint8_t> finish();

 protected:
  void put(Part part, Bytes item) override;

 private:
  void put_section_item(uint8_t section, Bytes item);
  void close_section();
  void whole_section(uint8_t section, Bytes body);

  ByteWriter out_;
  uint8_t section_ = 0;  // the one that is open; 0: none
  uint32_t count_ = 0;
  ByteWriter body_;
  bool started_ = false;
  void header();
};

}  // namespace reprise::text
