// Commands that look at frames and values.

#include <fmt/format.h>

#include <algorithm>

#include "debug/dwarf/symbol_file.hpp"
#include "debug/terminal/terminal.hpp"
#include "debug/terminal/text.hpp"

namespace reprise::debug {

namespace {

std::unexpected<Error> no_frames() {
  return fail(ErrorKind::usage, "no guest code is running here");
}

}  // namespace

void Terminal::show_frame(size_t number, const DebugFrame& frame) {
  line(fmt::format("{} {}{}", painted(Paint::number, fmt::format("#{:<2}", number)),
                   place_text(frame), frame.is_inlined ? " (inlined)" : ""));
}

Result<void> Terminal::backtrace(Words& words) {
  uint64_t count = frames_.size();
  if (!words.empty()) {
    REPRISE_ASSIGN(count, words.count_or_one());
  }
  if (frames_.empty()) return no_frames();
  for (size_t i = 0; i < frames_.size() && i < count; ++i) show_frame(i, frames_[i]);
  if (count < frames_.size()) line(fmt::format("… {} more", frames_.size() - count));
  return ok();
}

Result<void> Terminal::select(int64_t wanted) {
  if (frames_.empty()) return no_frames();
  const auto last = static_cast<int64_t>(frames_.size()) - 1;
  if (wanted < 0 || wanted > last)
    return fail(ErrorKind::usage, wanted < 0 ? std::string("this is the innermost frame")
                                             : fmt::format("the outermost frame is #{}", last));
  frame_ = static_cast<size_t>(wanted);
  listed_.reset();
  show_frame(frame_, frames_[frame_]);
  if (const auto at = location(); at && at->line != 0) show_source(*at, at->line, 1);
  return ok();
}

Result<void> Terminal::frame(Words& words) {
  if (words.empty()) return select(static_cast<int64_t>(frame_));
  const auto number = parse_number(words.rest());
  if (!number || *number > INT32_MAX) return fail(ErrorKind::usage, "that is no frame's number");
  return select(static_cast<int64_t>(*number));
}

Result<void> Terminal::up(Words& words) {
  REPRISE_ASSIGN(const uint64_t count, words.count_or_one());
  return select(static_cast<int64_t>(frame_ + std::min<uint64_t>(count, INT32_MAX)));
}

Result<void> Terminal::down(Words& words) {
  REPRISE_ASSIGN(const uint64_t count, words.count_or_one());
  return select(static_cast<int64_t>(frame_) -
                static_cast<int64_t>(std::min<uint64_t>(count, INT32_MAX)));
}

Result<void> Terminal::print(Words& words) {
  const std::string_view format = words.format();
  if (words.empty()) return fail(ErrorKind::usage, "what? See `help print`");
  if (!format.empty() && format != "x")
    return fail(ErrorKind::usage, fmt::format("there is no format '/{}'; /x is", format));
  REPRISE_ASSIGN(const VariableInfo value, debugger_.evaluate(frame_, words.rest()));
  if (format == "x") {
    const auto number = leading_number(value.text);
    if (!number) return fail(ErrorKind::usage, "that is no number: " + value.text);
    line(fmt::format("{:#x}", static_cast<uint64_t>(*number)));
    return ok();
  }
  line(value.text);
  return ok();
}

Result<void> Terminal::type_of(Words& words) {
  if (words.empty()) return fail(ErrorKind::usage, "of what? whatis EXPRESSION");
  REPRISE_ASSIGN(const VariableInfo value, debugger_.evaluate(frame_, words.rest()));
  std::string text = value.type;
  if (value.place)
    text += fmt::format(", {} byte{} at {:#x}", value.place->size,
                        value.place->size == 1 ? "" : "s", value.place->address);
  line(text);
  return ok();
}

// ---- info ----

const Terminal::List Terminal::kLists[] = {
    {"breakpoints", "breakpoints and watchpoints", &Terminal::info_breakpoints},
    {"locals", "the variables of this function", &Terminal::info_locals},
    {"args", "its parameters", &Terminal::info_arguments},
    {"variables", "the variables outside functions", &Terminal::info_variables},
    {"frame", "where exactly this frame is", &Terminal::info_frame},
    {"wasm", "Wasm locals and operand stack of this frame", &Terminal::info_wasm},
    {"globals", "Wasm globals", &Terminal::info_globals},
    {"memories", "Wasm memories", &Terminal::info_memories},
    {"tables", "Wasm tables", &Terminal::info_tables},
    {"resources", "handles that components hold", &Terminal::info_resources},
    {"modules", "modules, and where their debug information is from", &Terminal::info_modules},
    {"sources", "source files", &Terminal::info_sources},
    {"marks", "times with a name", &Terminal::info_marks},
    {"snapshots", "what going back quickly takes", &Terminal::info_snapshots},
};

std::vector<std::string_view> Terminal::list_names() {
  std::vector<std::string_view> names;
  for (const List& list : kLists) names.push_back(list.name);
  return names;
}

Result<void> Terminal::info(Words& words) {
  const std::string_view name = words.word();
  const List* found = nullptr;
  size_t count = 0;
  for (const List& list : kLists) {
    if (name.empty() || !list.name.starts_with(name)) continue;
    found = &list;
    ++count;
    if (list.name == name) {
      count = 1;
      break;
    }
  }
  if (count == 1) return (this->*found->show)();
  for (const List& list : kLists)
    line(fmt::format("  info {:<12} {}", painted(Paint::strong, list.name), list.summary));
  if (!name.empty())
    return fail(ErrorKind::usage,
                fmt::format("`info {}` {}", name, count == 0 ? "is none of these" : "is several"));
  return ok();
}

Result<void> Terminal::list_scope(std::initializer_list<VariableInfo::Scope> scopes) {
  if (frames_.empty()) return no_frames();
  REPRISE_ASSIGN(const std::vector<VariableInfo> variables, debugger_.variables(frame_));
  bool any = false;
  for (const VariableInfo& variable : variables) {
    if (std::find(scopes.begin(), scopes.end(), variable.scope) == scopes.end()) continue;
    line(fmt::format("{} = {}", painted(Paint::name, variable.name), variable.text));
    any = true;
  }
  if (!any) line("none are known here");
  return ok();
}

Result<void> Terminal::info_locals() {
  return list_scope({VariableInfo::Scope::local, VariableInfo::Scope::parameter});
}
Result<void> Terminal::info_arguments() {
  return list_scope({VariableInfo::Scope::parameter});
}

Result<void> Terminal::info_variables() {
  if (frames_.empty()) return no_frames();
  REPRISE_ASSIGN(const std::vector<VariableInfo> variables, debugger_.source_globals(frame_));
  for (const VariableInfo& variable : variables)
    line(fmt::format("{} = {}", painted(Paint::name, variable.name), variable.text));
  if (variables.empty()) line("none are known here");
  return ok();
}

Result<void> Terminal::info_frame() {
  if (frame_ >= frames_.size()) return no_frames();
  const DebugFrame& frame = frames_[frame_];
  line(fmt::format("frame #{}: {}{}", frame_, frame.function,
                   frame.is_inlined  ? ", inlined into the next frame"
                   : frame.is_native ? ", which is not the guest's code"
                                     : ""));
  if (frame.code) {
    const ModuleInfo& module = debugger_.modules()[frame.code->module];
    line(fmt::format("function {} of {} (module {}), at offset {:#x}", frame.function_index,
                     module.name, module.number, frame.code->offset));
  }
  if (frame.location) {
    line(fmt::format("source: {}:{}:{}", frame.location->file, frame.location->line,
                     frame.location->column));
    const std::string& found = sources_.find(frame.location->file);
    line(found.empty() ? "which was not found here; name its folder with --source"
                       : "which is " + found);
  }
  return ok();
}

Result<void> Terminal::info_wasm() {
  if (frame_ >= frames_.size()) return no_frames();
  REPRISE_ASSIGN(const auto locals, debugger_.locals(frame_));
  REPRISE_ASSIGN(const auto operands, debugger_.operands(frame_));
  const auto show = [this](std::string_view what, size_t i, const TypedValue& value) {
    line(fmt::format("{} {}{}: {} = {}", what, i,
                     value.name.empty() ? "" : " " + painted(Paint::name, value.name), value.type,
                     value.text));
  };
  for (size_t i = 0; i < locals.size(); ++i) show("local", i, locals[i]);
  for (size_t i = 0; i < operands.size(); ++i) show("operand", i, operands[i]);
  return ok();
}

Result<void> Terminal::info_memories() {
  for (const MemoryInfo& memory : debugger_.memories())
    line(fmt::format("memory {}: {}, {} KiB{}", memory.number, memory.name, memory.size >> 10,
                     memory.is_64 ? ", 64-bit" : ""));
  return ok();
}

Result<void> Terminal::info_globals() {
  for (const GlobalInfo& global : debugger_.globals())
    line(fmt::format("global {}: {}, {}{} = {}", global.number, global.name,
                     global.is_mutable ? "mut " : "", global.value.type, global.value.text));
  return ok();
}

Result<void> Terminal::info_tables() {
  for (const TableInfo& table : debugger_.tables())
    line(fmt::format("table {}: {}, {} of {}", table.number, table.name, table.size, table.type));
  return ok();
}

Result<void> Terminal::info_resources() {
  for (const ResourceInfo& resource : debugger_.resources())
    line(fmt::format("{}: handle {}: {}", instance_text(resource), resource.handle,
                     handle_text(resource)));
  return ok();
}

/// What --symbols would find it by.
static std::string missing_symbols(const ModuleInfo& module) {
  const auto sections = find_debug_sections(module.module->bytes());
  if (!sections) return {};
  const std::vector<std::string> names = symbol_file_names(*sections);
  if (names.empty()) return {};
  // Of those that are by build id, the plainest.
  const auto wanted = std::ranges::find_if(
      names, [](const std::string& name) { return name.ends_with(".debug.wasm"); });
  return fmt::format(": that of {} is not found", wanted == names.end() ? names[0] : *wanted);
}

Result<void> Terminal::info_modules() {
  for (const ModuleInfo& module : debugger_.modules())
    line(fmt::format(
        "module {}: {}, {} bytes, {}", module.number, module.name, module.module->bytes().size(),
        !module.info->has_debug_info() ? "no debug information" + missing_symbols(module)
        : module.symbol_file.empty()   ? "with debug information"
                                       : "debug information of " + module.symbol_file));
  return ok();
}

Result<void> Terminal::info_sources() {
  for (const ModuleInfo& module : debugger_.modules())
    for (const std::string& file : module.info->files()) line(file);
  return ok();
}

Result<void> Terminal::info_marks() {
  for (const auto& [name, time] : marks_) line(fmt::format("{} is {}", name, to_string(time)));
  if (marks_.empty()) line("no marks; `mark NAME` makes one");
  return ok();
}

Result<void> Terminal::info_snapshots() {
  const Debugger::SnapshotUse use = debugger_.snapshots();
  line(fmt::format("{} snapshots, {} KiB", use.count, use.bytes >> 10));
  return ok();
}

}  // namespace reprise::debug
