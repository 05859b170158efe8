#include "wast/component_runner.hpp"

#include <fmt/format.h>

#include "runtime/activation.hpp"
#include "wast/component_values.hpp"

namespace reprise::wast {

Result<std::unique_ptr<ComponentRunner>> ComponentRunner::create(
    std::shared_ptr<const runtime::Engine> engine, Gate& gate) {
  REPRISE_ASSIGN(auto store, runtime::StoreCore::create(std::move(engine), {}));
  return std::unique_ptr<ComponentRunner>(new ComponentRunner(std::move(store), gate));
}

Result<void> ComponentRunner::define(const Name& id, const std::vector<uint8_t>& binary) {
  const runtime::Engine& engine = store_->engine();
  REPRISE_ASSIGN(auto component, component::read_component(binary, engine.types()));
  REPRISE_TRY(component::validate_bodies(*component));
  last_definition_ = std::make_shared<component::LoadedComponent>(engine, std::move(component));
  if (id) definitions_[*id] = last_definition_;
  return ok();
}

Result<std::optional<Trap>> ComponentRunner::instantiate(const Name& instance,
                                                         const Name& definition) {
  auto loaded = last_definition_;
  if (definition) {
    const auto found = definitions_.find(*definition);
    loaded = found == definitions_.end() ? nullptr : found->second;
  }
  if (!loaded) return fail(ErrorKind::usage, "there is no such component");
  REPRISE_ASSIGN(auto root, component::link(*store_, std::move(loaded), imports_, context_,
                                            [this](runtime::HostImport& import) {
                                              return gate_.open_door(import);
                                            }));
  roots_.push_back(std::move(root));
  component::RootInstance* made = roots_.back().get();
  const wit::FuncType nothing;
  const auto outcome =
      gate_.enter({*store_, "[instantiate]", nothing}, {}, [&](Bytes) -> EncodedResults {
        auto done = runtime::call(*store_, made->instantiate_function(), {});
        if (!done) return std::unexpected(std::move(done.error()));
        return std::vector<uint8_t>();
      });
  if (!outcome) return outcome.error();
  last_instance_ = made;
  if (instance) instances_[*instance] = made;
  return std::nullopt;
}

Result<component::RootInstance*> ComponentRunner::find_instance(const Name& id) const {
  if (!id) {
    if (!last_instance_) return fail(ErrorKind::usage, "there is no instance yet");
    return last_instance_;
  }
  const auto found = instances_.find(*id);
  if (found == instances_.end()) return fail(ErrorKind::usage, "there is no instance $" + *id);
  return found->second;
}

Result<void> ComponentRunner::register_as(const std::string& name, const Name&) {
  return fail(ErrorKind::unsupported, "component \"" + name + "\" cannot be registered");
}

Result<Outcome> ComponentRunner::act(const text::Action& action,
                                     std::span<const text::Pattern> expected) {
  REPRISE_ASSIGN(component::RootInstance * root, find_instance(action.instance));
  const component::ExportedFunction* function = root->find("", action.name);
  if (!function || action.is_get) {
    return fail(ErrorKind::usage, "there is no function \"" + action.name + "\"");
  }
  REPRISE_ASSIGN(auto arguments, encode_arguments(*function->type, action.arguments));
  const auto results = gate_.enter(
      {*store_, action.name, *function->type}, arguments, [&](Bytes encoded) -> EncodedResults {
        const uint64_t id = root->begin_call(*function, {encoded.begin(), encoded.end()});
        const runtime::Slot argument[] = {id};
        auto done = runtime::call(*store_, root->call_function(), argument);
        auto given = root->end_call(id);
        if (!done) return std::unexpected(std::move(done.error()));
        return given;
      });
  if (!results) return Outcome{results.error(), false, {}};
  return Outcome{{},
                 match_result(expected, *function->type, *results),
                 show_result(*function->type, *results)};
}

}  // namespace reprise::wast
