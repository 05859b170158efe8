#include "component/print.hpp"

#include <fmt/format.h>

namespace reprise::component {
namespace {

/// Longer texts are cut: a type can be written in far fewer bytes than it prints to.
constexpr size_t kMaxText = 4000;

}  // namespace

std::string TypePrinter::value(TypeId type) const {
  if (const auto named = names_.find(type); named != names_.end()) return named->second;
  return structure(type);
}

std::string TypePrinter::members(TypeId type) const {
  std::string text;
  const bool is_record = types_[type].value == wit::TypeKind::record;
  for (const Member& member : types_.members(type)) {
    if (!text.empty()) text += ", ";
    if (text.size() > kMaxText) return text + "…";
    if (member.name.empty())
      text += value(member.type);
    else if (!member.type)
      text += member.name;
    else
      text += is_record ? fmt::format("{}: {}", member.name, value(member.type))
                        : fmt::format("{}({})", member.name, value(member.type));
  }
  return text;
}

// The recursion is as deep as the type, which kMaxTypeDepth limits.
std::string TypePrinter::structure(TypeId type) const {
  using enum wit::TypeKind;
  const TypeDef& def = types_[type];
  const std::string_view word = wit::to_string(def.value);
  auto part = [&](TypeId id) { return id ? value(id) : std::string("_"); };
  switch (def.value) {
    case record:
    case variant:
    case enum_:
    case flags:
      return fmt::format("{} {{ {} }}", word, members(type));
    case tuple:
      return fmt::format("tuple<{}>", members(type));
    case fixed_list:
      return fmt::format("list<{}, {}>", value(def.element), def.length);
    case map:
      return fmt::format("map<{}, {}>", value(def.element), value(def.second));
    case list:
    case option:
      return fmt::format("{}<{}>", word, value(def.element));
    case stream:
    case future:
      return def.element ? fmt::format("{}<{}>", word, value(def.element)) : std::string(word);
    case result:
      if (!def.element && !def.second) return "result";
      if (!def.second) return fmt::format("result<{}>", value(def.element));
      return fmt::format("result<{}, {}>", part(def.element), value(def.second));
    case own:
    case borrow: {
      const auto named = names_.find(def.element);
      const std::string_view name =
          named == names_.end() ? std::string_view("resource") : named->second;
      // WIT writes an own handle as the resource itself.
      return def.value == own ? std::string(name) : fmt::format("borrow<{}>", name);
    }
    default:
      return std::string(word);
  }
}

std::string TypePrinter::func(TypeId type) const {
  const TypeDef& def = types_[type];
  std::string text = def.is_async ? "async func(" : "func(";
  bool first = true;
  for (const Member& param : types_.members(type)) {
    text += fmt::format("{}{}: {}", first ? "" : ", ", param.name, value(param.type));
    first = false;
    if (text.size() > kMaxText) return text + "…";
  }
  text += ")";
  if (def.element) text += " -> " + value(def.element);
  return text;
}

std::string TypePrinter::definition(TypeId type) const {
  switch (types_[type].kind) {
    case TypeKind::value:
      return structure(type);
    case TypeKind::resource:
      return "resource";
    case TypeKind::func:
      return func(type);
    case TypeKind::component:
      return "component";
    case TypeKind::instance:
      return "interface";
    case TypeKind::module:
      return "core module";
  }
  return "";
}

void ExternPrinter::print_type(const Extern& item, std::string_view interface,
                               const std::string& indent, std::string& text) {
  const TypeId type = item.entity.type;
  printer_.name(type, item.name);
  if (types_[type].kind != TypeKind::resource) {
    text += fmt::format("{}type {} = {}\n", indent, item.name, printer_.definition(type));
    return;
  }
  std::string here =
      interface.empty() ? std::string(item.name) : fmt::format("{}.{{{}}}", interface, item.name);
  const auto [origin, is_new] = origins_.emplace(types_[type].resource, std::move(here));
  if (is_new)
    text += fmt::format("{}resource {}\n", indent, item.name);
  else
    text += fmt::format("{}use {}\n", indent, origin->second);
}

void ExternPrinter::print(const Extern& item, std::string_view interface, const std::string& indent,
                          std::string& text) {
  const TypeId type = item.entity.type;
  switch (item.entity.sort) {
    case Sort::func:
      text += fmt::format("{}{}: {}\n", indent, item.name, printer_.func(type));
      break;
    case Sort::type:
      print_type(item, interface, indent, text);
      break;
    case Sort::instance:
      text += fmt::format("{}{}\n", indent, item.name);
      for (const Extern& inner : types_.instance(type).exports.items())
        print(inner, item.name, indent + "  ", text);
      break;
    case Sort::module: {
      const ModuleType& module = types_.module(type);
      text += fmt::format("{}{}: core module, {} imports, {} exports\n", indent, item.name,
                          module.imports.size(), module.exports.items().size());
      break;
    }
    case Sort::component: {
      const ComponentType& inner = types_.component(type);
      text += fmt::format("{}{}: component, {} imports, {} exports\n", indent, item.name,
                          inner.imports.size(), inner.exports.size());
      break;
    }
    case Sort::value:
      break;
  }
}

std::string ExternPrinter::print(const ExternMap& externs, const std::string& indent) {
  std::string text;
  for (const Extern& item : externs.items()) print(item, "", indent, text);
  return text;
}

}  // namespace reprise::component
