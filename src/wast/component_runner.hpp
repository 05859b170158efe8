// The half of a script's run that is about components. Its components import nothing from a host.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "component/link.hpp"
#include "runtime/store.hpp"
#include "wast/gate.hpp"
#include "wast/stage.hpp"

namespace reprise::wast {

class ComponentRunner : public Stage {
 public:
  static Result<std::unique_ptr<ComponentRunner>> create(
      std::shared_ptr<const runtime::Engine> engine, Gate& gate);

  Result<void> define(const Name& id, const std::vector<uint8_t>& binary) override;
  Result<std::optional<Trap>> instantiate(const Name& instance, const Name& definition) override;
  Result<void> register_as(const std::string& name, const Name& instance) override;
  Result<Outcome> act(const text::Action& action, std::span<const text::Pattern> expected) override;
  bool has_instance(const std::string& id) const override { return instances_.contains(id); }

 private:
  ComponentRunner(std::unique_ptr<runtime::StoreCore> store, Gate& gate)
      : gate_(gate), store_(std::move(store)) {}
  Result<component::RootInstance*> find_instance(const Name& id) const;

  Gate& gate_;
  std::unique_ptr<runtime::StoreCore> store_;
  component::HostImports imports_;
  HostContext context_;
  std::map<std::string, std::shared_ptr<const component::LoadedComponent>> definitions_;
  std::shared_ptr<const component::LoadedComponent> last_definition_;
  std::vector<std::unique_ptr<component::RootInstance>> roots_;
  std::map<std::string, component::RootInstance*> instances_;
  component::RootInstance* last_instance_ = nullptr;
};

}  // namespace reprise::wast
