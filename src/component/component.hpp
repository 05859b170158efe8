// A component that was read and validated: an immutable object, shared by all its instances.
//
// What remains of the binary is a *plan*: the definitions that do something at run time, in order.
// Running the plan is instantiation (instantiate.hpp). Each step appends to one of the index spaces
// that the binary has, so indices in steps mean what they mean in the binary. Types are gone,
// except the function types that canonical definitions need, and except resources: each resource
// type that a component can mention has a *slot* in it, a number that the types of its functions
// carry as wit::Resource::id, and that a running instance maps to the resource type it stands for
// there.
//
// Components nest. A nested component is a closure: the modules and components that it takes from
// around it (`alias outer`) are listed in `captures`, and collected when its definition is met.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "component/abi/context.hpp"
#include "component/abi/integers.hpp"
#include "component/types.hpp"
#include "text/canon.hpp"
#include "wasm/module.hpp"
#include "wit/type.hpp"

namespace reprise::component {

using text::CanonOp;

/// Names are views into the file.
using Name = std::string_view;

inline constexpr uint32_t kNoIndex = UINT32_MAX;

/// spec: Binary.md §canonopt. Indices are into the core index spaces of the component.
struct CanonOptions {
  abi::StringEncoding encoding = abi::StringEncoding::utf8;
  bool is_async = false;
  uint32_t memory = kNoIndex;
  uint32_t realloc = kNoIndex;
  uint32_t post_return = kNoIndex;
  uint32_t callback = kNoIndex;
  /// Of the memory; 32 bits without one.
  abi::PointerWidth width = abi::PointerWidth::memory32;
};

namespace step {

/// Takes what is supplied under the name, and appends it to its sort's index space.
struct Import {
  Name name;
  Sort sort;
  uint32_t slot = kNoIndex;  ///< of a resource type
};
struct CoreModule {
  uint32_t module;  ///< ComponentCode::modules
};
struct DefineComponent {
  uint32_t component;  ///< ComponentCode::nested
};
struct CoreInstantiate {
  struct Argument {
    Name name;
    uint32_t instance;
  };
  uint32_t module;
  std::vector<Argument> arguments;
};
struct CoreBundle {
  struct Item {
    Name name;
    wasm::ExternKind kind;
    uint32_t index;
  };
  std::vector<Item> items;
};
/// A definition under a name: an argument, or an export. For a type that is a resource the index is
/// its slot; other types have none, and stand here only so that they are not missed.
struct Named {
  Name name;
  Sort sort;
  uint32_t index;
};
struct Instantiate {
  uint32_t component;
  std::vector<Named> arguments;
};
struct Bundle {
  std::vector<Named> items;
};
struct AliasExport {
  uint32_t instance;
  Name name;
  Sort sort;
};
struct AliasCoreExport {
  uint32_t instance;
  Name name;
  wasm::ExternKind kind;
};
/// A module or component of this component again.
struct AliasLocal {
  Sort sort;
  uint32_t index;
};
/// A module or component from around this one.
struct AliasCapture {
  Sort sort;
  uint32_t capture;
};
struct DefineResource {
  uint32_t slot;
  uint32_t destructor = kNoIndex;  ///< core function
};
/// The slot stands for the resource type at the end of a path of exports.
struct BindResource {
  uint32_t slot;
  uint32_t instance;
  std::vector<Name> path;
};
/// Two slots stand for the same resource type (an export that hid what it is).
struct ShareResource {
  uint32_t slot;
  uint32_t from;
};
struct Lift {
  uint32_t core_function;
  CanonOptions options;
  uint32_t type;  ///< ComponentCode::func_types
};
struct Lower {
  uint32_t function;
  CanonOptions options;
  uint32_t type;
  wasm::TypeId core_type;
};
/// resource.new, resource.drop, resource.rep.
struct ResourceBuiltin {
  CanonOp op;
  uint32_t slot;
  wasm::TypeId core_type;
};
/// All other built-ins.
struct Builtin {
  CanonOp op;
  CanonOptions options;
  bool flag = false;              ///< async or cancellable
  uint32_t type = kNoIndex;       ///< stream, future: ComponentCode::value_types
  uint32_t func_type = kNoIndex;  ///< task.return: ComponentCode::func_types, without parameters
  uint32_t index = 0;             ///< context.get and .set: which; memory or table
  wasm::TypeId core_type;
};
struct Export {
  Named item;
};

}  // namespace step

using Step =
    std::variant<step::Import, step::CoreModule, step::DefineComponent, step::CoreInstantiate,
                 step::CoreBundle, step::Instantiate, step::Bundle, step::AliasExport,
                 step::AliasCoreExport, step::AliasLocal, step::AliasCapture, step::DefineResource,
                 step::BindResource, step::ShareResource, step::Lift, step::Lower,
                 step::ResourceBuiltin, step::Builtin, step::Export>;

/// What a nested component takes from the one around it: one of its definitions, or one of its own
/// captures.
struct Capture {
  Sort sort;
  uint32_t index;
  bool from_capture;
};

/// A function that a component imports, or exports: by itself, or in an instance.
struct BorderFunction {
  Name interface;  ///< the instance's name; empty if the function stands by itself
  Name name;
  uint32_t type;  ///< ComponentCode::func_types
};

/// A resource type that a component imports: by itself, or in an instance.
struct BorderResource {
  Name interface;
  Name name;
  uint32_t slot;
};

/// One component definition: the whole file, or a nested one.
struct ComponentCode {
  TypeId type;
  std::vector<Step> plan;
  std::vector<Capture> captures;
  std::vector<std::shared_ptr<const wasm::Module>> modules;
  std::vector<std::unique_ptr<const ComponentCode>> nested;

