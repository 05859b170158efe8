// A component as a program.

#pragma once

#include <memory>
#include <vector>

#include "component/link.hpp"
#include "embed/host_library.hpp"
#include "embed/program.hpp"

namespace reprise::embed {

class ComponentProgram final : public Program {
 public:
  /// All imports that are missing or of another type are named in one error of kind `link`.
  static Result<std::unique_ptr<ComponentProgram>> link(
      Session& session, std::shared_ptr<const component::LoadedComponent> loaded,
      const HostLibrary& library);

  std::span<const Exported> exports() const override { return exports_; }
  Task<Outcome<void>> instantiate() override;
  Task<EncodedOutcome> call(const Exported& function, std::vector<uint8_t> arguments) override;
  uint64_t state_digest() const override { return digest_state(session_.core()); }
  std::shared_ptr<const wasm::Module> module_of(const Frame& frame) const override;

 private:
  ComponentProgram(Session& session, std::shared_ptr<const component::LoadedComponent> loaded)
      : session_(session), loaded_(std::move(loaded)) {}

  Session& session_;
  std::shared_ptr<const component::LoadedComponent> loaded_;
  std::unique_ptr<component::RootInstance> root_;
  std::vector<Exported> exports_;
};

}  // namespace reprise::embed
