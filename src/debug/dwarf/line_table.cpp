#include "debug/dwarf/line_table.hpp"

#include <algorithm>
#include <limits>

#include "debug/dwarf/context.hpp"

namespace reprise::debug::dwarf {

/// Runs one line program. Each opcode makes at most one row, so rows are bounded by the bytes.
class LineProgram {
 public:
  LineProgram(const Unit& unit, uint64_t offset, LineTable& table)
      : unit_(unit),
        context_(unit.context()),
        table_(table),
        offset_(offset),
        cursor_(context_.sections().line, offset) {}

  void run() {
    table_.comp_dir_ = unit_.comp_dir();
    if (!read_header()) {
      context_.report("a line table's header makes no sense", offset_);
      return;
    }
    reset();
    while (!cursor_.at_end()) step();
    if (!cursor_.ok()) context_.report("a line program is cut off", offset_);
    table_.rows_.resize(sequence_start_);  // a sequence without an end says nothing
    table_.rows_.shrink_to_fit();
    std::ranges::sort(table_.sequences_, {},
                      [](const LineSequence& s) { return std::pair(s.begin, s.first_row); });
  }

 private:
  struct Registers {
    uint64_t address;
    uint64_t file;
    uint64_t line;
    uint64_t column;
    bool is_stmt;
    bool prologue_end;
  };

  bool read_header() {
    bool is_64_bit = false;
    const uint64_t length = cursor_.initial_length(is_64_bit);
    params_.offset_size = is_64_bit ? 8 : 4;
    cursor_.limit(length);
    table_.size_ = cursor_.ok() ? length : 0;
    params_.version = cursor_.u16();
    params_.address_size = unit_.params().address_size;
    if (params_.version < 2 || params_.version > 5) return false;
    if (params_.version == 5) {
      params_.address_size = cursor_.u8();
      cursor_.u8();  // segment selectors: none on WebAssembly
    }
    const uint64_t header_length = cursor_.fixed(params_.offset_size);
    Cursor program = cursor_;
    program.skip(header_length);
    cursor_.limit(header_length);
    min_instruction_length_ = cursor_.u8();
    if (params_.version >= 4) cursor_.u8();  // operations in an instruction: no VLIW here
    default_is_stmt_ = cursor_.u8() != 0;
    line_base_ = static_cast<int8_t>(cursor_.u8());
    line_range_ = cursor_.u8();
    opcode_base_ = cursor_.u8();
    if (!cursor_.ok() || !program.ok() || opcode_base_ == 0) return false;
    operand_counts_ = cursor_.bytes(opcode_base_ - 1u);
    if (!cursor_.ok()) return false;
    if (params_.version == 5) {
      if (!read_tables()) return false;
    } else {
      read_old_tables();
    }
    cursor_ = program;
    return true;
  }

  /// Version 4 and before: texts up to an empty one. Number 0 is the unit's own directory, and no
  /// file has number 0.
  void read_old_tables() {
    directories_.push_back(unit_.comp_dir());
    while (!cursor_.at_end()) {
      const std::string_view directory = cursor_.text();
      if (directory.empty()) break;
      directories_.push_back(directory);
    }
    table_.files_.push_back({unit_.comp_dir(), unit_.name()});
    while (!cursor_.at_end()) {
      const std::string_view name = cursor_.text();
      if (name.empty()) break;
      add_file(name);
    }
  }

  void add_file(std::string_view name) {
    const uint64_t directory = cursor_.uleb();
    cursor_.uleb();  // time
    cursor_.uleb();  // size
    table_.files_.push_back({directory_at(directory), name});
  }

  std::string_view directory_at(uint64_t index) const {
    return index < directories_.size() ? directories_[index] : std::string_view{};
  }

  bool read_tables() {
    const bool directories =
        read_entries([this](std::string_view path, uint64_t) { directories_.push_back(path); });
    return directories && read_entries([this](std::string_view path, uint64_t directory) {
             table_.files_.push_back({directory_at(directory), path});
           });
  }

  /// Version 5: a table describes its own columns, then has a count of entries. An entry that takes
  /// no bytes could be there any number of times, so such tables are refused.
  template <class Take>
  bool read_entries(Take take) {
    struct Column {
      uint64_t content;
      Form form;
    };
    std::vector<Column> columns(cursor_.u8());
    for (Column& column : columns) {
      column.content = cursor_.uleb();
      column.form = static_cast<Form>(cursor_.uleb());
    }
    const uint64_t count = cursor_.uleb();
    for (uint64_t i = 0; i < count && cursor_.ok(); ++i) {
      const uint64_t start = cursor_.offset();
      std::string_view path;
      uint64_t directory = 0;
      for (const Column& column : columns) {
        const FormValue value = read_form(cursor_, column.form, 0, params_);
        if (column.content == static_cast<uint64_t>(LineContent::path)) path = unit_.text(value);
        if (column.content == static_cast<uint64_t>(LineContent::directory_index))
          directory = value.number;
      }
      if (!cursor_.ok() || cursor_.offset() == start) return false;
      take(path, directory);
    }
    return cursor_.ok();
  }

  void reset() { at_ = {0, 1, 1, 0, default_is_stmt_, false}; }

