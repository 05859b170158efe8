// Types, names and canonical definitions of a component's binary as text. What a component and the
// type of a component or an instance have in common is printed by one class: definitions of types,
// aliases, imports, exports (component model: design/mvp/Binary.md).

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "reprise/result.hpp"
#include "text/component_sorts.hpp"

namespace reprise::text {

/// Where a sort of component definitions is wanted, and where only core ones can stand.
Result<Sort> print_sort(ByteReader& in);
Result<Sort> print_core_sort(ByteReader& in);
/// "core func"
std::string sort_words(Sort sort);

/// "\"name\" (implements \"…\")"
Result<std::string> print_extern_name(ByteReader& in);

/// What follows the opcode of a canonical definition, and the function that it defines, whose index
/// is counted up.
Result<std::string> print_canon(ByteReader& in, uint32_t& next_core_func, uint32_t& next_func);

class ScopePrinter {
 public:
  /// `depth` is how many components and types stand around this.
  explicit ScopePrinter(uint32_t depth) : depth_(depth) {}

  // Each gives one line or several, without white space around them.
  Result<std::string> core_type(ByteReader& in);
  Result<std::string> type(ByteReader& in);
  Result<std::string> alias(ByteReader& in);
  Result<std::string> import(ByteReader& in);
  /// `export` of a type: with what is exported's type, and no index of what it is.
  Result<std::string> export_declaration(ByteReader& in);
  /// `(func (;0;) (type 1))`, which defines something.
  Result<std::string> extern_type(ByteReader& in);
  /// The same after an export, where it defines nothing.
  Result<std::string> extern_type_only(ByteReader& in);

  uint32_t& next(Sort sort) { return next_[static_cast<uint8_t>(sort)]; }
  uint32_t depth() const { return depth_; }

 private:
  Result<std::string> definition(ByteReader& in);
  Result<std::string> scope_type(ByteReader& in, std::string_view word);

  std::array<uint32_t, kSortCount> next_{};
  uint32_t depth_;
};

/// Every line but the first one further in.
std::string indented(std::string_view text, uint32_t columns);

}  // namespace reprise::text
