#include "embed/component_program.hpp"

namespace reprise::embed {

namespace {

/// Names everything that the component may call, before it can.
void define_imports(replay::Recorder& recorder, const component::Component& component,
                    const component::HostImports& imports) {
  const component::ComponentCode& code = component.root();
  const auto define = [&](const runtime::HostFunction* f) {
    if (f) recorder.define(trace::Direction::imported, f->interface, f->name, f->type);
  };
  for (const component::BorderFunction& function : code.imported_functions)
    if (auto found = imports.find_function(function.interface, function.name))
      define(found->function);
  for (const component::BorderResource& resource : code.imported_resources)
    if (auto found = imports.find_resource(resource.interface, resource.name))
      if (found->resource) define(found->resource->on_drop);
}

}  // namespace

Result<std::unique_ptr<ComponentProgram>> ComponentProgram::link(
    Session& session, std::shared_ptr<const component::LoadedComponent> loaded,
    const HostLibrary& library) {
  std::unique_ptr<ComponentProgram> program(new ComponentProgram(session, loaded));
  REPRISE_ASSIGN(program->root_,
                 component::link(session.core(), std::move(loaded), library.imports(),
                                 session.context(), [&session](runtime::HostImport& import) {
                                   return session.open_door(import);
                                 }));
  if (session.recorder())
    define_imports(*session.recorder(), program->loaded_->component(), library.imports());
  return program;
}

// outlives: this: whoever runs a task of a program keeps the program until the task is gone
Task<Outcome<void>> ComponentProgram::instantiate() {
  auto outcome = co_await session_.invoke(root_->instantiate_function(), {});
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  for (const component::ExportedFunction& e : root_->exports())
    exports_.push_back(
        {.interface = std::string(e.interface), .name = std::string(e.name), .type = *e.type});
  co_return Outcome<void>();
}

// outlives: this, function: as above, and the exports are the program's
Task<EncodedOutcome> ComponentProgram::call(const Exported& function,
                                            std::vector<uint8_t> arguments) {
  const component::ExportedFunction* found = root_->find(function.interface, function.name);
  if (!found)
    co_return std::unexpected(
        Error{ErrorKind::usage, "no exported function " + function.name, {}, {}});
  const uint64_t id = root_->begin_call(*found, std::move(arguments));
  auto outcome = co_await session_.invoke(root_->call_function(), {id});
  std::vector<uint8_t> results = root_->end_call(id);
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  co_return results;
}

std::shared_ptr<const wasm::Module> ComponentProgram::module_of(const Frame& frame) const {
  for (const auto& code : loaded_->modules())
    if (code->module().names().module() == frame.module) return code->shared_module();
  return nullptr;
}

}  // namespace reprise::embed
