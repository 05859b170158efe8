// Which scopes of the source an address is in: the function, and the blocks and inlined functions
// in it, one inside the other.

#pragma once

#include <vector>

#include "debug/dwarf/unit.hpp"

namespace reprise::debug::dwarf {

/// Outermost (the function) first; empty if the unit has no function there.
std::vector<Die> scopes_at(const Unit& unit, uint64_t address);

}  // namespace reprise::debug::dwarf
