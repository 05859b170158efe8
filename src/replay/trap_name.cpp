#include "replay/trap_name.hpp"

namespace reprise::replay {

namespace {
constexpr std::string_view kNames[] = {
#define REPRISE_TRAP(name, text) #name,
#include "reprise/traps.def"
#undef REPRISE_TRAP
};
}  // namespace

std::string_view name_of(TrapKind kind) {
  return kNames[static_cast<size_t>(kind)];
}

std::optional<TrapKind> trap_kind_named(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return static_cast<TrapKind>(i);
  return std::nullopt;
}

}  // namespace reprise::replay
