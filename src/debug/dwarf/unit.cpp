#include "debug/dwarf/unit.hpp"

#include <algorithm>

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/lists.hpp"

namespace reprise::debug::dwarf {

std::unique_ptr<Unit> Unit::parse(const Context& context, Cursor& cursor) {
  std::unique_ptr<Unit> unit(new Unit(context));
  unit->begin_ = cursor.offset();
  bool is_64_bit = false;
  const uint64_t length = cursor.initial_length(is_64_bit);
  if (!cursor.ok()) return nullptr;
  unit->params_.offset_size = is_64_bit ? 8 : 4;
  Cursor body = cursor;
  cursor.skip(length);
  body.limit(length);
  if (!body.ok()) return nullptr;
  unit->end_ = cursor.offset();
  if (!unit->read_header(body)) return nullptr;
  unit->entries_begin_ = body.offset();
  unit->abbrevs_ = context.abbrevs(unit->abbrev_offset_);
  unit->read_root();
  return unit;
}

bool Unit::read_header(Cursor& cursor) {
  params_.version = cursor.u16();
  if (params_.version < 2 || params_.version > 5) return false;
  if (params_.version == 5) {
    const auto type = static_cast<UnitType>(cursor.u8());
    params_.address_size = cursor.u8();
    abbrev_offset_ = cursor.fixed(params_.offset_size);
    if (type == UnitType::skeleton || type == UnitType::split_compile) cursor.skip(8);
    if (type == UnitType::type || type == UnitType::split_type) {
      type_signature_ = cursor.u64();
      type_offset_ = cursor.fixed(params_.offset_size);
    }
  } else {
    abbrev_offset_ = cursor.fixed(params_.offset_size);
    params_.address_size = cursor.u8();
  }
  // wasm32 and wasm64; nothing else can be a module's.
  return cursor.ok() && (params_.address_size == 4 || params_.address_size == 8);
}

void Unit::read_root() {
  auto offset_of = [this](At at, uint64_t fallback) {
    auto value = root_attribute(at);
    return value ? value->number : fallback;
  };
  // Version 5 has these; without the attribute, tables start after their section's first header.
  const uint64_t header = params_.offset_size == 8 ? 16 : 8;
  str_offsets_base_ = offset_of(At::str_offsets_base, header);
  addr_base_ = offset_of(At::addr_base, header);
  const uint64_t lists_header = params_.offset_size == 8 ? 20 : 12;
  rnglists_base_ = offset_of(At::rnglists_base, lists_header);
  loclists_base_ = offset_of(At::loclists_base, lists_header);
  language_ = language_of(offset_of(At::language, 0));
  if (auto value = root_attribute(At::name)) name_ = text(*value);
  if (auto value = root_attribute(At::comp_dir)) comp_dir_ = text(*value);
  if (auto value = root_attribute(At::stmt_list)) line_offset_ = value->number;
  if (auto value = root_attribute(At::low_pc)) base_address_ = address(*value).value_or(0);
}

std::optional<FormValue> Unit::root_attribute(At at) const {
  Cursor cursor(context_.sections().info, entries_begin_);
  cursor.limit(end_ - entries_begin_);
  const Abbrev* abbrev = abbrevs_->find(cursor.uleb());
  return abbrev ? attribute_at(entries_begin_, *abbrev, at) : std::nullopt;
}

std::vector<AddressRange> Unit::root_ranges(uint32_t& budget) const {
  return ranges_of(root_attribute(At::low_pc), root_attribute(At::high_pc),
                   root_attribute(At::ranges), budget);
}

std::optional<FormValue> Unit::attribute(const Entry& entry, At at) const {
  return attribute_at(entry.offset, abbrevs_->at(entry.abbrev), at);
}

std::optional<FormValue> Unit::attribute_at(uint64_t offset, const Abbrev& abbrev, At at) const {
  const auto specs = abbrevs_->attributes(abbrev);
  if (std::ranges::find(specs, at, &AttributeSpec::at) == specs.end()) return std::nullopt;
  Cursor cursor(context_.sections().info, offset);
  cursor.limit(end_ - offset);
  cursor.uleb();
  for (const AttributeSpec& spec : specs) {
    FormValue value = read_form(cursor, spec, params_);
    if (!cursor.ok()) return std::nullopt;
    if (spec.at == at) return value;
  }
  return std::nullopt;
}

const std::vector<Entry>& Unit::entries() const {
  std::call_once(tree_once_, [this] { read_tree(); });
  return entries_;
}

void Unit::read_tree() const {
  Cursor cursor(context_.sections().info, entries_begin_);
  cursor.limit(end_ - entries_begin_);
  uint32_t parent = kNoEntry;
  while (!cursor.at_end()) {
    const auto offset = static_cast<uint32_t>(cursor.offset());
    const uint64_t code = cursor.uleb();
    if (code == 0) {
      if (parent == kNoEntry) break;
      entries_[parent].end = static_cast<uint32_t>(entries_.size());
      parent = entries_[parent].parent;
      if (parent == kNoEntry) break;
      continue;
    }
    const Abbrev* abbrev = abbrevs_->find(code);
    if (!abbrev) {
      context_.report("an entry names an abbreviation that does not exist", offset);
      break;
    }
    for (const AttributeSpec& spec : abbrevs_->attributes(*abbrev))
      read_form(cursor, spec, params_);
    if (!cursor.ok()) {
      context_.report("an entry goes beyond its unit, or has a form that is not known", offset);
      break;
    }
    const auto index = static_cast<uint32_t>(entries_.size());
    entries_.push_back({offset, abbrevs_->index_of(*abbrev), parent, index + 1});
    if (abbrev->has_children) parent = index;
    if (parent == kNoEntry) break;  // a root without children
  }
  // What a cut leaves open ends where the entries end.
  for (; parent != kNoEntry; parent = entries_[parent].parent)
    entries_[parent].end = static_cast<uint32_t>(entries_.size());
  entries_.shrink_to_fit();
}

const std::vector<FunctionRange>& Unit::functions() const {
  std::call_once(functions_once_, [this] { index_functions(); });
  return functions_;
}

void Unit::index_functions() const {
  uint32_t budget = list_budget();
  const auto& all = entries();
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (abbrevs_->at(all[i].abbrev).tag != Tag::subprogram) continue;
    for (const AddressRange& range : Die(this, i).ranges(budget))
      if (context_.is_code(range)) functions_.push_back({range, i});
  }
  std::ranges::sort(functions_, {},
                    [](const FunctionRange& f) { return std::pair(f.range.begin, f.entry); });
}

