// What a stopped run looks like from outside: plain data with texts to show.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "debug/dwarf/debug_info.hpp"
#include "debug/dwarf/frame_state.hpp"
#include "debug/stop.hpp"
#include "wasm/module.hpp"

namespace reprise::debug {

struct ModuleInfo {
  uint32_t number = 0;
  std::string name;
  std::shared_ptr<const wasm::Module> module;
  /// Never null; it may have no answers.
  std::shared_ptr<const DebugInfo> info;
  /// Where the debug information was found; empty: in the module itself, or nowhere.
  std::string symbol_file;
};

/// A frame as a source-level debugger shows it. A Wasm frame whose instruction was inlined into it
/// gives several, innermost first.
struct DebugFrame {
  std::string function;
  std::optional<SourceLocation> location;
  /// The instruction about to run, or the call that the frame is in. None in a native frame.
  std::optional<CodeLocation> code;
  uint32_t function_index = 0;
  /// The core instance; none in a native frame.
  std::optional<uint32_t> instance;
  /// The number of that instance's memory 0, which addresses in the source are of.
  std::optional<uint32_t> memory;
  /// Host code, an adapter between components, or a built-in.
  bool is_native = false;
  /// It was inlined into the next frame of the list.
  bool is_inlined = false;
  /// Which frame of the machine it is of, counted from the innermost, and which of that one's
  /// source frames.
  uint32_t machine_frame = 0;
  uint32_t source_frame = 0;
};

struct TypedValue {
  std::string name;  // from the name section; may be empty
  std::string type;  // "i32", "(ref null 3)"
  WasmBits bits;
  std::string text;
};

struct MemoryInfo {
  uint32_t number = 0;
  std::string name;  // "main.memory"
  uint64_t size = 0;
  bool is_64 = false;
};

struct TableInfo {
  uint32_t number = 0;
  std::string name;
  std::string type;
  uint64_t size = 0;
};

struct GlobalInfo {
  uint32_t number = 0;
  std::string name;
  bool is_mutable = false;
  TypedValue value;
};

/// A handle in a component instance's table.
struct ResourceInfo {
  /// Which of the instances that the host made, as the trace numbers them.
  uint32_t root = 0;
  /// Which of the component instances in that one, in the order they were made; 0 is it itself.
  uint32_t instance = 0;
  std::string component;  // the name of what it is an instance of; may be empty
  uint32_t handle = 0;
  std::string type;  // "wasi:io/streams.output-stream"
  uint32_t rep = 0;  // of a host's resource: its ordinal in the trace
  bool is_owned = false;
  uint32_t lends = 0;
};

/// A variable of the source, shown as its language would.
struct VariableInfo {
  std::string name;
  std::string type;
  std::string text;
  /// Where it lies in memory, if it does: what a watchpoint or last_write() needs.
  std::optional<MemoryRange> place;
  /// Where it is instead, if it is a copy of something in its frame.
  std::optional<WasmPlace> held_in;
  /// Its size in bytes, where it is known.
  uint64_t size = 0;
  /// It can be unfolded: ask for children() with `path`.
  bool has_children = false;
  /// An expression that gives it again.
  std::string path;
  enum class Scope : uint8_t { parameter, local, global, member } scope = Scope::local;
};

/// A call across the border, on one line.
struct HostCallLine {
  uint64_t event = 0;
  /// "wasi:io/streams@0.2.12#[method]output-stream.write(#1, [104, 105]) = ok"
  std::string text;
  /// It lies before the present moment.
  bool is_past = false;
};

}  // namespace reprise::debug
