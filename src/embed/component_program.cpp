#include "embed/component_program.hpp"

namespace reprise::embed {

constexpr std::string_view kDrop = "[resource-drop]";

namespace {

/// The host's type with the component's names for its parameters: C++ functions have none.
wit::FuncType with_names_of(wit::FuncType type, const wit::FuncType& named) {
  if (type.params.size() == named.params.size())
    for (size_t i = 0; i < type.params.size(); ++i) type.params[i].name = named.params[i].name;
  return type;
}

/// Names everything that the component may call, before it can.
void define_imports(replay::Recorder& recorder, const component::Component& component,
                    const component::HostImports& imports) {
  const component::ComponentCode& code = component.root();
  const auto define = [&](const runtime::HostFunction* f, wit::FuncType type) {
    recorder.define(trace::Direction::imported, f->interface, f->name, type);
  };
  for (const component::BorderFunction& function : code.imported_functions)
    if (auto found = imports.find_function(function.interface, function.name))
      if (const runtime::HostFunction* f = found->function)
        define(f, with_names_of(f->type, code.func_types[function.type]));
  for (const component::BorderResource& resource : code.imported_resources)
    if (auto found = imports.find_resource(resource.interface, resource.name))
      if (const auto* f = found->resource ? found->resource->on_drop : nullptr) define(f, f->type);
}

}  // namespace

Result<std::unique_ptr<ComponentProgram>> ComponentProgram::link(
    Session& session, std::shared_ptr<const component::LoadedComponent> loaded,
    const HostLibrary& library) {
  std::unique_ptr<ComponentProgram> program(new ComponentProgram(session, loaded));
  if (session.recorder())
    define_imports(*session.recorder(), program->loaded_->component(), library.imports());
  REPRISE_ASSIGN(program->root_,
                 component::link(session.core(), std::move(loaded), library.imports(),
                                 session.context(), [&session](runtime::HostImport& import) {
                                   return session.open_door(import);
                                 }));
  return program;
}

Outcome<Program::Next> ComponentProgram::advance(runtime::Asker asker) {
  if (!instantiating_) {
    if (!root_->begin_instantiation())
      return std::unexpected(
          Error{ErrorKind::usage, "a component instance is instantiated once", {}, {}});
    instantiating_ = std::make_unique<component::Instantiating>(*root_);
  }
  auto next = instantiating_->next(asker);
  if (!next) return std::unexpected(std::move(next.error()));
  switch (next->kind) {
    case component::Instantiating::Kind::call:
      return Next{Next::Kind::call, next->start};
    case component::Instantiating::Kind::wait:
      return Next{Next::Kind::wait, {}};
    case component::Instantiating::Kind::done:
      break;
  }
  instantiating_.reset();
  for (const component::ExportedFunction& e : root_->exports())
    exports_.push_back(
        {.interface = std::string(e.interface), .name = std::string(e.name), .type = *e.type});
  // A destructor is called by the host like an export, with the guest's name for the resource.
  for (const auto& e : root_->destructors()) {
    wit::FuncType type;
    type.params.push_back({"handle", wit::primitive(wit::TypeKind::u32)});
    exports_.push_back({.interface = std::string(e.interface),
                        .name = std::string(kDrop) + std::string(e.name),
                        .type = std::move(type)});
  }
  return Next{};
}

Result<Program::CoreCall> ComponentProgram::begin_call(const Exported& function,
                                                       std::vector<uint8_t>&& arguments) {
  if (function.name.starts_with(kDrop)) return begin_drop(function, arguments);
  const component::ExportedFunction* found = root_->find(function.interface, function.name);
  if (!found) return fail(ErrorKind::usage, "no exported function " + function.name);
  CoreCall call{.function = root_->call_function(), .arguments = {}};
  call.id = root_->begin_call(*found, std::move(arguments));
  call.arguments.push_back(call.id);
  return call;
}

/// spec: CanonicalABI.md §canon resource.drop, for the host as the owner.
Result<Program::CoreCall> ComponentProgram::begin_drop(const Exported& function, Bytes arguments) {
  for (const auto& e : root_->destructors()) {
    if (e.interface != function.interface || kDrop.size() + e.name.size() != function.name.size() ||
        !function.name.ends_with(e.name))
      continue;
    if (!e.type->implementer->may_enter_from(nullptr))
      return fail(ErrorKind::usage, "the resource's instance cannot be entered now");
    e.type->implementer->enter_from(nullptr);
    ByteReader in(arguments);
    REPRISE_ASSIGN(const uint32_t handle, in.u32_le());
    CoreCall call{.function = e.type->destructor, .arguments = {}, .entered = e.type->implementer};
    call.arguments.push_back(handle);
    return call;
  }
  return fail(ErrorKind::usage, "no destructor " + function.name);
}

void ComponentProgram::end_call(const CoreCall& call, std::span<const runtime::Slot>,
                                std::vector<uint8_t>& encoded) {
  if (!call.entered) {
    encoded = root_->end_call(call.id);
    return;
  }
  call.entered->leave_to(nullptr);
  encoded.clear();
}

std::shared_ptr<const wasm::Module> ComponentProgram::module_of(const Frame& frame) const {
  for (const auto& code : loaded_->modules())
    if (code->module().names().module() == frame.module) return code->shared_module();
  return nullptr;
}

std::vector<HeldHandle> ComponentProgram::handles() const {
  std::vector<HeldHandle> all;
  uint32_t number = 0;
  root_->each_instance([&](const component::ComponentInstance& instance) {
    instance.handles.each([&](uint32_t index, const component::Handle& handle) {
      all.push_back({.instance = number,
                     .component = std::string(instance.code->name),
                     .index = index,
                     .type = handle.type->name,
                     .rep = handle.rep,
                     .is_own = handle.is_own(),
                     .lends = handle.lends});
    });
    ++number;
  });
  return all;
}

}  // namespace reprise::embed
