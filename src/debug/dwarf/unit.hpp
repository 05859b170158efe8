// One unit of .debug_info and the tree of entries in it (spec: DWARF 5 §7.5.1, §2.3).
//
// A unit's header and root entry are read when the file is opened: they say which code the unit is
// about. The tree is read when somebody first asks about that code. What is kept for an entry is 16
// bytes (where it is, its abbreviation, its parent, where its subtree ends); attributes are decoded
// from the section again whenever they are asked for. An entry takes at least a byte of the
// section, so the tree is bounded by the file.

#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "debug/dwarf/form.hpp"

namespace reprise::debug::dwarf {

class Context;
class Unit;

inline constexpr uint32_t kNoEntry = 0xffffffff;

struct Entry {
  uint32_t offset;  // in .debug_info
  uint32_t abbrev;  // place in the unit's table
  uint32_t parent;  // kNoEntry for the root
  uint32_t end;     // the entry after this one's subtree
};

/// [begin, end) of addresses.
struct AddressRange {
  uint64_t begin;
  uint64_t end;
  bool contains(uint64_t address) const { return begin <= address && address < end; }
};

/// A debugging information entry: a handle, cheap to copy. A default one is "none".
class Die {
 public:
  Die() = default;
  Die(const Unit* unit, uint32_t index) : unit_(unit), index_(index) {}

  explicit operator bool() const { return unit_ != nullptr; }
  bool operator==(const Die&) const = default;
  const Unit& unit() const { return *unit_; }
  uint32_t index() const { return index_; }
  uint32_t offset() const;
  Tag tag() const;

  Die parent() const;
  Die first_child() const;
  Die next_sibling() const;

  /// The attribute as this entry itself has it.
  std::optional<FormValue> own(At at) const;
  /// Also looks in the entries that this one completes (abstract origin, specification).
  std::optional<FormValue> find(At at) const;
  /// The name, empty if it has none.
  std::string_view name() const { return text(At::name); }
  std::string_view text(At at) const;
  std::optional<uint64_t> number(At at) const;
  bool flag(At at) const;
  /// The entry an attribute refers to.
  Die reference(At at) const;
  Die type() const { return reference(At::type); }

  /// The code it covers. `budget` counts list entries down, so that many entries naming one long
  /// list cannot make this take forever.
  std::vector<AddressRange> ranges(uint32_t& budget) const;
  bool covers(uint64_t address, uint32_t& budget) const;

 private:
  const Unit* unit_ = nullptr;
  uint32_t index_ = 0;
};

struct FunctionRange {
  AddressRange range;
  uint32_t entry;
};

class Unit {
 public:
  /// Reads the header at the cursor, which it leaves at the next unit. Null if there is no sense in
  /// it and the cursor failed, or if the unit is of a kind that is not understood.
  static std::unique_ptr<Unit> parse(const Context& context, Cursor& cursor);

  const Context& context() const { return context_; }
  const FormParams& params() const { return params_; }
  uint64_t begin() const { return begin_; }
  uint64_t end() const { return end_; }
  Language language() const { return language_; }
  uint64_t base_address() const { return base_address_; }
  uint64_t rnglists_base() const { return rnglists_base_; }
  uint64_t loclists_base() const { return loclists_base_; }
  std::string_view comp_dir() const { return comp_dir_; }
  std::string_view name() const { return name_; }
  std::optional<uint64_t> line_offset() const { return line_offset_; }
  std::optional<uint64_t> type_signature() const { return type_signature_; }
  uint64_t type_offset() const { return begin_ + type_offset_; }

  /// The root entry, available without the tree.
  std::optional<FormValue> root_attribute(At at) const;
  std::vector<AddressRange> root_ranges(uint32_t& budget) const;

  /// The tree in preorder; entry 0 is the root. Reads it when first asked. Thread-safe.
  const std::vector<Entry>& entries() const;
  /// The functions that have code, by address.
  const std::vector<FunctionRange>& functions() const;
  Die root() const { return entries().empty() ? Die() : Die(this, 0); }
  /// The entry that starts at `offset` of .debug_info.
  Die at_offset(uint64_t offset) const;
  /// The function whose code holds `address`; null or none if there isn't one.
  const FunctionRange* function_range_at(uint64_t address) const;
  Die function_at(uint64_t address) const {
    const FunctionRange* found = function_range_at(address);
    return found ? Die(this, found->entry) : Die();
  }

  /// How many list entries looking something up in this unit may read: what any sane unit has.
  uint32_t list_budget() const;

  const AbbrevTable& abbrevs() const { return *abbrevs_; }
  std::optional<FormValue> attribute(const Entry& entry, At at) const;
  std::string_view text(const FormValue& value) const;
  std::optional<uint64_t> address(const FormValue& value) const;
  std::optional<uint64_t> indexed_address(uint64_t index) const;
  /// From the attributes of an entry, which may be the root before the tree is there.
  std::vector<AddressRange> ranges_of(std::optional<FormValue> low, std::optional<FormValue> high,
                                      std::optional<FormValue> list, uint32_t& budget) const;

 private:
  explicit Unit(const Context& context) : context_(context) {}
  bool read_header(Cursor& cursor);
  void read_root();
  void read_tree() const;
  void index_functions() const;
  std::optional<FormValue> attribute_at(uint64_t offset, const Abbrev& abbrev, At at) const;

  const Context& context_;
  FormParams params_;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  uint64_t entries_begin_ = 0;
  uint64_t abbrev_offset_ = 0;
  std::optional<uint64_t> type_signature_;
  uint64_t type_offset_ = 0;
  std::shared_ptr<const AbbrevTable> abbrevs_;

  Language language_ = Language::other;
  std::string_view name_;
  std::string_view comp_dir_;
  std::optional<uint64_t> line_offset_;
  uint64_t base_address_ = 0;
  uint64_t str_offsets_base_ = 0;
  uint64_t addr_base_ = 0;
  uint64_t rnglists_base_ = 0;
  uint64_t loclists_base_ = 0;

  mutable std::once_flag tree_once_;
  mutable std::once_flag functions_once_;
  mutable std::vector<Entry> entries_;
  mutable std::vector<FunctionRange> functions_;
};

}  // namespace reprise::debug::dwarf
