#include "component/instance.hpp"

namespace reprise::component {

// spec: ComponentInstance.entering_set: this instance and its ancestors, without those that the
// caller is in already. Ancestors that are not the caller's come first on the way up.
bool ComponentInstance::may_enter_from(const ComponentInstance* caller) const {
  for (const ComponentInstance* i = this; i && !i->is_or_contains(caller); i = i->parent)
    if (!i->may_enter) return false;
  return true;
}

void ComponentInstance::set_may_enter(const ComponentInstance* caller, bool value) {
  for (ComponentInstance* i = this; i && !i->is_or_contains(caller); i = i->parent)
    i->may_enter = value;
}

LoadedComponent::LoadedComponent(const runtime::Engine& engine,
                                 std::shared_ptr<const Component> component)
    : component_(std::move(component)) {
  load(engine, component_->root());
}

void LoadedComponent::load(const runtime::Engine& engine, const ComponentCode& code) {
  for (const auto& module : code.modules) {
    modules_.push_back(engine.load(module));
    code_.emplace(module.get(), modules_.back());
  }
  for (const auto& nested : code.nested) load(engine, *nested);
}

RootInstance::RootInstance(runtime::StoreCore& store, std::shared_ptr<const LoadedComponent> loaded,
                           HostContext& context)
    : store_(store), loaded_(std::move(loaded)), context_(context) {}

RootInstance::~RootInstance() = default;

const ExportedFunction* RootInstance::find(std::string_view interface,
                                           std::string_view name) const {
  for (const ExportedFunction& item : exports_)
    if (item.interface == interface && item.name == name) return &item;
  return nullptr;
}

uint64_t RootInstance::begin_call(const ExportedFunction& function,
                                  std::vector<uint8_t> arguments) {
  uint64_t id = next_call_;
  if (expected_calls_.empty()) {
    ++next_call_;
  } else {
    id = expected_calls_.back();
    expected_calls_.pop_back();
  }
  calls_.emplace(id,
                 std::make_unique<HostCall>(HostCall{
                     .callee = function.callee, .arguments = std::move(arguments), .results = {}}));
  return id;
}

std::vector<uint8_t> RootInstance::end_call(uint64_t id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return {};
  std::vector<uint8_t> results = found->second->results.take();
  calls_.erase(found);
  return results;
}

HostCall* RootInstance::call_at(uint64_t id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

uint32_t RootInstance::note_live(const LiveCall& call) {
  live_calls_.push_back(call);
  return static_cast<uint32_t>(live_calls_.size());
}

bool RootInstance::put_back_live(uint32_t number, const LiveCall& call) {
  if (number == 0 || number > live_calls_.size() || live_calls_[number - 1].scope) return false;
  live_calls_[number - 1] = call;
  return true;
}

void RootInstance::finish(InstanceValue& exports) {
  const ComponentCode& code = loaded_->component().root();
  for (const BorderFunction& function : code.exported_functions) {
    const InstanceValue* from = &exports;
    if (!function.interface.empty()) {
      const Item* item = exports.find(function.interface);
      from = item ? std::get<InstanceValue*>(*item) : nullptr;
    }
    const Item* item = from ? from->find(function.name) : nullptr;
    if (!item) continue;
    exports_.push_back({function.interface, function.name, &code.func_types[function.type],
                        std::get<Callee*>(*item)});
  }
  find_destructors("", exports);
  for (const auto& [name, item] : exports.items)
    if (const auto* inner = std::get_if<InstanceValue*>(&item)) find_destructors(name, **inner);
  instantiated_ = true;
}

void RootInstance::find_destructors(std::string_view interface, const InstanceValue& exports) {
  for (const auto& [name, item] : exports.items) {
    const auto* type = std::get_if<const ResourceType*>(&item);
    if (type && *type && (*type)->implementer && (*type)->destructor)
      destructors_.push_back({interface, name, *type});
  }
}

}  // namespace reprise::component
