// Requests that look at a stopped run.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "debug/dap/base64.hpp"
#include "debug/dap/session.hpp"
#include "debug/terminal/disassembly.hpp"
#include "debug/terminal/text.hpp"
#include "debug/wire_address.hpp"

namespace reprise::debug::dap {

namespace {

constexpr uint64_t kMaxChildren = 1000;
constexpr uint64_t kMaxMemory = 1 << 20;
constexpr uint64_t kMaxInstructions = 10'000;

std::string wire_text(const WireAddress& address) {
  return fmt::format("{:#x}", address.encode());
}

}  // namespace

Json Session::source(const std::string& path) {
  Json out = {{"name", base_name(path)}};
  const std::string& found = sources_->find(path);
  std::error_code error;
  if (found.empty()) {
    out["path"] = path;
    out["presentationHint"] = "deemphasize";
  } else {
    out["path"] = std::filesystem::absolute(found, error).lexically_normal().string();
  }
  return out;
}

Result<Json> Session::threads(const Json&) {
  return Json{{"threads", {{{"id", 1}, {"name", "the recorded run"}}}}};
}

Result<Json> Session::stack_trace(const Json& arguments) {
  const std::vector<DebugFrame> frames = debugger_->frames();
  const uint64_t first = count(arguments, "startFrame", 0, frames.size());
  uint64_t levels = count(arguments, "levels", 0, frames.size());
  if (levels == 0) levels = frames.size();
  Json out = Json::array();
  for (uint64_t i = first; i < frames.size() && i - first < levels; ++i) {
    const DebugFrame& frame = frames[i];
    Json one = {{"id", i + 1},
                {"name", frame.function + (frame.is_inlined ? " (inlined)" : "")},
                {"line", 0},
                {"column", 0}};
    if (frame.location && frame.location->line != 0) {
      one["line"] = frame.location->line - (from_one_ ? 0 : 1);
      one["column"] =
          frame.location->column - (columns_from_one_ || frame.location->column == 0 ? 0 : 1);
      one["source"] = source(frame.location->file);
    } else {
      one["presentationHint"] = "subtle";
    }
    if (frame.code) {
      one["instructionPointerReference"] = wire_text(WireAddress::of(*frame.code));
      one["moduleId"] = frame.code->module;
    }
    out.push_back(std::move(one));
  }
  return Json{{"stackFrames", std::move(out)}, {"totalFrames", frames.size()}};
}

int64_t Session::handle_for(Handle handle) {
  handles_.push_back(std::move(handle));
  return static_cast<int64_t>(handles_.size());
}

Result<Json> Session::scopes(const Json& arguments) {
  const size_t count_of_frames = debugger_->frames().size();
  const uint64_t id = count(arguments, "frameId", 0, count_of_frames);
  if (id == 0) return fail(ErrorKind::usage, "there is no such frame");
  const size_t frame = id - 1;
  const auto scope = [&](std::string_view name, Handle handle, bool expensive) {
    handle.frame = frame;
    return Json{{"name", name},
                {"variablesReference", handle_for(std::move(handle))},
                {"expensive", expensive}};
  };
  using Scope = VariableInfo::Scope;
  Json locals = scope("Locals", {.scope = Scope::local, .path = {}}, false);
  locals["presentationHint"] = "locals";
  Json parameters = scope("Arguments", {.scope = Scope::parameter, .path = {}}, false);
  parameters["presentationHint"] = "arguments";
  Json scopes = {std::move(locals),
                 std::move(parameters),
                 scope("Globals", {.kind = Handle::Kind::globals, .path = {}}, true),
                 scope("Wasm locals", {.kind = Handle::Kind::wasm_locals, .path = {}}, true),
                 scope("Wasm operands", {.kind = Handle::Kind::wasm_operands, .path = {}}, true),
                 scope("Wasm globals", {.kind = Handle::Kind::wasm_globals, .path = {}}, true)};
  if (!debugger_->resources().empty())
    scopes.push_back(scope("Handles", {.kind = Handle::Kind::handles, .path = {}}, true));
  return Json{{"scopes", std::move(scopes)}};
}

Json Session::variable(const VariableInfo& info, size_t frame) {
  Json out = {{"name", info.name}, {"value", info.text}, {"type", info.type}};
  if (!info.path.empty()) out["evaluateName"] = info.path;
  std::string unfolded = info.has_children ? info.path : std::string();
  // A pointer unfolds to what it points at.
  if (!info.has_children && info.type.ends_with('*') && !info.path.empty()) {
    const std::string target = "*(" + info.path + ")";
    if (const auto value = debugger_->evaluate(frame, target); value && value->has_children)
      unfolded = target;
  }
  out["variablesReference"] =
      unfolded.empty()
          ? 0
          : handle_for({.kind = Handle::Kind::children, .frame = frame, .path = unfolded});
  if (info.place)
    out["memoryReference"] = wire_text({.kind = WireAddress::Kind::memory,
                                        .number = info.place->memory,
                                        .offset = static_cast<uint32_t>(info.place->address)});
  return out;
}

Result<Json> Session::variables(const Json& arguments) {
  const uint64_t wanted = count(arguments, "variablesReference", 0, handles_.size());
  if (wanted == 0) return fail(ErrorKind::usage, "there are no such variables any more");
  const Handle handle = handles_[wanted - 1];
  Json out = Json::array();
  const auto values = [&](const std::vector<TypedValue>& list_of_values) {
    for (size_t i = 0; i < list_of_values.size(); ++i) {
      const TypedValue& value = list_of_values[i];
      out.push_back(
          {{"name", value.name.empty() ? std::to_string(i) : fmt::format("{} {}", i, value.name)},
           {"value", value.text},
           {"type", value.type},
           {"variablesReference", 0}});
    }
  };
  const auto infos = [&](const std::vector<VariableInfo>& list_of_infos) {
    for (const VariableInfo& info : list_of_infos) out.push_back(variable(info, handle.frame));
  };
  switch (handle.kind) {
    case Handle::Kind::handles:
      for (const ResourceInfo& resource : debugger_->resources())
        out.push_back(
            {{"name", fmt::format("{}, handle {}", instance_text(resource), resource.handle)},
             {"value", handle_text(resource)},
             {"type", resource.type},
             {"variablesReference", 0}});
      break;
    case Handle::Kind::scope: {
      REPRISE_ASSIGN(auto all, debugger_->variables(handle.frame));
      std::erase_if(all, [&](const VariableInfo& v) {
        return (v.scope == VariableInfo::Scope::parameter) !=
               (handle.scope == VariableInfo::Scope::parameter);
      });
      infos(all);
      break;
    }
    case Handle::Kind::globals: {
      REPRISE_ASSIGN(const auto all, debugger_->source_globals(handle.frame));
      infos(all);
      break;
    }
    case Handle::Kind::children: {
      const uint64_t first = count(arguments, "start", 0, UINT32_MAX);
      uint64_t number_of = count(arguments, "count", kMaxChildren, kMaxChildren);
      if (number_of == 0) number_of = kMaxChildren;
      REPRISE_ASSIGN(const auto all,
                     debugger_->children(handle.frame, handle.path, first, number_of));
      infos(all);
      break;
    }
    case Handle::Kind::wasm_locals: {
      REPRISE_ASSIGN(const auto all, debugger_->locals(handle.frame));
      values(all);
      break;
    }
    case Handle::Kind::wasm_operands: {
      REPRISE_ASSIGN(const auto all, debugger_->operands(handle.frame));
      values(all);
      break;
    }
    case Handle::Kind::wasm_globals: {
      REPRISE_ASSIGN(const auto all, debugger_->instance_globals(handle.frame));
      values(all);
      break;
    }
  }
  return Json{{"variables", std::move(out)}};
}

Result<Json> Session::evaluate(const Json& arguments) {
  const std::string expression = text(arguments, "expression");
  if (text(arguments, "context") == "repl") {
    bool moved = false;
    std::string printed = run_command(expression, moved);
    if (terminal_->wants_to_quit()) event("terminated", Json::object());
    if (moved) pending_ = [this]() -> Result<Stop> { return debugger_->last_stop(); };
    if (printed.ends_with('\n')) printed.pop_back();
    return Json{{"result", std::move(printed)}, {"variablesReference", 0}};
  }
  const size_t frame = count(arguments, "frameId", 1, 1 << 20) - 1;
  REPRISE_ASSIGN(const VariableInfo value, debugger_->evaluate(frame, expression));
  Json out = variable(value, frame);
  out["result"] = out["value"];
  out.erase("value");
  out.erase("name");
  return out;
}

Result<Json> Session::completions(const Json& arguments) {
  const std::string line = text(arguments, "text");
  const uint64_t column = count(arguments, "column", line.size() + 1, line.size() + 1);
  const std::string before = line.substr(0, column > 0 ? column - 1 : 0);
  const size_t word = before.find_last_of(" \t") + 1;
  Json out = Json::array();
  for (const std::string& one : terminal_->complete(before))
    out.push_back({{"label", one}, {"start", word}, {"length", before.size() - word}});
  return Json{{"targets", std::move(out)}};
}

Result<Json> Session::exception_info(const Json&) {
  const Stop& stop = debugger_->last_stop();
  if (!stop.trap) return fail(ErrorKind::usage, "the run has not trapped here");
  return Json{{"exceptionId", to_string(stop.trap->kind)},
              {"description", stop.trap->message},
              {"breakMode", "always"},
              {"details", {{"message", stop.trap->message}}}};
}

Result<Json> Session::read_memory(const Json& arguments) {
  const auto wire = parse_number(text(arguments, "memoryReference"));
  if (!wire) return fail(ErrorKind::usage, "that is no address");
  const WireAddress address =
      WireAddress::decode(*wire + static_cast<uint64_t>(number(arguments, "offset").value_or(0)));
  const uint64_t size = count(arguments, "count", 0, kMaxMemory);
  std::vector<uint8_t> bytes;
  if (address.kind == WireAddress::Kind::memory) {
    auto read = debugger_->read_memory(address.number, address.offset, size);
    if (read) bytes = std::move(*read);
  }
  return Json{{"address", wire_text(address)},
              {"unreadableBytes", size - std::min<uint64_t>(size, bytes.size())},
              {"data", to_base64(bytes)}};
}

Result<Json> Session::disassemble(const Json& arguments) {
  const auto wire = parse_number(text(arguments, "memoryReference"));
  if (!wire) return fail(ErrorKind::usage, "that is no address");
  const WireAddress address =
      WireAddress::decode(*wire + static_cast<uint64_t>(number(arguments, "offset").value_or(0)));
  if (address.kind != WireAddress::Kind::object || address.number >= debugger_->modules().size())
    return fail(ErrorKind::usage, "there is no code at that address");
  const ModuleInfo& module = debugger_->modules()[address.number];
  std::vector<DisassembledLine> lines;
  if (auto found = disassemble_function(*module.module, address.offset)) lines = std::move(*found);
  const auto at = std::find_if(lines.begin(), lines.end(), [&](const DisassembledLine& line) {
    return line.offset >= address.offset;
  });
  constexpr auto kFarthest = static_cast<int64_t>(kMaxInstructions);
  const int64_t first =
      (at - lines.begin()) +
      std::clamp(number(arguments, "instructionOffset").value_or(0), -kFarthest, kFarthest);
  const uint64_t wanted = count(arguments, "instructionCount", 0, kMaxInstructions);
  const uint64_t end = lines.empty() ? address.offset : lines.back().offset + lines.back().size;
  Json out = Json::array();
  for (uint64_t i = 0; i < wanted; ++i) {
    // As many as asked for have to be given; what lies outside of the function is marked.
    const int64_t index = first + static_cast<int64_t>(i);
    if (index < 0 || index >= static_cast<int64_t>(lines.size())) {
      const auto beside = static_cast<uint64_t>(
          index < 0 ? static_cast<int64_t>(lines.empty() ? address.offset : lines[0].offset) + index
                    : static_cast<int64_t>(end) + index - static_cast<int64_t>(lines.size()));
      out.push_back({{"address", wire_text(WireAddress::of({module.number, beside}))},
                     {"instruction", "(outside of the function)"},
                     {"presentationHint", "invalid"}});
      continue;
    }
    const DisassembledLine& line = lines[static_cast<size_t>(index)];
    Json one = {{"address", wire_text(WireAddress::of({module.number, line.offset}))},
                {"instruction", line.text}};
    if (const auto at_line = module.info->line_at(line.offset); at_line && at_line->line != 0) {
      one["location"] = source(at_line->file);
      one["line"] = at_line->line - (from_one_ ? 0 : 1);
    }
    out.push_back(std::move(one));
  }
  return Json{{"instructions", std::move(out)}};
}

Result<Json> Session::modules(const Json&) {
  Json out = Json::array();
  for (const ModuleInfo& module : debugger_->modules())
    out.push_back({{"id", module.number},
                   {"name", module.name},
                   {"symbolStatus", module.info->has_debug_info() ? "with debug information"
                                                                  : "no debug information"},
                   {"symbolFilePath", module.symbol_file}});
  return Json{{"modules", out}, {"totalModules", out.size()}};
}

Result<Json> Session::loaded_sources(const Json&) {
  Json out = Json::array();
  for (const ModuleInfo& module : debugger_->modules())
    for (const std::string& file : module.info->files()) out.push_back(source(file));
  return Json{{"sources", std::move(out)}};
}

// ---- What a recording can say besides ----

Result<Json> Session::when(const Json&) {
  REPRISE_ASSIGN(const Time end, debugger_->end());
  return Json{{"time", to_string(debugger_->now())}, {"end", to_string(end)}};
}

Result<Json> Session::events(const Json& arguments) {
  constexpr uint64_t kMaxEvents = 10'000;
  REPRISE_ASSIGN(const auto calls, debugger_->events(count(arguments, "first", 0, UINT64_MAX),
                                                     count(arguments, "count", 100, kMaxEvents)));
  Json out = Json::array();
  for (const HostCallLine& call : calls)
    out.push_back({{"event", call.event}, {"text", call.text}, {"isPast", call.is_past}});
  return Json{{"events", std::move(out)}};
}

Result<Json> Session::last_write(const Json& arguments) {
  bool moved = false;
  return Json{{"text", run_command("last-write " + text(arguments, "expression"), moved)}};
}

Result<Json> Session::origin(const Json& arguments) {
  bool moved = false;
  return Json{{"text", run_command("origin " + text(arguments, "expression"), moved)}};
}

}  // namespace reprise::debug::dap
