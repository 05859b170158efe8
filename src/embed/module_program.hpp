// A core module as a program: WASI 0.1 commands and reactors, or any module whose imports are
// known. Its exports are the functions whose parameters and results are numbers; `_start` is one of
// them.

#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "embed/program.hpp"

namespace reprise::embed {

/// Gives the import of that name, ready to be opened; null when there is none. The type is what the
/// module asks for, and the answer must fit it.
using CoreImports = std::function<Result<std::unique_ptr<runtime::HostImport>>(
    std::string_view module, std::string_view name, const wasm::FuncType& type)>;

class ModuleProgram final : public Program {
 public:
  /// Resolves the imports. All that are missing are named in one error of kind `link`.
  static Result<std::unique_ptr<ModuleProgram>> link(Session& session,
                                                     std::shared_ptr<runtime::ModuleCode> code,
                                                     const CoreImports& imports);

  std::span<const Exported> exports() const override { return exports_; }
  Task<Outcome<void>> instantiate() override;
  Task<EncodedOutcome> call(const Exported& function, std::vector<uint8_t> arguments) override;
  uint64_t state_digest() const override { return digest_state(session_.core()); }
  std::shared_ptr<const wasm::Module> module_of(const Frame&) const override {
    return code_->shared_module();
  }

 private:
  ModuleProgram(Session& session, std::shared_ptr<runtime::ModuleCode> code)
      : session_(session), code_(std::move(code)) {}
  void find_exports();

  Session& session_;
  std::shared_ptr<runtime::ModuleCode> code_;
  std::vector<runtime::Extern> imports_;
  std::vector<Exported> exports_;
  runtime::InstanceId instance_;
};

}  // namespace reprise::embed