uint32_t Unit::list_budget() const {
  constexpr size_t kFewEntries = 1024;
  constexpr size_t kRangesPerEntry = 16;
  return static_cast<uint32_t>(
      std::min<size_t>(kFewEntries + kRangesPerEntry * entries().size(), 0xffffffff));
}

Die Unit::at_offset(uint64_t offset) const {
  const auto& all = entries();
  auto found = std::ranges::lower_bound(all, offset, {}, &Entry::offset);
  if (found == all.end() || found->offset != offset) return {};
  return {this, static_cast<uint32_t>(found - all.begin())};
}

const FunctionRange* Unit::function_range_at(uint64_t address) const {
  const auto& all = functions();
  auto after = std::ranges::upper_bound(all, address, {},
                                        [](const FunctionRange& f) { return f.range.begin; });
  if (after == all.begin()) return nullptr;
  const FunctionRange& candidate = *std::prev(after);
  return candidate.range.contains(address) ? &candidate : nullptr;
}

std::string_view Unit::text(const FormValue& value) const {
  const DebugSections& sections = context_.sections();
  auto at = [](Bytes section, uint64_t offset) { return Cursor(section, offset).text(); };
  switch (value.form) {
    case Form::string:
      return as_text(value.bytes);
    case Form::strp:
      return at(sections.str, value.number);
    case Form::line_strp:
      return at(sections.line_str, value.number);
    case Form::strx:
    case Form::strx1:
    case Form::strx2:
    case Form::strx3:
    case Form::strx4: {
      if (value.number > sections.str_offsets.size()) return {};
      Cursor offsets(sections.str_offsets, str_offsets_base_ + value.number * params_.offset_size);
      const uint64_t offset = offsets.fixed(params_.offset_size);
      return offsets.ok() ? at(sections.str, offset) : std::string_view{};
    }
    default:
      return {};
  }
}

std::optional<uint64_t> Unit::indexed_address(uint64_t index) const {
  const Bytes section = context_.sections().addr;
  if (index > section.size()) return std::nullopt;
  Cursor cursor(section, addr_base_ + index * params_.address_size);
  const uint64_t address = cursor.fixed(params_.address_size);
  return cursor.ok() ? std::optional(address) : std::nullopt;
}

std::optional<uint64_t> Unit::address(const FormValue& value) const {
  if (!value.is_address()) return std::nullopt;
  return value.form == Form::addr ? value.number : indexed_address(value.number);
}

std::vector<AddressRange> Unit::ranges_of(std::optional<FormValue> low,
                                          std::optional<FormValue> high,
                                          std::optional<FormValue> list, uint32_t& budget) const {
  if (list) return read_ranges(*this, *list, budget);
  if (!low || !high) return {};
  auto begin = address(*low);
  if (!begin) return {};
  // A constant is a size (spec: §2.17.2).
  auto end = high->is_address() ? address(*high) : std::optional(*begin + high->number);
  if (!end || *end <= *begin) return {};
  return {{*begin, *end}};
}

}  // namespace reprise::debug::dwarf
