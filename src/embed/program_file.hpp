// The file that a command was given: a component or a core module, read and made ready to be
// linked.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "component/component.hpp"
#include "component/instance.hpp"
#include "runtime/engine.hpp"

namespace reprise::embed {

struct ProgramFile {
  std::string path;
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  std::shared_ptr<const runtime::Engine> engine;
  // One of the two.
  std::shared_ptr<const component::LoadedComponent> component;
  std::shared_ptr<runtime::ModuleCode> module;

  /// Validates and lowers every function now.
  Result<void> lower_all() const;
  /// Only validates them: what a recording wants, so that what is wrong with a body is found before
  /// there is a trace, and not somewhere in it. It takes a fifth of the time.
  Result<void> validate() const;
};

/// The binary in a file that holds it, or text by its ending (`.wat`).
Result<std::vector<uint8_t>> read_program(const std::string& path);
/// The same, loaded.
Result<ProgramFile> load_program(const std::string& path,
                                 const runtime::EngineOptions& options = {});
/// From bytes, e.g. those embedded in a trace; for an engine of its own, or for this one.
Result<ProgramFile> load_program(std::string path, std::vector<uint8_t> bytes,
                                 std::shared_ptr<const runtime::Engine> engine);
Result<ProgramFile> load_program(std::string path, std::vector<uint8_t> bytes,
                                 const runtime::EngineOptions& options = {});

}  // namespace reprise::embed
