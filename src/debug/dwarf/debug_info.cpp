#include "debug/dwarf/debug_info.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/names.hpp"
#include "debug/dwarf/scopes.hpp"

namespace reprise::debug {

using dwarf::At;
using dwarf::Die;
using dwarf::LineRow;
using dwarf::LineSequence;
using dwarf::LineTable;
using dwarf::Tag;
using dwarf::Unit;

DebugInfo::DebugInfo(std::unique_ptr<const dwarf::Context> context, uint64_t code_begin)
    : context_(std::move(context)), code_begin_(code_begin) {}

DebugInfo::~DebugInfo() = default;

Result<std::shared_ptr<const DebugInfo>> DebugInfo::open(Bytes module,
                                                         std::shared_ptr<const void> owner) {
  REPRISE_ASSIGN(DebugSections sections, find_debug_sections(module));
  auto context = std::make_unique<const dwarf::Context>(sections, std::move(owner));
  return std::shared_ptr<const DebugInfo>(new DebugInfo(std::move(context), sections.code_begin));
}

Result<std::shared_ptr<const DebugInfo>> DebugInfo::open_separate(
    Bytes module, Bytes symbol_file, std::shared_ptr<const void> symbol_owner) {
  REPRISE_ASSIGN(const DebugSections code, find_debug_sections(module));
  REPRISE_ASSIGN(DebugSections symbols, find_debug_sections(symbol_file));
  // Addresses count from the Code section's content; where that is, the module that runs says. The
  // symbol file may have no Code section at all.
  symbols.code_begin = code.code_begin;
  symbols.code = code.code;
  auto context = std::make_unique<const dwarf::Context>(symbols, std::move(symbol_owner));
  return std::shared_ptr<const DebugInfo>(new DebugInfo(std::move(context), code.code_begin));
}

bool DebugInfo::has_debug_info() const {
  return !context_->units().empty();
}

std::vector<std::string> DebugInfo::problems() const {
  return context_->problems();
}

namespace {

SourceLocation location_of(const LineTable& lines, const LineRow& row) {
  return {lines.path(row.file), row.line, row.column};
}

SourceLocation call_site(const LineTable& lines, Die inlined) {
  auto number = [&](At at) {
    auto value = inlined.own(at);
    return value && value->is_constant() ? value->number : 0;
  };
  return {lines.path(number(At::call_file)), static_cast<uint32_t>(number(At::call_line)),
          static_cast<uint32_t>(number(At::call_column))};
}

}  // namespace

std::optional<SourceLocation> DebugInfo::line_at(uint64_t offset) const {
  if (offset < code_begin_) return std::nullopt;
  const Unit* unit = context_->unit_at(offset - code_begin_);
  if (!unit) return std::nullopt;
  const auto lines = context_->lines(*unit);
  const LineRow* row = lines->row_at(offset - code_begin_);
  if (!row || row->line == 0) return std::nullopt;
  return location_of(*lines, *row);
}

std::vector<SourceFrame> DebugInfo::frames_at(uint64_t offset) const {
  if (offset < code_begin_) return {};
  const uint64_t address = offset - code_begin_;
  const Unit* unit = context_->unit_at(address);
  if (!unit) return {};
  const auto lines = context_->lines(*unit);
  SourceLocation location;
  if (const LineRow* row = lines->row_at(address)) location = location_of(*lines, *row);

  std::vector<SourceFrame> frames;
  const std::vector<Die> scopes = dwarf::scopes_at(*unit, address);
  for (size_t i = scopes.size(); i-- > 0;) {
    const Tag tag = scopes[i].tag();
    if (tag != Tag::inlined_subroutine && tag != Tag::subprogram) continue;
    const bool is_inlined = tag == Tag::inlined_subroutine;
    frames.push_back({dwarf::qualified_name(scopes[i]), location, is_inlined});
    if (is_inlined) location = call_site(*lines, scopes[i]);
  }
  if (frames.empty() && location.line != 0) frames.push_back({{}, location, false});
  return frames;
}

namespace {

/// Whether `path` is what a person means by `wanted`, which may be its last parts.
bool path_matches(std::string_view path, std::string_view wanted) {
  while (wanted.starts_with("./")) wanted.remove_prefix(2);
  if (wanted.empty() || !path.ends_with(wanted)) return false;
  const std::string_view before = path.substr(0, path.size() - wanted.size());
  return before.empty() || before.ends_with('/') || wanted.starts_with('/');
}

std::vector<bool> matching_files(const LineTable& lines, std::string_view wanted) {
  std::vector<bool> out(lines.file_count());
  for (size_t i = 0; i < out.size(); ++i) out[i] = path_matches(lines.path(i), wanted);
  return out;
}

bool is_place(const LineRow& row, const std::vector<bool>& files) {
  return row.is_stmt && !row.end_sequence && row.line != 0 && row.file < files.size() &&
         files[row.file];
}

/// Calls `take(table, row)` for each row that a breakpoint in `file` could be at, when the row
/// before it is not of the same line.
template <class Take>
void for_each_place(const dwarf::Context& context, std::string_view file, Take take) {
  std::set<uint64_t> seen;  // units of types share the line table of a unit of code
  for (const auto& unit : context.units()) {
    if (!unit->line_offset() || !seen.insert(*unit->line_offset()).second) continue;
    const auto lines = context.lines(*unit);
    const std::vector<bool> files = matching_files(*lines, file);
    for (const LineSequence& sequence : lines->sequences()) {
      const LineRow* previous = nullptr;
      for (const LineRow& row : lines->rows(sequence)) {
        const bool continues = previous && previous->line == row.line && previous->file == row.file;
        if (is_place(row, files) && !continues) take(*lines, row);
        previous = &row;
      }
    }
  }
}

/// A function's address is that of its locals, which stand before its code (spec: binary/modules
/// §code section). A breakpoint is at an instruction.
uint64_t to_instruction(const dwarf::Context& context, uint64_t address) {
  const Unit* unit = context.unit_at(address);
  const dwarf::FunctionRange* function = unit ? unit->function_range_at(address) : nullptr;
  if (!function || function->range.begin != address) return address;
  dwarf::Cursor cursor(context.sections().code, address);
  for (uint64_t groups = cursor.uleb(); groups > 0 && !cursor.at_end(); --groups) {
    cursor.uleb();
    // A reference to a type of the module's is spelled in two parts.
    const uint8_t type = cursor.u8();
    if (type == 0x63 || type == 0x64) cursor.sleb();
  }
  return cursor.ok() && function->range.contains(cursor.offset()) ? cursor.offset() : address;
}

std::string function_name_at(const dwarf::Context& context, uint64_t address) {
  const Unit* unit = context.unit_at(address);
  return unit ? dwarf::qualified_name(unit->function_at(address)) : std::string();
}

void sort_places(std::vector<CodePlace>& places) {
  std::ranges::sort(places, {}, [](const CodePlace& p) { return std::tie(p.offset, p.function); });
  const auto same = std::ranges::unique(places, {}, &CodePlace::offset);
  places.erase(same.begin(), same.end());
}

/// The first instruction behind the function's prologue, which the line program marks; else that of
/// the function's second line; else its first.
uint64_t body_begin(const LineTable& lines, const dwarf::AddressRange& range) {
  const LineRow* first = nullptr;
  std::optional<uint64_t> second_line;
  for (const LineSequence& sequence : lines.sequences()) {
    if (sequence.end <= range.begin || sequence.begin >= range.end) continue;
    for (const LineRow& row : lines.rows(sequence)) {
      if (!range.contains(row.address) || row.end_sequence) continue;
      if (row.prologue_end) return row.address;
      if (!first) first = &row;
      if (!second_line && row.line != first->line && row.is_stmt) second_line = row.address;
    }
  }
  return second_line.value_or(range.begin);
}

/// Where a function begins, its arguments do not lie yet where its variables are said to be.
uint64_t behind_prologue(const dwarf::Context& context, const LineTable& lines, uint64_t address) {
  const Unit* unit = context.unit_at(address);
  const dwarf::FunctionRange* function = unit ? unit->function_range_at(address) : nullptr;
  const bool is_begin = function && function->range.begin == address;
  return is_begin ? body_begin(lines, function->range) : address;
}

}  // namespace

std::vector<CodePlace> DebugInfo::places_of_line(std::string_view file, uint32_t line) const {
  uint32_t best = std::numeric_limits<uint32_t>::max();
  for_each_place(*context_, file, [&](const LineTable&, const LineRow& row) {
    if (row.line >= line) best = std::min(best, row.line);
  });
  std::vector<CodePlace> places;
  for_each_place(*context_, file, [&](const LineTable& lines, const LineRow& row) {
    if (row.line != best) return;
    const uint64_t address = behind_prologue(*context_, lines, row.address);
    const LineRow* there = lines.row_at(address);
    places.push_back({code_begin_ + to_instruction(*context_, address),
                      location_of(lines, there ? *there : row),
                      function_name_at(*context_, address)});
  });
  sort_places(places);
  return places;
}

namespace {

/// The function's full name if a person may mean it by `wanted`, else empty. Its own name, which is
/// quicker to have, rules most functions out.
std::string matching_name(Die function, std::string_view wanted) {
  std::string_view own = function.name();
  // Who names no template's arguments means all of them.
  const bool has_arguments = wanted.find('<') != std::string_view::npos;
  if (!has_arguments) own = own.substr(0, own.find('<'));
  if (own.empty() || (!wanted.ends_with(own) && !own.ends_with(wanted))) return {};
  std::string full = dwarf::qualified_name(function);
  if (dwarf::name_matches(full, wanted)) return full;
  if (has_arguments) return {};
  return dwarf::name_matches(dwarf::without_template_arguments(full), wanted) ? full
                                                                              : std::string();
}

}  // namespace

std::vector<CodePlace> DebugInfo::places_of_function(std::string_view name) const {
  std::vector<CodePlace> places;
  auto add = [&](const LineTable& lines, uint64_t address, std::string function) {
    const LineRow* row = lines.row_at(address);
    places.push_back({code_begin_ + to_instruction(*context_, address),
                      row ? location_of(lines, *row) : SourceLocation{}, std::move(function)});
  };
  for (const auto& unit : context_->units()) {
    uint32_t budget = unit->list_budget();
    const auto lines = context_->lines(*unit);
    for (const dwarf::FunctionRange& function : unit->functions()) {
      std::string full = matching_name(Die(unit.get(), function.entry), name);
      if (!full.empty()) add(*lines, body_begin(*lines, function.range), std::move(full));
    }
    for (uint32_t i = 0; i < unit->entries().size(); ++i) {
      const Die die(unit.get(), i);
      if (die.tag() != Tag::inlined_subroutine) continue;
      std::string full = matching_name(die, name);
      if (full.empty()) continue;
      const auto ranges = die.ranges(budget);
      if (!ranges.empty() && context_->is_code(ranges.front()))
        add(*lines, ranges.front().begin, std::move(full));
    }
  }
  sort_places(places);
  return places;
}

std::optional<uint64_t> DebugInfo::body_at(uint64_t offset) const {
  if (offset < code_begin_) return std::nullopt;
  const uint64_t address = offset - code_begin_;
  const Unit* unit = context_->unit_at(address);
  const dwarf::FunctionRange* function = unit ? unit->function_range_at(address) : nullptr;
  if (!function) return std::nullopt;
  const auto lines = context_->lines(*unit);
  return code_begin_ + to_instruction(*context_, body_begin(*lines, function->range));
}

std::vector<std::string> DebugInfo::files() const {
  std::set<std::string> out;
  for (const auto& unit : context_->units()) {
    const auto lines = context_->lines(*unit);
    std::vector<bool> used(lines->file_count());
    for (const LineSequence& sequence : lines->sequences())
      for (const LineRow& row : lines->rows(sequence))
        if (row.file < used.size()) used[row.file] = true;
    for (size_t i = 0; i < used.size(); ++i)
      if (used[i]) out.insert(lines->path(i));
  }
  return {out.begin(), out.end()};
}

}  // namespace reprise::debug
