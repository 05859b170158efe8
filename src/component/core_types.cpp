#include "component/core_types.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include "component/errors.hpp"

namespace reprise::component {
namespace {

bool limits_match(const wasm::Limits& actual, const wasm::Limits& expected) {
  if (actual.minimum < expected.minimum) return false;
  if (!expected.maximum) return true;
  return actual.maximum && *actual.maximum <= *expected.maximum;
}

std::string limits_text(const wasm::Limits& limits) {
  return limits.maximum ? fmt::format("{} {}", limits.minimum, *limits.maximum)
                        : fmt::format("{}", limits.minimum);
}

std::string func_text(const wasm::FuncType& type) {
  std::string text = "(func";
  auto list = [&](std::string_view word, const std::vector<wasm::ValueType>& types) {
    if (types.empty()) return;
    text += fmt::format(" ({}", word);
    for (wasm::ValueType t : types) text += " " + wasm::to_string(t);
    text += ")";
  };
  list("param", type.parameters);
  list("result", type.results);
  return text + ")";
}

struct Matcher {
  const wasm::TypeRegistry& registry;
  const CoreExternType& expected;

  Result<void> operator()(const wasm::TypeId& actual) const {
    const auto& wanted = std::get<wasm::TypeId>(expected);
    if (registry.matches(actual, wanted)) return ok();
    return invalid(fmt::format("expected: {}, found: {}", to_string(registry, expected),
                               to_string(registry, actual)));
  }

  Result<void> operator()(const wasm::TableType& actual) const {
    const auto& wanted = std::get<wasm::TableType>(expected);
    if (!(actual.element == wanted.element)) {
      return invalid(fmt::format("expected table element type {}, found {}",
                                 wasm::to_string(wanted.element), wasm::to_string(actual.element)));
    }
    if (actual.is_64 != wanted.is_64) return invalid("mismatch in index type used for tables");
    if (!limits_match(actual.limits, wanted.limits)) return invalid("mismatch in table limits");
    return ok();
  }

  Result<void> operator()(const wasm::MemoryType& actual) const {
    const auto& wanted = std::get<wasm::MemoryType>(expected);
    if (actual.is_shared != wanted.is_shared)
      return invalid("mismatch in the shared flag for memories");
    if (actual.is_64 != wanted.is_64) return invalid("mismatch in index type used for memories");
    if (!limits_match(actual.limits, wanted.limits)) return invalid("mismatch in memory limits");
    return ok();
  }

  Result<void> operator()(const wasm::GlobalType& actual) const {
    const auto& wanted = std::get<wasm::GlobalType>(expected);
    if (actual.is_mutable != wanted.is_mutable) return invalid("global types differ in mutability");
    if (!registry.matches(actual, wanted)) {
      return invalid(fmt::format("expected global type {}, found {}", wasm::to_string(wanted.value),
                                 wasm::to_string(actual.value)));
    }
    return ok();
  }

  Result<void> operator()(const wasm::TagType& actual) const {
    if (actual.type == std::get<wasm::TagType>(expected).type) return ok();
    return invalid(fmt::format("expected: {}, found: {}", to_string(registry, expected),
                               to_string(registry, actual)));
  }
};

CoreExternType type_at(const wasm::Module& module, wasm::ExternKind kind, uint32_t index) {
  switch (kind) {
    case wasm::ExternKind::function:
      return module.functions[index].type;
    case wasm::ExternKind::table:
      return module.tables[index].type;
    case wasm::ExternKind::memory:
      return module.memories[index];
    case wasm::ExternKind::global:
      return module.globals[index].type;
    case wasm::ExternKind::tag:
      return module.tags[index];
  }
  return wasm::TypeId();
}

/// The two names of an import as one that no other pair has.
std::string joined(std::string_view module, std::string_view name) {
  return fmt::format("{}:{}{}", module.size(), module, name);
}

}  // namespace

std::string_view word_of(wasm::ExternKind kind) {
  return kind == wasm::ExternKind::function ? "func" : wasm::to_string(kind);
}

const CoreExport* CoreExports::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &items_[found->second];
}

