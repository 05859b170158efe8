#include "debug/dwarf/scopes.hpp"

namespace reprise::debug::dwarf {

std::vector<Die> scopes_at(const Unit& unit, uint64_t address) {
  Die function = unit.function_at(address);
  if (!function) return {};
  // Deeper than this is no program, and every scope is work for those who ask.
  constexpr size_t kMaxScopes = 256;
  std::vector<Die> scopes{function};
  uint32_t budget = unit.list_budget();
  Die die = function.first_child();
  while (die && scopes.size() < kMaxScopes) {
    const Tag tag = die.tag();
    const bool is_scope = tag == Tag::lexical_block || tag == Tag::inlined_subroutine;
    if (is_scope && die.covers(address, budget)) {
      scopes.push_back(die);
      die = die.first_child();
    } else {
      die = die.next_sibling();
    }
  }
  return scopes;
}

}  // namespace reprise::debug::dwarf
