// Linker and Instance of the public API.

#include <fmt/format.h>

#include "embed/api_state.hpp"
#include "wit/encoding.hpp"

namespace reprise::detail {

namespace {

std::unexpected<Failure> refuse(Error error) {
  return std::unexpected(Failure(std::move(error)));
}

std::unexpected<Failure> refuse(ErrorKind kind, std::string message) {
  return refuse(Error{kind, std::move(message), {}, {}});
}

std::string full_name(std::string_view interface, std::string_view name) {
  return interface.empty() ? std::string(name) : fmt::format("{}#{}", interface, name);
}

/// The first function that `component` imports and the host gives as a coroutine.
std::string find_suspending(const LinkerState& linker, const component::Component& component) {
  for (const component::BorderFunction& function : component.root().imported_functions) {
    auto found = linker.library.imports().find_function(function.interface, function.name);
    if (found && found->function &&
        linker.suspending.contains({found->function->interface, found->function->name}))
      return full_name(found->function->interface, found->function->name);
  }
  return {};
}

Result<void> begin_recording(StoreState& store, const ComponentState& component) {
  replay::Recorder* const recorder = store.session->recorder();
  if (!recorder) return ok();
  if (!store.recording) return fail(ErrorKind::usage, "the store's recording was closed");
  if (!store.instances.empty())
    return fail(ErrorKind::unsupported, "a recorded store holds one component");
  // What is wrong with a body is found before there is a trace, not somewhere in it.
  for (const auto& code : component.loaded->modules()) REPRISE_TRY(code->lower_all());
  const std::string& location = store.recording->component_location;
  recorder->component(
      trace::BinaryForm::component,
      store.recording->embed_component ? trace::Storage::embedded : trace::Storage::by_reference,
      component.name, location.empty() ? component.name : location, component.bytes,
      *component.bytes);
  return ok();
}

Result<InstanceState*> link(StoreState& store, const std::shared_ptr<LinkerState>& linker,
                            const ComponentState& component) {
  REPRISE_TRY(store.on_own_thread());
  if (component.engine != store.engine)
    return fail(ErrorKind::usage, "the component and the store belong to different engines");
  REPRISE_TRY(begin_recording(store, component));
  REPRISE_ASSIGN(auto program,
                 embed::ComponentProgram::link(*store.session, component.loaded, linker->library));
  store.linkers.push_back(linker);
  store.instances.push_back(std::make_unique<InstanceState>(store, std::move(program)));
  return store.instances.back().get();
}

// outlives: store, instance: the store owns its instances, and is never moved or dropped before its
// tasks
Task<Outcome<Instance>> instantiate_in(StoreState& store, std::shared_ptr<LinkerState> linker,
                                       std::shared_ptr<const ComponentState> component) {
  auto linked = link(store, linker, *component);
  if (!linked) co_return refuse(std::move(linked.error()));
  InstanceState* const instance = *linked;
  Outcome<void> started = co_await instance->instantiate();
  if (!started) co_return std::unexpected(std::move(started.error()));
  co_return Access::instance(instance);
}

EncodedTask refused(Error error) {
  co_return refuse(std::move(error));
}

}  // namespace

// ---- Linker ----

LinkerCore::LinkerCore() : state_(std::make_shared<LinkerState>()) {}

Result<void> LinkerCore::func(std::string_view interface, std::string_view name,
                              BoundFunction function) {
  const bool suspends = function.suspends;
  REPRISE_TRY(state_->library.func(interface, name, std::move(function)));
  if (suspends) state_->suspending.emplace(interface, name);
  return ok();
}

Result<void> LinkerCore::resource(std::string_view interface, std::string_view name,
                                  std::string_view qualified_name) {
  const std::string_view plain = interface.substr(0, interface.find('@'));
  const std::string expected =
      plain.empty() ? std::string(name) : fmt::format("{}.{}", plain, name);
  if (qualified_name != expected)
    return fail(ErrorKind::usage, fmt::format("the C++ type stands for the resource {}, not for {}",
                                              qualified_name, expected));
  return state_->library.resource(interface, name);
}

void LinkerCore::trap_missing(std::string prefix, std::string message) {
  state_->library.trap_missing(std::move(prefix), std::move(message));
}

Task<Outcome<Instance>> LinkerCore::instantiate(AnyStore& any_store, const Component& component) {
  StoreState& store = Access::state(any_store);
  const auto& loaded = Access::state(component);
  // Noted before the task starts, since run() must be able to refuse it.
  if (store.suspending.empty())
    store.suspending = find_suspending(*state_, loaded->loaded->component());
  return instantiate_in(store, state_, loaded);
}

// ---- Instance ----

InstanceState::InstanceState(StoreState& owner, std::unique_ptr<embed::ComponentProgram> linked)
    : store_(owner), program_(std::move(linked)), calls_(*owner.session, *program_) {}

void InstanceState::note_end(const Failure* failure) {
  state_ = failure ? State::left : State::open;
  store_.last_trap.reset();
  if (failure && failure->trap()) store_.last_trap = *failure->trap();
}

// outlives: this: the store owns it, and drops its tasks first
Task<Outcome<void>> InstanceState::instantiate() {
  state_ = State::entered;
  Outcome<void> outcome = co_await calls_.instantiate();
  note_end(outcome ? nullptr : &outcome.error());
  co_return outcome;
}

// outlives: this, function: the store owns the instance, which owns its program and its exports
Task<embed::EncodedOutcome> InstanceState::call(const embed::Exported& function,
                                                std::vector<uint8_t> arguments) {
  if (auto here = store_.on_own_thread(); !here) co_return refuse(std::move(here.error()));
  if (store_.session->recorder() && !store_.recording)
    co_return refuse(ErrorKind::usage, "the store's recording was closed");
  if (state_ == State::entered)
    co_return refuse(ErrorKind::usage,
                     "another call in this instance is suspended, or was cancelled");
  if (state_ == State::left)
    co_return refuse(ErrorKind::usage, "an earlier call in this instance ended with a trap");
  std::vector<wit::Type> types;
  for (const wit::Param& param : function.type.params) types.push_back(param.type);
  ByteReader reader(arguments);
  if (auto good = wit::check_values(types, reader); !good)
    co_return refuse(std::move(good.error()).in("arguments of " + function.name));

  state_ = State::entered;
  embed::EncodedOutcome outcome = co_await calls_.call(function, std::move(arguments));
  note_end(outcome ? nullptr : &outcome.error());
  co_return outcome;
}

Result<const embed::Exported*> find_export(InstanceState& instance, std::string_view interface,
                                           std::string_view name, std::string_view signature) {
  const embed::Exported* found = instance.program().find(interface, name);
  const std::string full = full_name(interface, name);
  if (!found) return fail(ErrorKind::link, "the component exports no function " + full);
  wit::TypeTable types;
  auto wanted = wit::parse_func_type(signature, types);
  if (!wanted) return fail(std::move(wanted.error()).in(full));
  // C++ parameters have no names; they stand by position.
  bool same = wanted->params.size() == found->type.params.size();
  for (size_t i = 0; same && i < wanted->params.size(); ++i)
    wanted->params[i].name = found->type.params[i].name;
  same = same && wit::equal_by_name(*wanted, found->type);
  if (!same)
    return fail(ErrorKind::link,
                fmt::format("{} is {}, not {}", full, wit::to_string(found->type), signature));
  return found;
}

EncodedTask call_export(AnyStore& store, InstanceState* instance, const embed::Exported* function,
                        std::vector<uint8_t> arguments) {
  if (&Access::state(store) != &instance->store())
    return refused({ErrorKind::usage, "the function belongs to another store", {}, {}});
  return instance->call(*function, std::move(arguments));
}

Failure undecodable_results() {
  return Failure(
      Error{ErrorKind::unsupported, "the results do not fit the C++ types of the call", {}, {}});
}

}  // namespace reprise::detail
