#include "embed/program_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/os/whole_file.hpp"
#include "code/interpreter.hpp"
#include "text/wat.hpp"
#include "wasm/reader.hpp"
#include "wasm/validate.hpp"

namespace reprise::embed {

namespace {

/// A trace holds the binary, under the name of the text.
Result<std::vector<uint8_t>> binary_of(const std::string& path, std::vector<uint8_t> bytes) {
  if (!path.ends_with(".wat") || component::binary_kind(bytes) != component::BinaryKind::neither)
    return bytes;
  return text::encode(as_text(bytes), path);
}

}  // namespace

Result<std::vector<uint8_t>> read_program(const std::string& path) {
  REPRISE_ASSIGN(std::vector<uint8_t> bytes, read_bytes(path));
  return binary_of(path, std::move(bytes));
}

Result<ProgramFile> load_program(const std::string& path, const runtime::EngineOptions& options) {
  REPRISE_ASSIGN(std::vector<uint8_t> bytes, read_bytes(path));
  return load_program(path, std::move(bytes), options);
}

Result<ProgramFile> load_program(std::string path, std::vector<uint8_t> bytes,
                                 const runtime::EngineOptions& options) {
  return load_program(std::move(path), std::move(bytes), code::make_engine(options));
}

Result<ProgramFile> load_program(std::string path, std::vector<uint8_t> bytes,
                                 std::shared_ptr<const runtime::Engine> engine) {
  ProgramFile program;
  program.path = std::move(path);
  program.engine = std::move(engine);
  REPRISE_ASSIGN(bytes, binary_of(program.path, std::move(bytes)));
  auto shared = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  program.bytes = shared;
  const wasm::ModuleBytes source{.bytes = *shared, .owner = shared, .base = 0};
  const auto load = [&]() -> Result<void> {
    switch (component::binary_kind(*shared)) {
      case component::BinaryKind::component: {
        REPRISE_ASSIGN(auto component, component::read_component(source, program.engine->types()));
        program.component =
            std::make_shared<component::LoadedComponent>(*program.engine, std::move(component));
        return ok();
      }
      case component::BinaryKind::module: {
        REPRISE_ASSIGN(auto module, wasm::read_module(source, program.engine->types()));
        program.module = program.engine->load(std::move(module));
        return ok();
      }
      case component::BinaryKind::neither:
        break;
    }
    return fail(ErrorKind::malformed,
                "neither a component nor a core module: it does not begin with \\0asm");
  };
  if (auto loaded = load(); !loaded) return fail(std::move(loaded.error()).in(program.path));
  return program;
}

Result<void> ProgramFile::lower_all() const {
  if (module) return module->lower_all();
  for (const auto& code : component->modules()) REPRISE_TRY(code->lower_all());
  return ok();
}

Result<void> ProgramFile::validate() const {
  if (module) return wasm::validate_module(module->module());
  for (const auto& code : component->modules()) REPRISE_TRY(wasm::validate_module(code->module()));
  return ok();
}

}  // namespace reprise::embed
