#include "component/link.hpp"

#include <fmt/format.h>

#include "component/call.hpp"
#include "component/instantiate.hpp"

namespace reprise::component {

/// Builds the values of the imports, and collects what is wrong with them.
class Linker {
 public:
  Linker(RootInstance& root, const HostImports& host)
      : root_(root),
        host_(host),
        component_(root.loaded().component()),
        code_(component_.root()),
        types_(component_.types()) {
    for (const BorderFunction& function : code_.imported_functions)
      functions_[{function.interface, function.name}] = &code_.func_types[function.type];
  }

  Result<void> run(OpenDoor open_door) {
    root_.open_door_ = std::move(open_door);
    InstanceValue imports;
    for (const Extern& item : component_.type().imports.items())
      imports.add(item.name, import(item));
    if (!problems_.empty()) return fail(ErrorKind::link, message());
    root_.imports_ = root_.keep(std::move(imports));
    return add_entry_points();
  }

 private:
  Item import(const Extern& item) {
    switch (item.entity.sort) {
      case Sort::func:
        return function("", item);
      case Sort::type:
        return type("", item);
      case Sort::instance:
        return instance(item);
      case Sort::module:
        return module(item);
      default:
        problem(fmt::format("{} `{}`", to_string(item.entity.sort), item.name),
                "components and values cannot be given by a host");
        return {};
    }
  }

  Item instance(const Extern& item) {
    InstanceValue value;
    for (const Extern& inner : types_.instance(item.entity.type).exports.items()) {
      switch (inner.entity.sort) {
        case Sort::func:
          value.add(inner.name, function(item.name, inner));
          break;
        case Sort::type:
          value.add(inner.name, type(item.name, inner));
          break;
        default:
          problem(fmt::format("`{}` of `{}`", inner.name, item.name),
                  "only functions and types can be given by a host in an interface");
      }
    }
    return root_.keep(std::move(value));
  }

  Item function(std::string_view interface, const Extern& item) {
    const wit::FuncType& wanted = *functions_.at({interface, item.name});
    const auto found = host_.find_function(interface, item.name);
    Callee callee;
    callee.name =
        interface.empty() ? std::string(item.name) : fmt::format("{}#{}", interface, item.name);
    if (!found) {
      problem(interface, item.name, wit::to_string(wanted));
      return {};
    }
    if (found->trap_message) {
      callee.unavailable = fmt::format("{}: {}", callee.name, *found->trap_message);
    } else if (!same_type(found->function->type, wanted)) {
      problem(fmt::format("`{}`", callee.name),
              fmt::format("the component wants {}, the host has {}", wit::to_string(wanted),
                          wit::to_string(found->function->type)));
      return {};
    } else {
      callee.host = found->function;
    }
    return root_.keep(std::move(callee));
  }

  Item type(std::string_view interface, const Extern& item) {
    const TypeDef& def = types_[item.entity.type];
    if (def.kind != TypeKind::resource) return {};
    // A resource that another import has brought in already.
    if (const auto known = resources_.find(def.resource); known != resources_.end())
      return known->second;
    const auto found = host_.find_resource(interface, item.name);
    if (!found) {
      problem(interface, item.name, "resource");
      return {};
    }
    // Versions of one interface share their resources.
    const std::string key = fmt::format("{}#{}", canonical_name(interface), item.name);
    const ResourceType*& shared = by_name_[key];
    if (!shared) {
      ResourceType made;
      made.name = interface.empty()
                      ? std::string(item.name)
                      : fmt::format("{}.{}", interface.substr(0, interface.find('@')), item.name);
      if (found->resource) made.on_drop = found->resource->on_drop;
      shared = root_.keep(std::move(made));
    }
    resources_[def.resource] = shared;
    return shared;
  }

  Item module(const Extern& item) {
    const auto* found = host_.find_module(item.name);
    if (!found) {
      problem("", item.name, "core module");
      return {};
    }
    auto actual = module_type_of(**found);
    auto matched =
        actual ? match_modules(*component_.registry(), *actual, types_.module(item.entity.type))
               : Result<void>(fail(std::move(actual.error())));
    if (!matched) {
      problem(fmt::format("core module `{}`", item.name), matched.error().message);
      return {};
    }
    return root_.store().engine().load(*found);
  }

  /// Names of parameters are the callee's own business, and so is whether it waits.
  static bool same_type(const wit::FuncType& a, const wit::FuncType& b) {
    if (a.params.size() != b.params.size() || !a.result != !b.result) return false;
    for (size_t i = 0; i < a.params.size(); ++i)
      if (!wit::equal_by_name(a.params[i].type, b.params[i].type)) return false;
    return !a.result || wit::equal_by_name(a.result, b.result);
  }

  void problem(std::string_view interface, std::string_view name, std::string_view type) {
    problem(interface.empty() ? fmt::format("`{}`", name)
                              : fmt::format("`{}` of `{}`", name, interface),
            fmt::format("{}: the host has none", type));
  }
  void problem(std::string what, std::string why) {
    problems_.push_back(fmt::format("{}: {}", what, why));
  }

  std::string message() const {
    std::string text = fmt::format("the component cannot be linked: {} import{} missing",
                                   problems_.size(), problems_.size() == 1 ? " is" : "s are");
    for (const std::string& line : problems_) text += "\n  " + line;
    return text;
  }

  Result<void> add_entry_points() {
    wasm::TypeRegistry& registry = root_.store().types();
    REPRISE_ASSIGN(const wasm::TypeId nothing, registry.intern_func({}, {}));
    REPRISE_ASSIGN(root_.instantiate_, root_.add_native(nothing, {.step = instantiate_step,
                                                                  .data = &root_,
                                                                  .owner = nullptr,
                                                                  .call_slots = 0,
                                                                  .name = "[instantiate]"}));
    REPRISE_ASSIGN(const wasm::TypeId one, registry.intern_func({wasm::kI64}, {}));
    REPRISE_ASSIGN(root_.call_, root_.add_native(one, {.step = host_call_step,
                                                       .data = &root_,
                                                       .owner = nullptr,
                                                       .call_slots = wit::kMaxFlatParams,
                                                       .name = "[call]",
                                                       .frame_format = &kHostCallFormat}));
    return ok();
  }

  RootInstance& root_;
  const HostImports& host_;
  const Component& component_;
  const ComponentCode& code_;
  const Types& types_;
  std::map<std::pair<std::string_view, std::string_view>, const wit::FuncType*> functions_;
  std::unordered_map<ResourceId, const ResourceType*> resources_;
  std::map<std::string, const ResourceType*> by_name_;
  std::vector<std::string> problems_;
};

Result<std::unique_ptr<RootInstance>> link(runtime::StoreCore& store,
                                           std::shared_ptr<const LoadedComponent> loaded,
                                           const HostImports& imports, HostContext& context,
                                           OpenDoor open_door) {
  auto root = std::make_unique<RootInstance>(store, std::move(loaded), context);
  REPRISE_TRY(Linker(*root, imports).run(std::move(open_door)));
  return root;
}

}  // namespace reprise::component