  wit::TypeTable table;
  std::vector<wit::FuncType> func_types;
  /// The types of each one's parameters, and of its result if it has one.
  std::vector<std::vector<wit::Type>> func_params, func_results;
  /// Of those that travel flat and are nothing else.
  std::vector<std::optional<abi::Integers>> func_integer_params, func_integer_results;
  std::vector<wit::Type> value_types;
  /// The names of resources by slot, as types and traces show them: "wasi:io/streams.pollable".
  std::vector<std::string> resource_names;
  /// The whole file only: what its host gives and gets, instances opened one level deep.
  std::vector<BorderFunction> imported_functions, exported_functions;
  std::vector<BorderResource> imported_resources;
  /// Where in the file it lies.
  uint64_t offset = 0, size = 0;
  /// From the `component-name` section; may be empty.
  Name name;
};

class Component {
 public:
  Component(wasm::ModuleBytes source, std::shared_ptr<wasm::TypeRegistry> registry)
      : source_(std::move(source)), registry_(std::move(registry)) {}

  const ComponentCode& root() const { return *root_; }
  /// The types of its imports and exports: `types().component(root().type)`.
  const Types& types() const { return types_; }
  const ComponentType& type() const { return types_.component(root_->type); }
  const std::shared_ptr<wasm::TypeRegistry>& registry() const { return registry_; }
  Bytes bytes() const { return source_.bytes; }

 private:
  friend class ComponentReader;
  wasm::ModuleBytes source_;
  std::shared_ptr<wasm::TypeRegistry> registry_;
  Types types_;
  std::unique_ptr<const ComponentCode> root_;
};

/// Reads and validates everything but the function bodies of core modules: those are validated when
/// they are first called, or by validate_bodies. A component of 12 MB is mostly bodies that a run
/// never enters. Errors: `malformed`, `invalid`, `limit`, and `unsupported` for features that have
/// not shipped; offsets are from the start of the file. The component shares `source.owner`.
Result<std::shared_ptr<const Component>> read_component(
    wasm::ModuleBytes source, std::shared_ptr<wasm::TypeRegistry> registry);
Result<std::shared_ptr<const Component>> read_component(
    std::vector<uint8_t> bytes, std::shared_ptr<wasm::TypeRegistry> registry);

/// Validates the function bodies of all core modules inside. The error is that of the first one.
Result<void> validate_bodies(const Component& component);

/// What the first eight bytes say a file is.
enum class BinaryKind : uint8_t { neither, module, component };
BinaryKind binary_kind(Bytes bytes);

}  // namespace reprise::component
