// reprise wasm2wat FILE [-o OUT]: the binary of a core module or of a component to text.

#include <memory>
#include <string>

#include "text/print.hpp"
#include "tool/commands.hpp"
#include "tool/files.hpp"

namespace reprise::tool {

namespace {

struct Options {
  std::string input;
  std::string output = "-";
};

Result<void> run(const Options& options) {
  REPRISE_ASSIGN(const std::string binary, read_file(options.input));
  REPRISE_ASSIGN(const std::string text, text::print(as_bytes(binary)));
  return write_file(options.output, text);
}

}  // namespace

void add_wasm2wat(Tool& tool) {
  auto* command = tool.app.add_subcommand("wasm2wat", "Binary of a module or component to text");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->input, "The binary; - for standard input")->required();
  command->add_option("-o,--output", options->output, "Where to write; - for standard output");
  command->callback([&tool, options] {
    const auto result = run(*options);
    if (!result) tool.exit_code = report(result.error(), options->input);
  });
}

}  // namespace reprise::tool
