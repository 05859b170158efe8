// Names in a component, from the inside out. A component and the type of a component or an instance
// each have index spaces of their own; a name of an enclosing one may be used where the model
// allows an outer alias, and then that alias is written where the name is first used (component
// model: design/mvp/Explainer.md §Alias Definitions).

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "reprise/result.hpp"
#include "text/component_encoder.hpp"
#include "text/cursor.hpp"

namespace reprise::text {

/// Components, types and values nest no deeper than this.
inline constexpr uint32_t kMaxComponentDepth = 100;

struct ComponentScope {
  ScopeEncoder* encoder = nullptr;
  /// Set where the scope is a component and not the type of one.
  ComponentEncoder* component = nullptr;
  TypeScopeEncoder* type_scope = nullptr;
  std::optional<std::string> id;
  ComponentScope* parent = nullptr;

  /// Exports that stand within definitions. They are written at the end of the component, so that
  /// the indices which they take come after all that numbers in the text may mean.
  std::vector<InstanceExport> inline_exports;

  using Names = std::unordered_map<std::string, uint32_t>;
  std::array<Names, kSortCount> names;
  /// Aliases that were written for names of enclosing scopes.
  std::array<Names, kSortCount> outer;

  Result<void> bind(const Cursor& cursor, Sort sort, const std::optional<Token>& id,
                    uint32_t index);
  /// The index at the cursor, a number or a name.
  Result<uint32_t> resolve(Cursor& cursor, Sort sort);
  /// How far out the scope at the cursor is, a number or a name.
  Result<uint32_t> resolve_level(Cursor& cursor) const;
  /// The index of something in the scope `level` further out.
  Result<uint32_t> resolve_at(Cursor& cursor, Sort sort, uint32_t level) const;
};

/// "core func", "type": for errors.
std::string sort_name(Sort sort);

}  // namespace reprise::text
