#include "debug/dwarf/variables.hpp"

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/location.hpp"
#include "debug/dwarf/names.hpp"
#include "debug/dwarf/scopes.hpp"
#include "debug/dwarf/type.hpp"

namespace reprise::debug {

using dwarf::At;
using dwarf::Die;
using dwarf::Tag;
using dwarf::Unit;

namespace {

constexpr size_t kMaxVariables = 4096;

void add_variable(std::vector<Variable>& out, Die entry, Die function, uint64_t address,
                  uint32_t depth) {
  const Tag tag = entry.tag();
  if (tag != Tag::variable && tag != Tag::formal_parameter) return;
  const std::string_view name = entry.name();
  if (name.empty() || entry.flag(At::declaration)) return;
  const auto kind =
      tag == Tag::formal_parameter ? Variable::Kind::parameter : Variable::Kind::local;
  out.push_back(
      {std::string(name), dwarf::type_name(entry.type()), kind, depth, entry, function, address});
}

/// The scopes of one source frame, as a part of scopes_at: from a function or inlined function up
/// to the next one inside.
struct ScopeRange {
  size_t begin;
  size_t end;
};

ScopeRange scopes_of_frame(const std::vector<Die>& scopes, size_t frame) {
  size_t end = scopes.size();
  for (size_t i = scopes.size(); i-- > 0;) {
    if (scopes[i].tag() == Tag::lexical_block) continue;
    if (frame-- == 0) return {i, end};
    end = i;
  }
  return {0, 0};
}

}  // namespace

Result<Value> Variable::read(const FrameState& frame) const {
  return dwarf::locate(entry, {&entry.unit(), function, address, &frame});
}

std::vector<Variable> variables_at(const DebugInfo& info, uint64_t offset, size_t frame) {
  if (offset < info.code_begin()) return {};
  const uint64_t address = offset - info.code_begin();
  const Unit* unit = info.context().unit_at(address);
  if (!unit) return {};
  const std::vector<Die> scopes = dwarf::scopes_at(*unit, address);
  const ScopeRange range = scopes_of_frame(scopes, frame);
  std::vector<Variable> out;
  for (size_t i = range.end; i-- > range.begin;) {
    const auto depth = static_cast<uint32_t>(range.end - 1 - i);
    for (Die child = scopes[i].first_child(); child && out.size() < kMaxVariables;
         child = child.next_sibling())
      add_variable(out, child, scopes.front(), address, depth);
  }
  return out;
}

namespace {

/// Variables of a unit that are in no function: those that have a place or a value.
void add_globals(std::vector<Variable>& out, const Unit& unit) {
  const auto& entries = unit.entries();
  for (uint32_t i = 1; i < entries.size() && out.size() < kMaxVariables;) {
    const Die die(&unit, i);
    const Tag tag = die.tag();
    const bool has_value = die.own(At::location) || die.own(At::const_value);
    if (tag == Tag::variable && has_value && !die.name().empty() && !dwarf::is_dropped(die))
      out.push_back({dwarf::qualified_name(die),
                     dwarf::type_name(die.type()),
                     Variable::Kind::global,
                     0,
                     die,
                     {},
                     0});
    // Into namespaces only.
    i = tag == Tag::namespace_ ? i + 1 : entries[i].end;
  }
}

}  // namespace

std::vector<Variable> globals_at(const DebugInfo& info, uint64_t offset) {
  std::vector<Variable> out;
  const Unit* unit =
      offset < info.code_begin() ? nullptr : info.context().unit_at(offset - info.code_begin());
  if (unit) {
    add_globals(out, *unit);
  } else {
    for (const auto& each : info.context().units()) add_globals(out, *each);
  }
  return out;
}

}  // namespace reprise::debug
