// Commands that show code: source lines and Wasm instructions.

#include <fmt/format.h>

#include <algorithm>

#include "debug/terminal/disassembly.hpp"
#include "debug/terminal/terminal.hpp"

namespace reprise::debug {

Result<void> Terminal::list(Words& words) {
  constexpr uint32_t kLines = 11;
  if (words.empty() && listed_) {
    listed_->line += kLines;
  } else {
    SourceLocation at;
    if (words.empty()) {
      const auto here = location();
      if (!here || here->line == 0)
        return fail(ErrorKind::usage, "no source is known here; `disassemble` shows the code");
      at = *here;
    } else {
      REPRISE_ASSIGN(const BreakPlace place, parse_place(words.rest()));
      REPRISE_ASSIGN(const auto found, debugger_.resolve(place));
      if (found.empty()) return fail(ErrorKind::usage, "there is no such place");
      const auto source = debugger_.modules()[found[0].module].info->line_at(found[0].offset);
      if (!source || source->line == 0) return fail(ErrorKind::usage, "it has no source lines");
      at = *source;
    }
    at.line = at.line > kLines / 2 ? at.line - kLines / 2 : 1;
    listed_ = std::move(at);
  }
  if (!sources_.line(listed_->file, listed_->line))
    return fail(ErrorKind::io, sources_.find(listed_->file).empty()
                                   ? listed_->file + " was not found; name its folder with --source"
                                   : "there are no more lines");
  const auto here = location();
  for (uint32_t number = listed_->line; number < listed_->line + kLines; ++number) {
    const auto text = sources_.line(listed_->file, number);
    if (!text) break;
    const bool is_here = here && here->file == listed_->file && here->line == number;
    const std::string shown = fmt::format("{} {:<5} {}", is_here ? "→" : " ", number, *text);
    line(is_here ? painted(Paint::strong, shown) : shown);
  }
  return ok();
}

Result<void> Terminal::disassemble(Words& words) {
  constexpr size_t kBefore = 8;
  constexpr size_t kCount = 20;
  CodeLocation at;
  if (words.empty()) {
    if (frame_ >= frames_.size() || !frames_[frame_].code)
      return fail(ErrorKind::usage, "no guest code is running here; name an offset");
    at = *frames_[frame_].code;
  } else {
    REPRISE_ASSIGN(at, parse_code(words.rest()));
  }
  if (at.module >= debugger_.modules().size())
    return fail(ErrorKind::usage, "there is no such module");
  const ModuleInfo& module = debugger_.modules()[at.module];
  REPRISE_ASSIGN(const std::vector<DisassembledLine> lines,
                 disassemble_function(*module.module, at.offset));
  const auto here = std::find_if(lines.begin(), lines.end(),
                                 [&](const DisassembledLine& l) { return l.offset >= at.offset; });
  const auto index = static_cast<size_t>(here - lines.begin());
  const size_t first = index > kBefore ? index - kBefore : 0;
  for (size_t i = first; i < lines.size() && i < first + kCount; ++i) {
    const std::string shown =
        fmt::format("{} {:#x}  {}", i == index ? "→" : " ", lines[i].offset, lines[i].text);
    line(i == index ? painted(Paint::strong, shown) : shown);
  }
  return ok();
}

}  // namespace reprise::debug
