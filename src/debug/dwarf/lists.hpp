// Range lists and location lists (spec: DWARF 5 §2.17.3, §2.6.2; the version 4 forms of both).

#pragma once

#include <optional>
#include <vector>

#include "debug/dwarf/unit.hpp"

namespace reprise::debug::dwarf {

/// The ranges of a DW_AT_ranges value.
std::vector<AddressRange> read_ranges(const Unit& unit, const FormValue& value, uint32_t& budget);

/// The location expression that a location list gives for `address`; none where the thing described
/// is nowhere to be found.
std::optional<Bytes> find_location(const Unit& unit, const FormValue& value, uint64_t address,
                                   uint32_t& budget);

}  // namespace reprise::debug::dwarf
