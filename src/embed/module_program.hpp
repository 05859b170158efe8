// A core module as a program: WASI 0.1 commands and reactors, or any module whose imports are
// known. Its exports are the functions whose parameters and results are numbers; `_start` is one of
// them.

#pragma once

#include <functional>
#include <memory>
#include <optional>
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
  /// Once there is one.
  runtime::InstanceId instance() const { return *instance_; }
  bool is_component() const override { return false; }
  Outcome<Next> advance(runtime::Asker asker) override;
  Result<CoreCall> begin_call(const Exported& function, std::vector<uint8_t>&& arguments) override;
  void end_call(const CoreCall& call, std::span<const runtime::Slot> results,
                std::vector<uint8_t>& encoded) override;
  std::shared_ptr<const wasm::Module> module_of(const Frame&) const override {
    return code_->shared_module();
  }

 private:
  ModuleProgram(Session& session, std::shared_ptr<runtime::ModuleCode> code)
      : Program(session), code_(std::move(code)) {}
  void find_exports();

  std::shared_ptr<runtime::ModuleCode> code_;
  std::vector<runtime::Extern> imports_;
  std::vector<Exported> exports_;
  std::optional<runtime::InstanceId> instance_;
};

}  // namespace reprise::embed
