// The half of a script's run that is about core modules: definitions, instances and calls by name.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "runtime/store.hpp"
#include "wast/spectest.hpp"
#include "wast/stage.hpp"

namespace reprise::wast {

class CoreRunner : public Stage {
 public:
  static Result<std::unique_ptr<CoreRunner>> create(std::shared_ptr<const runtime::Engine> engine,
                                                    Gate& gate);

  Result<void> define(const Name& id, const std::vector<uint8_t>& binary) override;
  Result<std::optional<Trap>> instantiate(const Name& instance, const Name& definition) override;
  Result<void> register_as(const std::string& name, const Name& instance) override;
  Result<Outcome> act(const text::Action& action, std::span<const text::Pattern> expected) override;
  bool has_instance(const std::string& id) const override { return instances_.contains(id); }

 private:
  CoreRunner(std::unique_ptr<runtime::StoreCore> store, Gate& gate)
      : gate_(gate), store_(std::move(store)) {}

  Result<std::vector<runtime::Extern>> find_imports(const wasm::Module& module);
  std::optional<runtime::Extern> find(std::string_view module, std::string_view name);
  Result<runtime::InstanceId> find_instance(const Name& id) const;
  Result<Outcome> get(runtime::GlobalId id, std::span<const text::Pattern> expected);

  TrapOr<std::vector<runtime::Slot>> enter(runtime::FuncId function, std::string name,
                                           std::span<const runtime::Slot> arguments);

  Gate& gate_;
  HostContext context_;
  wit::TypeTable types_;
  wit::FuncType slots_to_slots_;
  std::unique_ptr<runtime::StoreCore> store_;
  ExternMap spectest_;
  std::map<std::string, std::shared_ptr<runtime::ModuleCode>> definitions_;
  std::shared_ptr<runtime::ModuleCode> last_definition_;
  std::map<std::string, runtime::InstanceId> instances_;
  std::optional<runtime::InstanceId> last_instance_;
  std::map<std::string, runtime::InstanceId, std::less<>> registered_;
};

}  // namespace reprise::wast