bool CoreExports::add(CoreExport item) {
  if (!index_.emplace(item.name, static_cast<uint32_t>(items_.size())).second) return false;
  items_.push_back(item);
  return true;
}

CoreExternType export_type(const wasm::Module& module, const wasm::Export& item) {
  return type_at(module, item.kind, item.index);
}

CoreExternType import_type(const wasm::Module& module, const wasm::Import& item) {
  return type_at(module, item.kind, item.index);
}

Result<void> check_distinct_imports(const ModuleType& type) {
  std::unordered_set<std::string> names;
  for (const CoreImport& import : type.imports) {
    if (!names.insert(joined(import.module, import.name)).second)
      return invalid(fmt::format("duplicate import name `{}:{}`", import.module, import.name));
  }
  return ok();
}

Result<ModuleType> module_type_of(const wasm::Module& module) {
  ModuleType type;
  type.imports.reserve(module.imports.size());
  for (const wasm::Import& import : module.imports)
    type.imports.push_back({import.module, import.name, import_type(module, import)});
  for (const wasm::Export& item : module.exports)
    type.exports.add({item.name, export_type(module, item)});
  REPRISE_TRY(check_distinct_imports(type));
  return type;
}

Result<void> match_core(const wasm::TypeRegistry& registry, const CoreExternType& actual,
                        const CoreExternType& expected) {
  if (actual.index() != expected.index()) {
    return invalid(
        fmt::format("expected {}, found {}", word_of(kind_of(expected)), word_of(kind_of(actual))));
  }
  return std::visit(Matcher{registry, expected}, actual);
}

Result<void> match_modules(const wasm::TypeRegistry& registry, const ModuleType& actual,
                           const ModuleType& expected) {
  // Imports are contravariant: the module may import less than was announced.
  std::unordered_map<std::string, const CoreExternType*> announced;
  for (const CoreImport& import : expected.imports)
    announced.emplace(joined(import.module, import.name), &import.type);
  for (const CoreImport& import : actual.imports) {
    const std::string where = fmt::format("`{}::{}`", import.module, import.name);
    const auto found = announced.find(joined(import.module, import.name));
    if (found == announced.end()) return invalid("missing expected import " + where);
    auto matched = match_core(registry, *found->second, import.type);
    if (!matched)
      return invalid(fmt::format("type mismatch in import {}: {}", where, matched.error().message));
  }
  for (const CoreExport& wanted : expected.exports.items()) {
    const CoreExport* found = actual.exports.find(wanted.name);
    if (!found) return invalid(fmt::format("missing expected export `{}`", wanted.name));
    auto matched = match_core(registry, found->type, wanted.type);
    if (!matched) {
      return invalid(
          fmt::format("type mismatch in export `{}`: {}", wanted.name, matched.error().message));
    }
  }
  return ok();
}

std::string to_string(const wasm::TypeRegistry& registry, const CoreExternType& type) {
  struct Printer {
    const wasm::TypeRegistry& registry;
    std::string operator()(const wasm::TypeId& id) const {
      const wasm::FuncType* func = registry.func(id);
      return func ? func_text(*func) : "(type)";
    }
    std::string operator()(const wasm::TableType& t) const {
      return fmt::format("(table {}{} {})", t.is_64 ? "i64 " : "", limits_text(t.limits),
                         wasm::to_string(t.element));
    }
    std::string operator()(const wasm::MemoryType& t) const {
      return fmt::format("(memory {}{}{})", t.is_64 ? "i64 " : "", limits_text(t.limits),
                         t.is_shared ? " shared" : "");
    }
    std::string operator()(const wasm::GlobalType& t) const {
      return t.is_mutable ? fmt::format("(global (mut {}))", wasm::to_string(t.value))
                          : fmt::format("(global {})", wasm::to_string(t.value));
    }
    std::string operator()(const wasm::TagType& t) const {
      std::string func = (*this)(t.type);
      return "(tag" + func.substr(std::string_view("(func").size());
    }
  };
  return std::visit(Printer{registry}, type);
}

}  // namespace reprise::component
