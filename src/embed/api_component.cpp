// Engine and Component of the public API.

#include "code/interpreter.hpp"
#include "component/component.hpp"
#include "embed/api_state.hpp"
#include "text/wat.hpp"

namespace reprise {

using component::BinaryKind;

Result<Engine> Engine::create(const EngineOptions& options) {
  runtime::EngineOptions made;
  made.fuel = options.fuel;
  made.pool = {.memories = options.pooled,
               .stacks = options.pooled,
               .stores = options.pooled,
               .tables = options.pooled};
  return Engine(code::make_engine(made));
}

void Engine::increment_epoch() const {
  state_->clock().increment_epoch();
}

namespace {

Result<std::shared_ptr<const detail::ComponentState>> load(
    std::shared_ptr<const runtime::Engine> engine, Bytes bytes, std::string_view name) {
  auto state = std::make_shared<detail::ComponentState>();
  state->engine = std::move(engine);
  state->name = name;
  auto owned = std::make_shared<std::vector<uint8_t>>(bytes.begin(), bytes.end());
  if (component::binary_kind(bytes) == BinaryKind::neither) {
    if (bytes.empty() || bytes[0] == 0)
      return fail(ErrorKind::malformed, "neither a component nor text");
    REPRISE_ASSIGN(*owned, text::encode(as_text(bytes), name));
  }
  if (component::binary_kind(*owned) != BinaryKind::component)
    return fail(ErrorKind::unsupported, "this is a core module, and no component");
  const wasm::ModuleBytes source{.bytes = *owned, .owner = owned, .base = 0};
  REPRISE_ASSIGN(auto component, component::read_component(source, state->engine->types()));
  state->loaded =
      std::make_shared<component::LoadedComponent>(*state->engine, std::move(component));
  state->bytes = std::move(owned);
  return state;
}

std::vector<Component::Function> describe(const component::ComponentCode& code,
                                          const std::vector<component::BorderFunction>& functions) {
  std::vector<Component::Function> described;
  for (const component::BorderFunction& function : functions)
    described.push_back({.interface = std::string(function.interface),
                         .name = std::string(function.name),
                         .type = wit::to_string(code.func_types[function.type])});
  return described;
}

}  // namespace

Result<Component> Component::read(const Engine& engine, Bytes bytes, std::string_view name) {
  auto state = load(detail::Access::state(engine), bytes, name);
  if (!state) return fail(std::move(state.error()).in(std::string(name)));
  return Component(std::move(*state));
}

Result<void> Component::prepare() const {
  for (const auto& code : state_->loaded->modules())
    if (auto lowered = code->lower_all(); !lowered)
      return fail(std::move(lowered.error()).in(state_->name));
  return ok();
}

std::vector<Component::Function> Component::imports() const {
  const component::ComponentCode& code = state_->loaded->component().root();
  return describe(code, code.imported_functions);
}

std::vector<Component::Function> Component::exports() const {
  const component::ComponentCode& code = state_->loaded->component().root();
  return describe(code, code.exported_functions);
}

}  // namespace reprise
