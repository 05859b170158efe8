// The stable names under which traps stand in traces: the enumerators of TrapKind themselves.

#pragma once

#include <optional>
#include <string_view>

#include "reprise/trap.hpp"

namespace reprise::replay {

std::string_view name_of(TrapKind kind);
std::optional<TrapKind> trap_kind_named(std::string_view name);

}  // namespace reprise::replay
