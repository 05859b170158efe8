// A unit's line table: the rows that its line program makes (spec: DWARF 5 §6.2).
//
// Rows come in sequences of ascending addresses, one sequence a function as a rule. Sequences of
// code that isn't in the module are left out.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace reprise::debug::dwarf {

class Unit;

struct LineRow {
  uint32_t address;
  uint32_t line;  // 0: no line to name
  uint32_t file;  // of the table's files
  uint16_t column;
  bool is_stmt : 1;  // a good place for a breakpoint
  bool prologue_end : 1;
  bool end_sequence : 1;  // its address is the first one after the sequence
};

struct LineFile {
  std::string_view directory;
  std::string_view name;
};

struct LineSequence {
  uint32_t begin;  // addresses
  uint32_t end;
  uint32_t first_row;
  uint32_t end_row;
};

class LineTable {
 public:
  /// Reads the program at `offset` of .debug_line. Malformed parts are reported to the unit's
  /// context and left out.
  static LineTable parse(const Unit& unit, uint64_t offset);

  /// The row that describes `address`.
  const LineRow* row_at(uint64_t address) const;
  std::span<const LineSequence> sequences() const { return sequences_; }
  std::span<const LineRow> rows(const LineSequence& sequence) const {
    return std::span(rows_).subspan(sequence.first_row, sequence.end_row - sequence.first_row);
  }
  /// As DW_AT_call_file and rows count them; the path is absolute if the producer said enough.
  std::string path(uint64_t file) const;
  size_t file_count() const { return files_.size(); }
  /// Bytes of the section that were read.
  uint64_t size() const { return size_; }

 private:
  friend class LineProgram;

  std::vector<LineRow> rows_;
  std::vector<LineSequence> sequences_;  // by address
  std::vector<LineFile> files_;
  std::string_view comp_dir_;
  uint64_t size_ = 0;
};

}  // namespace reprise::debug::dwarf
