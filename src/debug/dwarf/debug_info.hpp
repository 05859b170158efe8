// What a module's debug information says about its code: which source line an instruction comes
// from, and which instructions a line or a function name means.
//
//   auto info = DebugInfo::open(module->bytes(), module->source.owner);
//   for (const SourceFrame& frame : (*info)->frames_at(offset))
//     fmt::print("{} at {}:{}\n", frame.function, frame.location.file, frame.location.line);
//
// All offsets are from the start of the core module, as in Frame::module_offset. An object is
// immutable and safe to use from several threads; what it says is read from the module's sections
// when first asked for. It answers for any bytes: what is malformed is left out (problems() tells).

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"
#include "reprise/trap.hpp"

namespace reprise::debug {

namespace dwarf {
class Context;
}

/// A function that an instruction is in. Inlined functions have no frame of the machine's own.
struct SourceFrame {
  /// "shop::Cart::add"
  std::string function;
  /// In the innermost: of the instruction; further out: of the call that was inlined.
  SourceLocation location;
  /// It was inlined into the next frame of the list.
  bool is_inlined = false;
};

/// A place for a breakpoint.
struct CodePlace {
  uint64_t offset = 0;
  SourceLocation location;
  std::string function;
};

class DebugInfo {
 public:
  /// Reads a core module's debug information (or a symbol file's, which is a module, too). Fails if
  /// the bytes aren't a core module; one without debug information gives an object without answers.
  static Result<std::shared_ptr<const DebugInfo>> open(Bytes module,
                                                       std::shared_ptr<const void> owner);
  /// For a module whose debug information is in a symbol file: offsets are the module's.
  static Result<std::shared_ptr<const DebugInfo>> open_separate(
      Bytes module, Bytes symbol_file, std::shared_ptr<const void> symbol_owner);
  ~DebugInfo();

  bool has_debug_info() const;

  /// The functions that the instruction is in, innermost first; empty if nothing is known. The last
  /// is the one that the module has a function for.
  std::vector<SourceFrame> frames_at(uint64_t offset) const;
  /// The instruction's line alone.
  std::optional<SourceLocation> line_at(uint64_t offset) const;

  /// Where code of a line begins: one place for each copy of it. If the line has no code, that of
  /// the next line that has. `file` may leave out leading directories ("src/main.rs").
  std::vector<CodePlace> places_of_line(std::string_view file, uint32_t line) const;
  /// Where the bodies of functions begin, behind what sets up their frames; also where they were
  /// inlined. `name` may leave out leading scopes ("Cart::add"), and all template arguments.
  std::vector<CodePlace> places_of_function(std::string_view name) const;
  /// The same for the function that the instruction is in, if there is one: where its body begins.
  std::optional<uint64_t> body_at(uint64_t offset) const;

  /// The source files that there is code of, sorted.
  std::vector<std::string> files() const;
  /// What was found malformed so far.
  std::vector<std::string> problems() const;

  /// For the parts of this layer that look further (variables).
  const dwarf::Context& context() const { return *context_; }
  /// Between offsets in the module and DWARF's addresses.
  uint64_t code_begin() const { return code_begin_; }

 private:
  DebugInfo(std::unique_ptr<const dwarf::Context> context, uint64_t code_begin);

  std::unique_ptr<const dwarf::Context> context_;
  uint64_t code_begin_;
};

}  // namespace reprise::debug
