// Requests about breakpoints and watchpoints. A client always sends all of a kind (all of a file),
// so what it sent before is removed first.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "debug/dap/session.hpp"
#include "debug/terminal/text.hpp"
#include "debug/wire_address.hpp"

namespace reprise::debug::dap {

namespace {

constexpr size_t kMaxBreakpoints = 10'000;

/// "hit the fifth time": passed four times before.
uint64_t ignored_hits(const Json& wanted) {
  const auto times = parse_number(text(wanted, "hitCondition"));
  return times && *times > 0 ? *times - 1 : 0;
}

std::optional<uint64_t> reference(const Json& arguments, const char* name) {
  return parse_number(text(arguments, name));
}

}  // namespace

void Session::remove_all(std::string_view group) {
  const auto found = set_.find(group);
  if (found == set_.end()) return;
  for (const uint32_t id : found->second) (void)debugger_->remove(id);  // it may be gone already
  set_.erase(found);
}

Result<Json> Session::set_all(std::string_view group, const Json& wanted,
                              const std::function<Result<Breakpoint>(const Json&)>& make) {
  remove_all(group);
  if (wanted.size() > kMaxBreakpoints) return fail(ErrorKind::limit, "too many breakpoints");
  Json out = Json::array();
  std::vector<uint32_t>& ids = set_[std::string(group)];
  for (const Json& one : wanted) {
    auto breakpoint = make(one);
    if (breakpoint) {
      breakpoint->condition = text(one, "condition");
      breakpoint->ignore = ignored_hits(one);
      breakpoint = debugger_->add_breakpoint(std::move(*breakpoint));
    }
    if (!breakpoint) {
      out.push_back({{"verified", false}, {"message", breakpoint.error().message}});
      continue;
    }
    ids.push_back(breakpoint->id);
    Json made = {{"id", breakpoint->id}, {"verified", true}};
    if (!breakpoint->code.empty()) {
      const CodeLocation& code = breakpoint->code[0];
      made["instructionReference"] = fmt::format("{:#x}", WireAddress::of(code).encode());
      if (const auto line = debugger_->modules()[code.module].info->line_at(code.offset)) {
        made["line"] = line->line - (from_one_ ? 0 : 1);
        made["source"] = source(line->file);
      }
    }
    out.push_back(std::move(made));
  }
  return Json{{"breakpoints", std::move(out)}};
}

std::string Session::recorded_path(const std::string& path) {
  std::error_code error;
  std::string by_name;
  for (const ModuleInfo& module : debugger_->modules()) {
    for (const std::string& file : module.info->files()) {
      if (file == path) return file;
      if (base_name(file) != base_name(path)) continue;
      const std::string& found = sources_->find(file);
      if (!found.empty() && std::filesystem::equivalent(found, path, error)) return file;
      if (by_name.empty()) by_name = file;
    }
  }
  return by_name.empty() ? path : by_name;
}

Result<Json> Session::set_breakpoints(const Json& arguments) {
  const std::string path = text(member(arguments, "source"), "path");
  if (path.empty()) return fail(ErrorKind::usage, "the source has no path");
  const std::string recorded = recorded_path(path);
  return set_all(
      "source " + path, list(arguments, "breakpoints"), [&](const Json& one) -> Result<Breakpoint> {
        Breakpoint wanted;
        const uint64_t line = count(one, "line", 0, UINT32_MAX - 1);
        wanted.place = LinePlace{recorded, static_cast<uint32_t>(line + (from_one_ ? 0 : 1))};
        return wanted;
      });
}

Result<Json> Session::set_function_breakpoints(const Json& arguments) {
  return set_all("function", list(arguments, "breakpoints"),
                 [](const Json& one) -> Result<Breakpoint> {
                   Breakpoint wanted;
                   wanted.place = FunctionPlace{text(one, "name")};
                   return wanted;
                 });
}

Result<Json> Session::set_instruction_breakpoints(const Json& arguments) {
  return set_all("instruction", list(arguments, "breakpoints"),
                 [](const Json& one) -> Result<Breakpoint> {
                   const auto wire = reference(one, "instructionReference");
                   if (!wire) return fail(ErrorKind::usage, "that is no instruction");
                   const auto offset = static_cast<uint64_t>(number(one, "offset").value_or(0));
                   const WireAddress address = WireAddress::decode(*wire + offset);
                   if (address.kind != WireAddress::Kind::object)
                     return fail(ErrorKind::usage, "that is no instruction");
                   Breakpoint wanted;
                   wanted.place = address.code();
                   return wanted;
                 });
}

Result<Json> Session::data_breakpoint_info(const Json& arguments) {
  const std::string name = text(arguments, "name");
  std::optional<MemoryRange> range;
  if (flag(arguments, "asAddress")) {
    const auto wire = parse_number(name);
    if (!wire) return fail(ErrorKind::usage, "that is no address");
    const WireAddress address = WireAddress::decode(*wire);
    range = MemoryRange{address.number, address.offset, count(arguments, "bytes", 4, 1 << 20)};
  } else {
    size_t frame = count(arguments, "frameId", 1, 1 << 20) - 1;
    std::string path = name;
    const uint64_t parent = count(arguments, "variablesReference", 0, handles_.size());
    if (parent > 0) {
      const Handle handle = handles_[parent - 1];
      frame = handle.frame;
      if (handle.kind == Handle::Kind::children) {
        REPRISE_ASSIGN(const auto children,
                       debugger_->children(frame, handle.path, 0, kMaxBreakpoints));
        for (const VariableInfo& child : children)
          if (child.name == name) path = child.path;
      }
    }
    REPRISE_ASSIGN(const VariableInfo value, debugger_->evaluate(frame, path));
    range = value.place;
  }
  if (!range) return Json{{"dataId", nullptr}, {"description", name + " is not in memory"}};
  return Json{
      {"dataId", fmt::format("{}:{:#x}:{}", range->memory, range->address, range->size)},
      {"description", fmt::format("{} ({} bytes at {:#x})", name, range->size, range->address)},
      {"accessTypes", {"write"}}};
}

Result<Json> Session::set_data_breakpoints(const Json& arguments) {
  const Json& wanted = list(arguments, "breakpoints");
  remove_all("data");
  if (wanted.size() > kMaxBreakpoints) return fail(ErrorKind::limit, "too many breakpoints");
  Json out = Json::array();
  for (const Json& one : wanted) {
    const std::string id = text(one, "dataId");
    const size_t first = id.find(':'), second = id.rfind(':');
    if (first == std::string::npos || first == second) {
      out.push_back({{"verified", false}, {"message", "that is no place in memory"}});
      continue;
    }
    const auto memory = parse_number(std::string_view(id).substr(0, first));
    const auto address = parse_number(std::string_view(id).substr(first + 1, second - first - 1));
    const auto size = parse_number(std::string_view(id).substr(second + 1));
    auto made = !memory || *memory > UINT32_MAX || !address || !size
                    ? fail(ErrorKind::usage, "that is no place in memory")
                    : debugger_->add_watchpoint(
                          MemoryRange{static_cast<uint32_t>(*memory), *address, *size}, id);
    if (!made) {
      out.push_back({{"verified", false}, {"message", made.error().message}});
      continue;
    }
    set_["data"].push_back(made->id);
    out.push_back({{"id", made->id}, {"verified", true}});
  }
  return Json{{"breakpoints", std::move(out)}};
}

// Traps are where a recording ends; nothing has to be set to stop there.
Result<Json> Session::set_exception_breakpoints(const Json&) {
  return Json{{"breakpoints", Json::array()}};
}

Result<Json> Session::breakpoint_locations(const Json& arguments) {
  const std::string path = recorded_path(text(member(arguments, "source"), "path"));
  const uint64_t first = count(arguments, "line", 1, UINT32_MAX - 1);
  const uint64_t last = std::min(count(arguments, "endLine", first, UINT32_MAX - 1), first + 1000);
  Json out = Json::array();
  for (uint64_t line = first; line <= last; ++line) {
    const auto found =
        debugger_->resolve(LinePlace{path, static_cast<uint32_t>(line + (from_one_ ? 0 : 1))});
    if (!found || found->empty()) continue;
    const auto at = debugger_->modules()[(*found)[0].module].info->line_at((*found)[0].offset);
    if (at && at->line == line + (from_one_ ? 0 : 1)) out.push_back({{"line", line}});
  }
  return Json{{"breakpoints", std::move(out)}};
}

}  // namespace reprise::debug::dap
