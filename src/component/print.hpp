// Types of components as text, in WIT's notation as far as it goes: for `reprise inspect` and for
// messages.

#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "component/component.hpp"

namespace reprise::component {

/// Types that were given a name (by an import or export) are called by it, others are written out.
class TypePrinter {
 public:
  explicit TypePrinter(const Types& types) : types_(types) {}

  void name(TypeId type, std::string_view name) { names_[type] = name; }
  /// A value type.
  std::string value(TypeId type) const;
  std::string func(TypeId type) const;
  /// What stands behind a type's name: "record { a: u32 }", "resource".
  std::string definition(TypeId type) const;

 private:
  std::string structure(TypeId type) const;
  std::string members(TypeId type) const;

  const Types& types_;
  std::unordered_map<TypeId, std::string> names_;
};

/// A component's imports and exports, one item a line, the items of instances indented below them.
class ExternPrinter {
 public:
  explicit ExternPrinter(const Component& component)
      : types_(component.types()), printer_(types_) {}

  /// Imports are to be printed before exports, which refer to them.
  std::string print(const ExternMap& externs, const std::string& indent);

 private:
  void print(const Extern& item, std::string_view interface, const std::string& indent,
             std::string& text);
  void print_type(const Extern& item, std::string_view interface, const std::string& indent,
                  std::string& text);

  const Types& types_;
  TypePrinter printer_;
  /// Where a resource was first seen: others only use it.
  std::unordered_map<ResourceId, std::string> origins_;
};

}  // namespace reprise::component
