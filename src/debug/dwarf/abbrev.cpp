#include "debug/dwarf/abbrev.hpp"

#include <algorithm>

#include "debug/dwarf/cursor.hpp"

namespace reprise::debug::dwarf {

AbbrevTable AbbrevTable::parse(Bytes section, uint64_t offset, uint64_t& bytes_read) {
  AbbrevTable table;
  Cursor cursor(section, offset);
  while (!cursor.at_end()) {
    Abbrev abbrev{};
    abbrev.code = cursor.uleb();
    if (abbrev.code == 0) break;
    abbrev.tag = static_cast<Tag>(cursor.uleb());
    abbrev.has_children = cursor.u8() != 0;
    abbrev.first = static_cast<uint32_t>(table.attributes_.size());
    while (!cursor.at_end()) {
      const uint64_t at = cursor.uleb();
      const uint64_t form = cursor.uleb();
      if (at == 0 && form == 0) break;
      AttributeSpec spec{static_cast<At>(at), static_cast<Form>(form), 0};
      if (spec.form == Form::implicit_const) spec.implicit_const = cursor.sleb();
      table.attributes_.push_back(spec);
    }
    if (!cursor.ok()) break;
    abbrev.count = static_cast<uint32_t>(table.attributes_.size()) - abbrev.first;
    table.abbrevs_.push_back(abbrev);
  }
  bytes_read = cursor.offset() - std::min(cursor.offset(), offset);
  std::ranges::sort(table.abbrevs_, {}, [](const Abbrev& a) { return std::pair(a.code, a.first); });
  return table;
}

const Abbrev* AbbrevTable::find(uint64_t code) const {
  // Producers number from 1 without gaps.
  if (code - 1 < abbrevs_.size() && abbrevs_[code - 1].code == code) return &abbrevs_[code - 1];
  auto found = std::ranges::lower_bound(abbrevs_, code, {}, &Abbrev::code);
  return found != abbrevs_.end() && found->code == code ? &*found : nullptr;
}

}  // namespace reprise::debug::dwarf
