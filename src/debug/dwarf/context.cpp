#include "debug/dwarf/context.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "debug/dwarf/names.hpp"
#include "debug/dwarf/type.hpp"

namespace reprise::debug::dwarf {

namespace {

constexpr size_t kMaxProblems = 32;
/// Tables that do not overlap come to at most 1.
constexpr uint64_t kMaxReadsOfSection = 4;

}  // namespace

Context::Context(const DebugSections& sections, std::shared_ptr<const void> owner)
    : sections_(sections),
      owner_(std::move(owner)),
      abbrev_bytes_left_(kMaxReadsOfSection * sections.abbrev.size()),
      line_bytes_left_(kMaxReadsOfSection * sections.line.size()) {
  read_units();
  index_units();
}

void Context::read_units() {
  Cursor cursor(sections_.info);
  while (!cursor.at_end()) {
    const uint64_t offset = cursor.offset();
    if (auto unit = Unit::parse(*this, cursor))
      units_.push_back(std::move(unit));
    else
      report("a unit's header makes no sense", offset);
  }
}

void Context::index_units() {
  auto budget = static_cast<uint32_t>(
      std::min<uint64_t>(sections_.ranges.size() + sections_.rnglists.size(), 0xffffffff));
  for (const auto& unit : units_) {
    std::vector<AddressRange> ranges = unit->root_ranges(budget);
    if (ranges.empty() && !unit->root_attribute(At::ranges) && !unit->root_attribute(At::high_pc))
      for (const FunctionRange& function : unit->functions()) ranges.push_back(function.range);
    for (const AddressRange& range : ranges)
      if (is_code(range)) ranges_.push_back({range, unit.get()});
  }
  std::ranges::sort(ranges_, {},
                    [](const UnitRange& r) { return std::pair(r.range.begin, r.unit->begin()); });
}

const Unit* Context::unit_at(uint64_t address) const {
  auto after = std::ranges::upper_bound(ranges_, address, {},
                                        [](const UnitRange& r) { return r.range.begin; });
  if (after == ranges_.begin()) return nullptr;
  const UnitRange& candidate = *std::prev(after);
  return candidate.range.contains(address) ? candidate.unit : nullptr;
}

Die Context::at_offset(uint64_t offset) const {
  auto after =
      std::ranges::upper_bound(units_, offset, {}, [](const auto& unit) { return unit->begin(); });
  if (after == units_.begin()) return {};
  const Unit& unit = **std::prev(after);
  return offset < unit.end() ? unit.at_offset(offset) : Die();
}

Die Context::type_by_signature(uint64_t signature) const {
  for (const auto& unit : units_)
    if (unit->type_signature() == signature) return unit->at_offset(unit->type_offset());
  return {};
}

Die Context::definition_of(Die declaration) const {
  std::call_once(definitions_once_, [this] { index_definitions(); });
  auto found = definitions_.find(qualified_name(declaration));
  return found == definitions_.end() ? Die() : found->second;
}

void Context::index_definitions() const {
  for (const auto& unit : units_) {
    for (uint32_t i = 0; i < unit->entries().size(); ++i) {
      const Die die(unit.get(), i);
      if (is_record(die.tag()) && !die.name().empty() && !die.flag(At::declaration))
        definitions_.try_emplace(qualified_name(die), die);
    }
  }
}

std::shared_ptr<const AbbrevTable> Context::abbrevs(uint64_t offset) const {
  std::lock_guard lock(mutex_);
  auto& table = abbrevs_[offset];
  if (table) return table;
  Bytes section = sections_.abbrev;
  if (section.size() > abbrev_bytes_left_) section = section.first(abbrev_bytes_left_);
  uint64_t bytes_read = 0;
  table = std::make_shared<const AbbrevTable>(AbbrevTable::parse(section, offset, bytes_read));
  abbrev_bytes_left_ -= bytes_read;
  return table;
}

std::shared_ptr<const LineTable> Context::lines(const Unit& unit) const {
  if (!unit.line_offset()) return std::make_shared<const LineTable>();
  const uint64_t offset = *unit.line_offset();
  {
    std::lock_guard lock(mutex_);
    if (auto found = lines_.find(offset); found != lines_.end()) return found->second;
    if (line_bytes_left_ == 0) return std::make_shared<const LineTable>();
  }
  // Without the lock: reading it may report. Two threads may read the same one; the first is kept.
  auto table = std::make_shared<const LineTable>(LineTable::parse(unit, offset));
  std::lock_guard lock(mutex_);
  auto [place, is_new] = lines_.emplace(offset, table);
  if (is_new) line_bytes_left_ -= std::min(line_bytes_left_, table->size());
  return place->second;
}

void Context::report(std::string_view what, uint64_t offset) const {
  std::lock_guard lock(mutex_);
  if (problems_.size() < kMaxProblems)
    problems_.push_back(
        fmt::format("debug information: {} (at 0x{:x} of its section)", what, offset));
}

std::vector<std::string> Context::problems() const {
  std::lock_guard lock(mutex_);
  return problems_;
}

}  // namespace reprise::debug::dwarf
