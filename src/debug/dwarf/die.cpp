// What an entry says, including what it says by way of the entries it refers to.

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/unit.hpp"

namespace reprise::debug::dwarf {

namespace {

/// A concrete function refers to its abstract one, that to its declaration: three steps. Circles
/// end here.
constexpr int kMaxHops = 8;

const Entry& entry_of(const Die& die) {
  return die.unit().entries()[die.index()];
}

Die referred(const Unit& unit, const FormValue& value) {
  switch (value.form) {
    case Form::ref1:
    case Form::ref2:
    case Form::ref4:
    case Form::ref8:
    case Form::ref_udata:
      if (value.number > unit.end()) return {};
      return unit.at_offset(unit.begin() + value.number);
    case Form::ref_addr:
      return unit.context().at_offset(value.number);
    case Form::ref_sig8:
      return unit.context().type_by_signature(value.number);
    default:
      return {};
  }
}

}  // namespace

uint32_t Die::offset() const {
  return entry_of(*this).offset;
}

Tag Die::tag() const {
  return unit_ ? unit_->abbrevs().at(entry_of(*this).abbrev).tag : Tag::none;
}

Die Die::parent() const {
  const uint32_t parent = entry_of(*this).parent;
  return parent == kNoEntry ? Die() : Die(unit_, parent);
}

Die Die::first_child() const {
  return entry_of(*this).end > index_ + 1 ? Die(unit_, index_ + 1) : Die();
}

Die Die::next_sibling() const {
  const Entry& entry = entry_of(*this);
  if (entry.parent == kNoEntry) return {};
  return entry.end < unit_->entries()[entry.parent].end ? Die(unit_, entry.end) : Die();
}

std::optional<FormValue> Die::own(At at) const {
  return unit_ ? unit_->attribute(entry_of(*this), at) : std::nullopt;
}

Die Die::reference(At at) const {
  Die die = *this;
  for (int hop = 0; die && hop < kMaxHops; ++hop) {
    if (auto value = die.own(at)) return referred(*die.unit_, *value);
    if (at == At::abstract_origin || at == At::specification) return {};
    Die origin = die.reference(At::abstract_origin);
    die = origin ? origin : die.reference(At::specification);
  }
  return {};
}

namespace {

/// The entry that has the attribute: this one, or one that it completes.
Die holder(Die die, At at) {
  for (int hop = 0; die && hop < kMaxHops; ++hop) {
    if (die.own(at)) return die;
    Die origin = die.reference(At::abstract_origin);
    die = origin ? origin : die.reference(At::specification);
  }
  return {};
}

}  // namespace

std::optional<FormValue> Die::find(At at) const {
  Die die = holder(*this, at);
  return die ? die.own(at) : std::nullopt;
}

std::string_view Die::text(At at) const {
  // A text's form may count from bases of the unit it stands in.
  Die die = holder(*this, at);
  return die ? die.unit().text(*die.own(at)) : std::string_view{};
}

std::optional<uint64_t> Die::number(At at) const {
  auto value = find(at);
  return value && value->is_constant() ? std::optional(value->number) : std::nullopt;
}

bool Die::flag(At at) const {
  auto value = own(at);
  return value && value->number != 0;
}

std::vector<AddressRange> Die::ranges(uint32_t& budget) const {
  if (!unit_) return {};
  auto list = own(At::ranges);
  auto low = own(At::low_pc);
  if (!list && !low) return {};
  return unit_->ranges_of(low, own(At::high_pc), list, budget);
}

bool Die::covers(uint64_t address, uint32_t& budget) const {
  for (const AddressRange& range : ranges(budget))
    if (range.contains(address)) return true;
  return false;
}

}  // namespace reprise::debug::dwarf
