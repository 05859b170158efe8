// The debugger's terminal: commands that people know from gdb and rr, over one Debugger. A command
// is a line of text and gives text; so editors and scripts use the same ones (`evaluate` of the
// Debug Adapter Protocol, monitor commands of GDB's, --batch).
//
//   Terminal terminal(debugger, {.print = [](std::string_view text) { ... }});
//   terminal.execute("break quicksort");
//   terminal.execute("reverse-continue");

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "debug/debugger.hpp"
#include "debug/terminal/source_text.hpp"
#include "debug/terminal/words.hpp"

namespace reprise::debug {

struct TerminalOptions {
  std::function<void(std::string_view)> print;
  bool color = false;
  /// Where sources are looked for, besides where the debug information says they were.
  std::vector<std::string> source_directories;
};

class Terminal {
 public:
  Terminal(Debugger& debugger, TerminalOptions options);

  /// Runs one command. False if it was wrong or could not be done; it has said so.
  bool execute(std::string_view line);
  /// The command was `quit`.
  bool wants_to_quit() const { return quit_; }
  /// Says where we are, as after a stop.
  void show_stop(const Stop& stop);
  /// What could stand in place of the last word of `line`.
  std::vector<std::string> complete(std::string_view line);
  /// An empty line does the last command again, if that makes sense.
  std::string repeated() const { return repeat_; }

 private:
  struct Command;
  using Handler = Result<void> (Terminal::*)(Words&);
  static const Command kCommands[];
  static const Command* find(std::string_view name, std::string& problem);
  static bool has_name(const Command& command, std::string_view name);

#define COMMAND(handler, ...) Result<void> handler(Words& words);
#include "debug/terminal/commands.def"

  struct List {
    std::string_view name;
    std::string_view summary;
    Result<void> (Terminal::*show)();
  };
  static const List kLists[];
  static std::vector<std::string_view> list_names();
  Result<void> info_breakpoints();
  Result<void> info_locals();
  Result<void> info_arguments();
  Result<void> info_variables();
  Result<void> info_frame();
  Result<void> info_wasm();
  Result<void> info_memories();
  Result<void> info_globals();
  Result<void> info_tables();
  Result<void> info_resources();
  Result<void> info_modules();
  Result<void> info_marks();
  Result<void> info_snapshots();
  Result<void> info_sources();

  // ---- Printing ----
  enum class Paint : uint8_t { place, name, number, error, faint, strong };
  std::string painted(Paint paint, std::string_view text) const;
  /// Prints a line. What would command the terminal, but for colours, is made visible instead:
  /// names and strings are the guest's.
  void line(std::string_view text);
  std::string place_text(const DebugFrame& frame) const;
  /// Which frame is looked at first, where the run has stopped.
  size_t first_frame(bool is_fault);
  void show_place();
  void show_frame(size_t number, const DebugFrame& frame);
  void show_breakpoint(const Breakpoint& breakpoint);
  std::string watch_text(const Watchpoint& watch, const WatchHit& hit) const;
  void show_source(const SourceLocation& location, uint32_t first, uint32_t count);

  // ---- Doing ----
  /// Runs a move COUNT times, unless something stops it before; then says where we are.
  template <class Move>
  Result<void> repeat(Words& words, Move move);
  Result<void> arrive(Result<Stop> stop);
  Result<void> set_breakpoint(Words& words, bool once);
  Result<BreakPlace> parse_place(std::string_view text);
  Result<CodeLocation> parse_code(std::string_view text);
  Result<void> select(int64_t frame);
  Result<void> list_scope(std::initializer_list<VariableInfo::Scope> scopes);
  /// Of what an expression means as a place: of a number the address, else where its value lies.
  Result<MemoryRange> parse_range(std::string_view text);
  Result<WatchPlace> parse_watch(std::string_view text);
  Result<OriginPlace> parse_origin(std::string_view text);
  std::optional<SourceLocation> location() const;

  Debugger& debugger_;
  TerminalOptions options_;
  SourceText sources_;
  std::vector<DebugFrame> frames_;  // of the present moment
  size_t frame_ = 0;                // the one looked at
  std::map<std::string, Time, std::less<>> marks_;
  /// Where `list` goes on.
  std::optional<SourceLocation> listed_;
  std::string repeat_;
  bool quit_ = false;
};

/// The number that a printed value begins with: "5", "-3", "0x1234 \"abc\"".
std::optional<int64_t> leading_number(std::string_view text);

}  // namespace reprise::debug
