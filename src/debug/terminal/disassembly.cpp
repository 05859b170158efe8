#include "debug/terminal/disassembly.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "debug/modules.hpp"
#include "text/print_instructions.hpp"

namespace reprise::debug {

Result<std::vector<DisassembledLine>> disassemble_function(const wasm::Module& module,
                                                           uint64_t offset) {
  const auto function = std::find_if(
      module.functions.begin() + module.imported_functions, module.functions.end(),
      [&](const wasm::Function& f) { return f.body.begin <= offset && offset < f.body.end; });
  if (function == module.functions.end())
    return fail(ErrorKind::usage, fmt::format("no function has code at {:#x}", offset));
  const auto index = static_cast<uint32_t>(function - module.functions.begin());
  const uint64_t first = first_instruction(module, index);
  if (first < function->body.begin || first > function->body.end)
    return fail(ErrorKind::malformed, "the function's locals make no sense");
  ByteReader in(module.bytes({static_cast<uint32_t>(first), function->body.end}));
  std::vector<DisassembledLine> lines;
  while (!in.at_end()) {
    const uint64_t begin = in.offset();
    REPRISE_ASSIGN(std::string text, text::print_instruction(in));
    lines.push_back(
        {.offset = first + begin, .size = in.offset() - begin, .text = std::move(text)});
  }
  return lines;
}

}  // namespace reprise::debug
