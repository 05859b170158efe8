// A running component: its instances, and what is in their index spaces.
//
// A root instance is made by linking a component with what a host gives (link.hpp) and then running
// its plan (instantiate.hpp). It owns everything that comes of it: component instances, functions,
// resource types. Core modules' instances belong to the store. Nothing in it moves, so parts refer
// to each other by plain pointers; all of them die together, with the root.

#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "component/component.hpp"
#include "component/handles.hpp"
#include "runtime/store.hpp"

namespace reprise::component {

class RootInstance;
struct ComponentInstance;
struct InstanceValue;
struct ComponentValue;
struct Callee;

/// Canonical options with their indices looked up.
struct Options {
  abi::StringEncoding encoding = abi::StringEncoding::utf8;
  abi::PointerWidth width = abi::PointerWidth::memory32;
  bool is_async = false;
  runtime::MemoryId memory;
  runtime::FuncId realloc;
  runtime::FuncId post_return;
};

/// A function type as lifting and lowering want it.
struct Signature {
  const wit::FuncType* type = nullptr;
  std::span<const wit::Type> params;
  /// One or none.
  std::span<const wit::Type> results;
  /// Null where one of them is something else, or they don't travel flat.
  const abi::Integers* integer_params = nullptr;
  const abi::Integers* integer_results = nullptr;
};

/// A component-level function.
struct Callee {
  /// `canon lift`; else a function of the host.
  ComponentInstance* instance = nullptr;
  runtime::FuncId core;
  Options options;
  Signature signature;
  /// Flat results of the core function: what post-return takes.
  uint32_t core_results = 0;
  uint32_t core_params = 0;

  const runtime::HostFunction* host = nullptr;
  /// With neither: what a call traps with.
  std::string unavailable;
  /// For backtraces and messages.
  std::string name;
};

/// What a name stands for. A type that is no resource stands for nothing.
using Item = std::variant<std::monostate, Callee*, const ResourceType*, InstanceValue*,
                          const ComponentValue*, std::shared_ptr<runtime::ModuleCode>>;

struct InstanceValue {
  std::vector<std::pair<std::string_view, Item>> items;
  std::unordered_map<std::string_view, uint32_t> index;

  void add(std::string_view name, Item item) {
    index.emplace(name, static_cast<uint32_t>(items.size()));
    items.emplace_back(name, std::move(item));
  }
  const Item* find(std::string_view name) const {
    const auto found = index.find(name);
    return found == index.end() ? nullptr : &items[found->second].second;
  }
};

/// A component with what it took from around it.
struct ComponentValue {
  const ComponentCode* code = nullptr;
  std::vector<Item> captures;
};

/// A core instance: a module's, or a bundle.
struct CoreInstance {
  runtime::InstanceId instance;
  std::unordered_map<std::string_view, runtime::Extern> bundle;
};

/// A call of a function that was lifted with `async`: its result comes through task.return, while
/// the core function runs (spec: CanonicalABI.md §Task State).
struct AsyncTask {
  const Callee* callee = nullptr;
  /// Takes the result from the flat values that task.return was given.
  std::function<TrapOr<void>(runtime::NativeCall& call, std::span<const runtime::Slot> flat)> give;
  bool returned = false;
};

/// A call of a lifted function that is going on, while a state is frozen or put back (freeze.hpp).
struct LiveCall {
  CallScope* scope = nullptr;
  AsyncTask* task = nullptr;
  AsyncTask** outer_task = nullptr;
  Lenders* lenders = nullptr;
  /// Whose handles the lenders are; null if there are none.
  const HandleTable* lent_by = nullptr;
};

struct ComponentInstance {
  RootInstance* root = nullptr;
  const ComponentCode* code = nullptr;
  ComponentInstance* parent = nullptr;

  // spec: CanonicalABI.md §Component Instances.
  bool may_enter = true;
  bool may_leave = true;
  HandleTable handles;
  uint32_t backpressure = 0;
  /// context.get and .set of the call that runs in the instance now. Calls into an instance are
  /// last in, first out, so each puts its caller's back.
  std::array<uint32_t, 2> context{};
  /// That call's task, if it was lifted with `async`; and whether it may wait for something, which
  /// is what an async function type says.
  AsyncTask* task = nullptr;
  bool may_block = false;
  /// Where its lowered imports keep what is lent to calls that are going on.
  std::vector<LenderPool*> lender_pools;

  /// By slot.
  std::vector<const ResourceType*> resources;
  std::vector<Item> captures;

  std::vector<runtime::FuncId> core_funcs;
  std::vector<runtime::TableId> core_tables;
  std::vector<runtime::MemoryId> core_memories;
  std::vector<runtime::GlobalId> core_globals;
  std::vector<runtime::TagId> core_tags;
  std::vector<std::shared_ptr<runtime::ModuleCode>> core_modules;
  std::vector<CoreInstance> core_instances;
  std::vector<Callee*> funcs;
  std::vector<InstanceValue*> instances;
  std::vector<const ComponentValue*> components;

  bool is_or_contains(const ComponentInstance* other) const {
    for (; other; other = other->parent)
      if (other == this) return true;
    return false;
  }
  /// spec: may_enter_from, enter_from, leave_to. `caller` is null when the host calls.
  bool may_enter_from(const ComponentInstance* caller) const;
  void enter_from(const ComponentInstance* caller) { set_may_enter(caller, false); }
  void leave_to(const ComponentInstance* caller) { set_may_enter(caller, true); }

