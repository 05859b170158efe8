// A component as a program.

#pragma once

#include <memory>
#include <vector>

#include "component/freeze.hpp"
#include "component/instantiate.hpp"
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
  bool is_component() const override { return true; }
  std::vector<HeldHandle> handles() const override;
  Outcome<Next> advance(runtime::Asker asker) override;
  Result<CoreCall> begin_call(const Exported& function, std::vector<uint8_t>&& arguments) override;
  void end_call(const CoreCall& call, std::span<const runtime::Slot> results,
                std::vector<uint8_t>& encoded) override;
  std::shared_ptr<const wasm::Module> module_of(const Frame& frame) const override;

  void begin_freezing() override { component::begin_freezing(*root_); }
  void freeze(ByteWriter& out) override { component::freeze_instances(*root_, out); }
  Result<void> begin_thawing(ByteReader& in) override {
    return component::begin_thawing(*root_, in);
  }
  Result<void> thaw(ByteReader& in) override { return component::thaw_instances(*root_, in); }

 private:
  ComponentProgram(Session& session, std::shared_ptr<const component::LoadedComponent> loaded)
      : Program(session), loaded_(std::move(loaded)) {}

  Result<CoreCall> begin_drop(const Exported& function, Bytes arguments);

  std::shared_ptr<const component::LoadedComponent> loaded_;
  std::unique_ptr<component::RootInstance> root_;
  /// While the program is being instantiated.
  std::unique_ptr<component::Instantiating> instantiating_;
  std::vector<Exported> exports_;
};

}  // namespace reprise::embed
