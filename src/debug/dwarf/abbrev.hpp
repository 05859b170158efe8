// A unit's abbreviations (spec: DWARF 5 §7.5.3): each says which attributes, in which forms, the
// entries that name it have.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "debug/dwarf/constants.hpp"

namespace reprise::debug::dwarf {

struct AttributeSpec {
  At at;
  Form form;
  int64_t implicit_const;
};

struct Abbrev {
  uint64_t code;
  Tag tag;
  bool has_children;
  uint32_t first;  // of its attributes
  uint32_t count;
};

class AbbrevTable {
 public:
  /// Reads the table at `offset`, up to its end or to where it makes no sense any more.
  static AbbrevTable parse(Bytes section, uint64_t offset, uint64_t& bytes_read);

  const Abbrev* find(uint64_t code) const;
  /// Its place in the table, by which `at` finds it again.
  uint32_t index_of(const Abbrev& abbrev) const {
    return static_cast<uint32_t>(&abbrev - abbrevs_.data());
  }
  const Abbrev& at(uint32_t index) const { return abbrevs_[index]; }
  std::span<const AttributeSpec> attributes(const Abbrev& abbrev) const {
    return std::span(attributes_).subspan(abbrev.first, abbrev.count);
  }

 private:
  std::vector<Abbrev> abbrevs_;  // sorted by code
  std::vector<AttributeSpec> attributes_;
};

}  // namespace reprise::debug::dwarf