 private:
  void set_may_enter(const ComponentInstance* caller, bool value);
};

/// A function that a root instance exports.
struct ExportedFunction {
  std::string_view interface;
  std::string_view name;
  const wit::FuncType* type = nullptr;
  Callee* callee = nullptr;
};

/// A component and the code of its modules, ready to be instantiated again and again.
class LoadedComponent {
 public:
  LoadedComponent(const runtime::Engine& engine, std::shared_ptr<const Component> component);

  const Component& component() const { return *component_; }
  const std::shared_ptr<runtime::ModuleCode>& code_of(const wasm::Module& module) const {
    return code_.at(&module);
  }
  /// Every module, in the order of the file.
  std::span<const std::shared_ptr<runtime::ModuleCode>> modules() const { return modules_; }

 private:
  void load(const runtime::Engine& engine, const ComponentCode& code);

  std::shared_ptr<const Component> component_;
  std::unordered_map<const wasm::Module*, std::shared_ptr<runtime::ModuleCode>> code_;
  std::vector<std::shared_ptr<runtime::ModuleCode>> modules_;
};

/// A call from the host, while it is going on.
struct HostCall {
  Callee* callee = nullptr;
  std::vector<uint8_t> arguments;
  ByteWriter results;
};

class RootInstance {
 public:
  RootInstance(runtime::StoreCore& store, std::shared_ptr<const LoadedComponent> loaded,
               HostContext& context);
  ~RootInstance();
  RootInstance(const RootInstance&) = delete;
  RootInstance& operator=(const RootInstance&) = delete;

  runtime::StoreCore& store() { return store_; }
  const LoadedComponent& loaded() const { return *loaded_; }
  HostContext& context() { return context_; }

  /// A core function without parameters or results that runs the plan, and with it the start
  /// functions of core modules. To be called once, before anything else.
  runtime::FuncId instantiate_function() const { return instantiate_; }
  bool is_instantiated() const { return instantiated_; }

  /// Once instantiated: the functions that are exported by themselves or in an instance.
  std::span<const ExportedFunction> exports() const { return exports_; }
  /// Resources of guests that are exported, and have a destructor.
  struct ExportedDestructor {
    std::string_view interface;
    std::string_view name;
    const ResourceType* type;
  };
  std::span<const ExportedDestructor> destructors() const { return destructors_; }
  /// Exact names; null if there is none.
  const ExportedFunction* find(std::string_view interface, std::string_view name) const;

  /// To call an export: begin_call gives the one argument for call_function(), whose call then
  /// leaves the encoded results for end_call. An own handle of a guest's resource is its rep.
  runtime::FuncId call_function() const { return call_; }
  uint64_t begin_call(const ExportedFunction& function, std::vector<uint8_t> arguments);
  /// Forgets the call; gives its results if it returned.
  std::vector<uint8_t> end_call(uint64_t id);

  // For linking and instantiation.
  template <class T>
  T* keep(T made) {
    auto& list = std::get<std::deque<std::unique_ptr<T>>>(kept_);
    list.push_back(std::make_unique<T>(std::move(made)));
    return list.back().get();
  }
  /// Calls `visit` with each component instance, in the order in which they were made.
  template <class Visit>
  void each_instance(Visit visit) const {
    for (const auto& instance : std::get<std::deque<std::unique_ptr<ComponentInstance>>>(kept_))
      visit(*instance);
  }
  /// What must live as long as the instance does.
  void keep_alive(std::shared_ptr<void> owner) { owners_.push_back(std::move(owner)); }
  Result<runtime::FuncId> add_native(wasm::TypeId type, runtime::NativeFunction function) {
    return store_.add_native(type, std::move(function));
  }
  /// Puts a door behind an import (link.hpp).
  runtime::NativeStepFunction open_door(runtime::HostImport& import) { return open_door_(import); }
  HostCall* call_at(uint64_t id);

  // While a state is frozen or put back (freeze.hpp).
  /// The number that the call has from now on; counted from 1.
  uint32_t note_live(const LiveCall& call);
  /// False if it has been said already, or makes no sense.
  bool put_back_live(uint32_t number, const LiveCall& call);
  /// False the second time.
  bool begin_instantiation() { return !std::exchange(begun_, true); }
  const InstanceValue& imports() const { return *imports_; }
  void finish(InstanceValue& exports);

 private:
  friend class Linker;
  friend class InstanceFreezer;
  using Kept =
      std::tuple<std::deque<std::unique_ptr<Callee>>, std::deque<std::unique_ptr<ResourceType>>,
                 std::deque<std::unique_ptr<InstanceValue>>,
                 std::deque<std::unique_ptr<ComponentValue>>,
                 std::deque<std::unique_ptr<ComponentInstance>>>;

  runtime::StoreCore& store_;
  std::shared_ptr<const LoadedComponent> loaded_;
  HostContext& context_;
  std::function<runtime::NativeStepFunction(runtime::HostImport&)> open_door_;
  Kept kept_;
  std::vector<std::shared_ptr<void>> owners_;
  /// What the host gives for the imports, by name.
  InstanceValue* imports_ = nullptr;
  runtime::FuncId instantiate_;
  runtime::FuncId call_;
  bool begun_ = false;
  bool instantiated_ = false;
  void find_destructors(std::string_view interface, const InstanceValue& exports);

  std::vector<ExportedFunction> exports_;
  std::vector<ExportedDestructor> destructors_;
  std::unordered_map<uint64_t, std::unique_ptr<HostCall>> calls_;
  uint64_t next_call_ = 1;
  /// Ids for the next calls, the first one last: they were frozen under them.
  std::vector<uint64_t> expected_calls_;
  std::vector<LiveCall> live_calls_;
};

}  // namespace reprise::component
