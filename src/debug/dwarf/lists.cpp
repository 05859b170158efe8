#include "debug/dwarf/lists.hpp"

#include "debug/dwarf/context.hpp"

namespace reprise::debug::dwarf {

namespace {

/// One entry of either kind of list, with its addresses made absolute.
struct ListEntry {
  AddressRange range{0, 0};
  Bytes expression;
  bool is_default = false;  // applies where no other entry does
};

/// Version 4: pairs of addresses; a pair of zeros ends the list, a pair that begins with the
/// largest address sets the base. `sized_expressions` is whether expressions follow.
class PairList {
 public:
  PairList(const Unit& unit, Bytes section, uint64_t offset)
      : cursor_(section, offset),
        size_(unit.params().address_size),
        largest_(size_ == 4 ? 0xffffffffu : ~uint64_t{0}),
        base_(unit.base_address()) {}

  bool next(ListEntry& out) {
    while (!cursor_.at_end()) {
      const uint64_t begin = cursor_.fixed(size_);
      const uint64_t end = cursor_.fixed(size_);
      if (!cursor_.ok() || (begin == 0 && end == 0)) return false;
      if (begin == largest_) {
        base_ = end;
        continue;
      }
      out = {{base_ + begin, base_ + end}, {}, false};
      return true;
    }
    return false;
  }
  Bytes expression() { return cursor_.bytes(cursor_.u16()); }

 private:
  Cursor cursor_;
  uint32_t size_;
  uint64_t largest_;
  uint64_t base_;
};

/// Version 5, shared by both lists, whose entry kinds differ by the default location alone.
class TypedList {
 public:
  TypedList(const Unit& unit, Bytes section, uint64_t offset)
      : unit_(unit), cursor_(section, offset), base_(unit.base_address()) {}

  bool next_range(ListEntry& out) {
    while (!cursor_.at_end()) {
      const uint8_t kind = cursor_.u8();
      switch (static_cast<RangeEntry>(kind)) {
        case RangeEntry::end_of_list:
          return false;
        case RangeEntry::base_addressx:
          base_ = indexed();
          break;
        case RangeEntry::base_address:
          base_ = address();
          break;
        default:
          return bounds(static_cast<RangeEntry>(kind), out);
      }
    }
    return false;
  }

  bool next_location(ListEntry& out) {
    while (!cursor_.at_end()) {
      const auto kind = static_cast<LocationEntry>(cursor_.u8());
      switch (kind) {
        case LocationEntry::end_of_list:
          return false;
        case LocationEntry::base_addressx:
          base_ = indexed();
          continue;
        case LocationEntry::base_address:
          base_ = address();
          continue;
        case LocationEntry::default_location:
          out = {};
          out.is_default = true;
          break;
        case LocationEntry::start_end:
          if (!bounds(RangeEntry::start_end, out)) return false;
          break;
        case LocationEntry::start_length:
          if (!bounds(RangeEntry::start_length, out)) return false;
          break;
        default:
          if (!bounds(static_cast<RangeEntry>(kind), out)) return false;
      }
      out.expression = cursor_.bytes(cursor_.uleb());
      return cursor_.ok();
    }
    return false;
  }

 private:
  uint64_t address() { return cursor_.fixed(unit_.params().address_size); }
  uint64_t indexed() {
    auto found = unit_.indexed_address(cursor_.uleb());
    if (!found) cursor_.fail();
    return found.value_or(0);
  }
  bool bounds(RangeEntry kind, ListEntry& out) {
    out = {};
    switch (kind) {
      case RangeEntry::startx_endx:
        out.range.begin = indexed();
        out.range.end = indexed();
        break;
      case RangeEntry::startx_length:
        out.range.begin = indexed();
        out.range.end = out.range.begin + cursor_.uleb();
        break;
      case RangeEntry::offset_pair:
        out.range.begin = base_ + cursor_.uleb();
        out.range.end = base_ + cursor_.uleb();
        break;
      case RangeEntry::start_end:
        out.range.begin = address();
        out.range.end = address();
        break;
      case RangeEntry::start_length:
        out.range.begin = address();
        out.range.end = out.range.begin + cursor_.uleb();
        break;
      default:
        return false;
    }
    return cursor_.ok();
  }

  const Unit& unit_;
  Cursor cursor_;
  uint64_t base_;
};

/// Where the list is: an offset, or an index in the table of offsets at the unit's base.
std::optional<uint64_t> list_offset(const Unit& unit, const FormValue& value, Form indexed_form,
                                    Bytes section, uint64_t base) {
  if (value.form != indexed_form) return value.number;
  const uint32_t size = unit.params().offset_size;
  if (value.number > section.size()) return std::nullopt;
  Cursor table(section, base + value.number * size);
  const uint64_t offset = table.fixed(size);
  return table.ok() ? std::optional(base + offset) : std::nullopt;
}

bool spend(uint32_t& budget) {
  return budget > 0 && budget-- > 0;
}

}  // namespace

std::vector<AddressRange> read_ranges(const Unit& unit, const FormValue& value, uint32_t& budget) {
  std::vector<AddressRange> out;
  const DebugSections& sections = unit.context().sections();
  auto take = [&](const ListEntry& entry) {
    if (entry.range.begin < entry.range.end) out.push_back(entry.range);
  };
  ListEntry entry;
  if (unit.params().version < 5) {
    PairList list(unit, sections.ranges, value.number);
    while (spend(budget) && list.next(entry)) take(entry);
    return out;
  }
  auto offset = list_offset(unit, value, Form::rnglistx, sections.rnglists, unit.rnglists_base());
  if (!offset) return out;
  TypedList list(unit, sections.rnglists, *offset);
  while (spend(budget) && list.next_range(entry)) take(entry);
  return out;
}

std::optional<Bytes> find_location(const Unit& unit, const FormValue& value, uint64_t address,
                                   uint32_t& budget) {
  const DebugSections& sections = unit.context().sections();
  ListEntry entry;
  if (unit.params().version < 5) {
    PairList list(unit, sections.loc, value.number);
    while (spend(budget) && list.next(entry)) {
      const Bytes expression = list.expression();
      if (entry.range.contains(address)) return expression;
    }
    return std::nullopt;
  }
  auto offset = list_offset(unit, value, Form::loclistx, sections.loclists, unit.loclists_base());
  if (!offset) return std::nullopt;
  std::optional<Bytes> fallback;
  TypedList list(unit, sections.loclists, *offset);
  while (spend(budget) && list.next_location(entry)) {
    if (entry.is_default) fallback = entry.expression;
    if (entry.range.contains(address)) return entry.expression;
  }
  return fallback;
}

}  // namespace reprise::debug::dwarf
