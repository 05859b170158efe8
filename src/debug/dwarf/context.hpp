// All debug information of one module: its units, and what several of them share.
//
// Opening reads unit headers and root entries only. Everything else is read when first asked for
// and kept; all of it is safe to ask for from several threads. What makes no sense is left out and
// reported in problems(): a module with damaged debug information still runs and still traps with
// what can be said about it.
//
// Work is bounded by the file. Structures that many units may point at (abbreviations, line
// programs, range lists) are read once for each place they start at, and the bytes read in all may
// not exceed a small multiple of the section, which separate tables never reach and overlapping
// ones do. LLVM's parser, which could have been used here, has no such bounds: thirty bytes of line
// table header can make it ask for all memory there is.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "debug/dwarf/line_table.hpp"
#include "debug/dwarf/sections.hpp"
#include "debug/dwarf/unit.hpp"

namespace reprise::debug::dwarf {

class Context {
 public:
  /// `owner` keeps the bytes of `sections` alive.
  Context(const DebugSections& sections, std::shared_ptr<const void> owner);

  const DebugSections& sections() const { return sections_; }
  /// Code that isn't in the module (the linker drops functions and leaves their debug information
  /// behind, at address 0 or at the largest ones) is no code.
  bool is_code(const AddressRange& range) const {
    return range.begin > 0 && range.begin < range.end && range.end <= sections_.code.size();
  }

  std::span<const std::unique_ptr<Unit>> units() const { return units_; }
  /// The unit that holds the code at `address`; null if none does.
  const Unit* unit_at(uint64_t address) const;
  /// The entry at an offset of .debug_info, in whichever unit.
  Die at_offset(uint64_t offset) const;
  Die type_by_signature(uint64_t signature) const;
  /// A type that is only declared in one unit may be defined in another, by the same full name.
  Die definition_of(Die declaration) const;

  std::shared_ptr<const AbbrevTable> abbrevs(uint64_t offset) const;
  /// The unit's line table; an empty one if it has none.
  std::shared_ptr<const LineTable> lines(const Unit& unit) const;

  /// Notes something malformed; the first few are kept.
  void report(std::string_view what, uint64_t offset) const;
  std::vector<std::string> problems() const;

 private:
  struct UnitRange {
    AddressRange range;
    const Unit* unit;
  };
  void read_units();
  void index_definitions() const;
  void index_units();

  DebugSections sections_;
  std::shared_ptr<const void> owner_;
  std::vector<std::unique_ptr<Unit>> units_;  // by offset
  std::vector<UnitRange> ranges_;             // by address

  mutable std::once_flag definitions_once_;
  mutable std::map<std::string, Die, std::less<>> definitions_;

  mutable std::mutex mutex_;  // of what follows
  mutable std::map<uint64_t, std::shared_ptr<const AbbrevTable>> abbrevs_;
  mutable std::map<uint64_t, std::shared_ptr<const LineTable>> lines_;
  mutable uint64_t abbrev_bytes_left_;
  mutable uint64_t line_bytes_left_;
  mutable std::vector<std::string> problems_;
};

}  // namespace reprise::debug::dwarf