  void step() {
    const uint8_t opcode = cursor_.u8();
    if (opcode >= opcode_base_) {
      special(opcode);
      return;
    }
    switch (static_cast<LineOp>(opcode)) {
      case LineOp::extended:
        extended();
        break;
      case LineOp::copy:
        emit();
        break;
      case LineOp::advance_pc:
        advance(cursor_.uleb());
        break;
      case LineOp::advance_line:
        at_.line += static_cast<uint64_t>(cursor_.sleb());
        break;
      case LineOp::set_file:
        at_.file = cursor_.uleb();
        break;
      case LineOp::set_column:
        at_.column = cursor_.uleb();
        break;
      case LineOp::negate_stmt:
        at_.is_stmt = !at_.is_stmt;
        break;
      case LineOp::set_basic_block:
      case LineOp::set_epilogue_begin:
        break;
      case LineOp::const_add_pc:
        advance(address_steps(255));
        break;
      case LineOp::fixed_advance_pc:
        at_.address += cursor_.u16();
        break;
      case LineOp::set_prologue_end:
        at_.prologue_end = true;
        break;
      default:
        // One we don't know; the header says how many operands to skip.
        for (uint8_t i = 0; i < operand_counts_[opcode - 1u]; ++i) cursor_.uleb();
    }
  }

  void extended() {
    const uint64_t length = cursor_.uleb();
    if (length == 0 || length > cursor_.remaining()) return cursor_.fail();
    const uint64_t next = cursor_.offset() + length;
    switch (static_cast<ExtendedLineOp>(cursor_.u8())) {
      case ExtendedLineOp::end_sequence:
        emit_end();
        reset();
        break;
      case ExtendedLineOp::set_address:
        at_.address = cursor_.fixed(static_cast<uint32_t>(std::min<uint64_t>(length - 1, 8)));
        break;
      case ExtendedLineOp::define_file:
        if (params_.version < 5) add_file(cursor_.text());
        break;
      default:
        break;
    }
    if (cursor_.ok()) cursor_.seek(next);
  }

  uint64_t address_steps(uint8_t opcode) const {
    return line_range_ == 0 ? 0 : static_cast<uint64_t>(opcode - opcode_base_) / line_range_;
  }
  void advance(uint64_t steps) { at_.address += steps * min_instruction_length_; }

  void special(uint8_t opcode) {
    const int adjusted = opcode - opcode_base_;
    advance(address_steps(opcode));
    const int line = line_base_ + (line_range_ == 0 ? 0 : adjusted % line_range_);
    at_.line += static_cast<uint64_t>(static_cast<int64_t>(line));
    emit();
  }

  template <class T>
  static T clamped(uint64_t value) {
    return value > std::numeric_limits<T>::max() ? T{0} : static_cast<T>(value);
  }

  void emit() {
    // Addresses of dropped code may lie anywhere; their sequence is left out as a whole.
    const uint64_t last = sequence_start_ < table_.rows_.size() ? table_.rows_.back().address : 0;
    if (at_.address >= std::numeric_limits<uint32_t>::max() || at_.address < last)
      sequence_is_sound_ = false;
    if (sequence_is_sound_)
      table_.rows_.push_back({static_cast<uint32_t>(at_.address), clamped<uint32_t>(at_.line),
                              clamped<uint32_t>(at_.file), clamped<uint16_t>(at_.column),
                              at_.is_stmt, at_.prologue_end, false});
    at_.prologue_end = false;
  }

  void emit_end() {
    emit();
    if (sequence_is_sound_) {
      table_.rows_.back().end_sequence = true;
      const uint32_t begin = table_.rows_[sequence_start_].address;
      const uint32_t end = table_.rows_.back().address;
      sequence_is_sound_ = context_.is_code({begin, end});
      if (sequence_is_sound_)
        table_.sequences_.push_back({begin, end, static_cast<uint32_t>(sequence_start_),
                                     static_cast<uint32_t>(table_.rows_.size())});
    }
    if (!sequence_is_sound_) table_.rows_.resize(sequence_start_);
    sequence_start_ = table_.rows_.size();
    sequence_is_sound_ = true;
  }

  const Unit& unit_;
  const Context& context_;
  LineTable& table_;
  uint64_t offset_;
  Cursor cursor_;
  FormParams params_;
  uint8_t min_instruction_length_ = 1;
  bool default_is_stmt_ = true;
  int8_t line_base_ = 0;
  uint8_t line_range_ = 1;
  uint8_t opcode_base_ = 1;
  Bytes operand_counts_;
  std::vector<std::string_view> directories_;
  Registers at_{};
  size_t sequence_start_ = 0;
  bool sequence_is_sound_ = true;
};

LineTable LineTable::parse(const Unit& unit, uint64_t offset) {
  LineTable table;
  LineProgram(unit, offset, table).run();
  return table;
}

const LineRow* LineTable::row_at(uint64_t address) const {
  auto after = std::ranges::upper_bound(sequences_, address, {}, &LineSequence::begin);
  if (after == sequences_.begin()) return nullptr;
  const LineSequence& sequence = *std::prev(after);
  if (address >= sequence.end) return nullptr;
  const auto candidates = rows(sequence);
  // Of several rows at one address the last describes it.
  auto row = std::ranges::upper_bound(candidates, address, {}, &LineRow::address);
  return row == candidates.begin() ? nullptr : &*std::prev(row);
}

std::string LineTable::path(uint64_t file) const {
  if (file >= files_.size() || files_[file].name.empty()) return {};
  const auto& [directory, name] = files_[file];
  auto is_absolute = [](std::string_view path) { return path.starts_with('/'); };
  std::string out;
  if (!is_absolute(name)) {
    if (!is_absolute(directory) && directory != comp_dir_ && !comp_dir_.empty())
      out.append(comp_dir_).append("/");
    if (!directory.empty()) out.append(directory).append("/");
  }
  return out.append(name);
}

}  // namespace reprise::debug::dwarf
