// reprise wat2wasm FILE [-o OUT]: a text of a module or component to a binary.

#include <memory>
#include <string>

#include "text/wat.hpp"
#include "tool/commands.hpp"
#include "tool/files.hpp"

namespace reprise::tool {

namespace {

struct Options {
  std::string input;
  std::string output;
  bool strip = false;
};

/// `dir/app.wat` gives `app.wasm`.
std::string default_output(const std::string& input) {
  const size_t slash = input.rfind('/');
  std::string name = slash == std::string::npos ? input : input.substr(slash + 1);
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0) name.resize(dot);
  return name + ".wasm";
}

Result<void> run(const Options& options) {
  REPRISE_ASSIGN(const std::string text, read_file(options.input));
  REPRISE_ASSIGN(const auto bytes, text::encode(text, options.input, {.names = !options.strip}));
  return write_file(options.output.empty() ? default_output(options.input) : options.output,
                    {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

void add_wat2wasm(Tool& tool) {
  auto* command = tool.app.add_subcommand("wat2wasm", "Text of a module or component to a binary");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->input, "The text; - for standard input")->required();
  command->add_option("-o,--output", options->output, "Where to write; - for standard output");
  command->add_flag("--strip", options->strip, "Leave out the name section");
  command->callback([&tool, options] {
    const auto result = run(*options);
    if (!result) tool.exit_code = report(result.error());
  });
}

}  // namespace reprise::tool
