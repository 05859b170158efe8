// Linker and Instance of the public API.

#include <fmt/format.h>

#include <algorithm>

#include "embed/api_state.hpp"
#include "wit/encoding.hpp"

namespace reprise::detail {

namespace {

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

std::string find_suspending(const LinkerState& linker, const wasm::Module& module) {
  for (const wasm::Import& import : module.imports)
    if (linker.suspending.contains({std::string(import.module), std::string(import.name)}))
      return full_name(import.module, import.name);
  return {};
}

bool shares_memory(const wasm::Module& module) {
  return std::ranges::any_of(module.memories, &wasm::MemoryType::is_shared);
}

/// What run() must know of a program before anything of it runs.
MaySuspend may_suspend(const LinkerState& linker, const ComponentState& program) {
  MaySuspend may{find_suspending(linker, program.loaded->component()), {}};
  for (const auto& code : program.loaded->modules())
    if (shares_memory(code->module())) may.shares_memory = program.name;
  return may;
}

MaySuspend may_suspend(const LinkerState& linker, const ModuleState& program) {
  MaySuspend may{find_suspending(linker, program.code->module()), {}};
  if (shares_memory(program.code->module())) may.shares_memory = program.name;
  return may;
}

/// Says to the recording, once, what program the next instance is of: a component's or a module's
/// state. Gives the program's number there.
template <class State>
Result<uint32_t> record_program(StoreState& store, trace::BinaryForm form, const State& program) {
  REPRISE_TRY(store.on_own_thread());
  if (program.engine != store.engine)
    return fail(ErrorKind::usage, "the program and the store belong to different engines");
  REPRISE_TRY(store.check_recording());
  replay::Recorder* const recorder = store.recorder();
  if (!recorder) return 0;
  auto& known = store.recorded_programs;
  const auto found = std::ranges::find_if(
      known, [&](const auto& bytes) { return bytes == program.bytes || *bytes == *program.bytes; });
  if (found != known.end()) return static_cast<uint32_t>(found - known.begin());
  // What is wrong with a body is found before it is in a trace, not somewhere behind.
  REPRISE_TRY(program.validate());
  const std::string& location = store.recording->component_location;
  const bool is_named = known.empty() && !location.empty();
  known.push_back(program.bytes);
  return recorder->component(
      form,
      store.recording->embed_component ? trace::Storage::embedded : trace::Storage::by_reference,
      program.name, is_named ? location : program.name, program.bytes, *program.bytes);
}

InstanceState* add_instance(StoreState& store, const std::shared_ptr<LinkerState>& linker,
                            std::unique_ptr<embed::Program> program, uint32_t number,
                            std::string_view name) {
  store.linkers.push_back(linker);
  const auto ordinal = static_cast<uint32_t>(store.instances.size());
  if (replay::Recorder* const recorder = store.recorder())
    recorder->instance(ordinal, number, name);
  store.instances.push_back(std::make_unique<InstanceState>(store, std::move(program), ordinal));
  return store.instances.back().get();
}

Result<InstanceState*> link(StoreState& store, const std::shared_ptr<LinkerState>& linker,
                            const ComponentState& component) {
  REPRISE_ASSIGN(const uint32_t number,
                 record_program(store, trace::BinaryForm::component, component));
  REPRISE_ASSIGN(auto program,
                 embed::ComponentProgram::link(*store.session, component.loaded, linker->library));
  return add_instance(store, linker, std::move(program), number, component.name);
}

Result<InstanceState*> link(StoreState& store, const std::shared_ptr<LinkerState>& linker,
                            const ModuleState& module) {
  REPRISE_ASSIGN(const uint32_t number, record_program(store, trace::BinaryForm::module, module));
  REPRISE_ASSIGN(
      auto program,
      embed::ModuleProgram::link(
          *store.session, module.code,
          [&linker](std::string_view from, std::string_view name,
                    const wasm::FuncType& type) -> Result<std::unique_ptr<runtime::HostImport>> {
            REPRISE_ASSIGN(auto found, linker->numbers.find(from, name, type));
            for (const embed::CoreImports& others : linker->core_imports) {
              if (found) break;
              REPRISE_ASSIGN(found, others(from, name, type));
            }
            return found;
          }));
  return add_instance(store, linker, std::move(program), number, module.name);
}

const embed::Exported& instantiation() {
  static const embed::Exported function{
      .interface = {}, .name = std::string(embed::kInstantiate), .type = {}};
  return function;
}

/// Links, and runs start functions.
class InstantiateWork final : public EntryWork {
 public:
  using Link = std::move_only_function<Result<InstanceState*>()>;
  InstantiateWork(StoreState& owner, MaySuspend may_suspend, Link link)
      : EntryWork(owner), may_suspend_(std::move(may_suspend)), link_(std::move(link)) {}
  ~InstantiateWork() override { end(); }

  InstanceState* made() const { return instance_; }

  /// What it is going to link counts; for others only once it is linked.
  Result<void> may_run() const override {
    REPRISE_TRY(EntryWork::may_run());
    return store().may_run(&may_suspend_);
  }

 private:
  Result<void> check() override {
    if (!instance_) {
      REPRISE_ASSIGN(instance_, link_());
      store().may_suspend.add(may_suspend_);
    }
    return ok();
  }
  std::string name() const override { return std::string(embed::kInstantiate); }
  InstanceState& instance() override { return *instance_; }
  uint64_t record_entry(replay::Recorder& recorder) override {
    return instance_->record_call(recorder, instantiation(), {});
  }
  Outcome<embed::Program::Next> advance() override {
    auto next = instance_->program().advance(this);
    is_in_start_ = next && next->kind == embed::Program::Next::Kind::call;
    return next;
  }
  void returned(std::span<const runtime::Slot>) override {}
  SuspensionPoint point(SuspensionPoint inner) const override {
    return is_in_start_ && inner == SuspensionPoint::host_function ? SuspensionPoint::start_function
                                                                   : inner;
  }

  MaySuspend may_suspend_;
  Link link_;
  InstanceState* instance_ = nullptr;
  bool is_in_start_ = false;
};

Outcome<Instance> finish_instantiation(Work& work) {
  return Access::instance(static_cast<InstantiateWork&>(work).made());
}

Outcome<CoreInstance> finish_core_instantiation(Work& work) {
  return Access::core_instance(static_cast<InstantiateWork&>(work).made());
}

constexpr std::string_view kDrop = "[resource-drop]";

/// A call of an export.
class CallWork final : public EntryWork {
 public:
  CallWork(StoreState& owner, InstanceState& instance, const embed::Exported& function,
           std::vector<uint8_t> arguments)
      : EntryWork(owner),
        instance_(instance),
        function_(function),
        encoded_(std::move(arguments)) {}
  ~CallWork() override { end(); }

  std::vector<uint8_t> take_results() { return std::move(encoded_); }
  const wit::FuncType& type() const { return function_.type; }

 private:
  Result<void> check() override {
    if (&instance_.store() != &store())
      return fail(ErrorKind::usage, "the function belongs to another store");
    REPRISE_TRY(store().check_recording());
    REPRISE_TRY(instance_.may_enter());
    ByteReader reader(encoded_);
    for (const wit::Param& param : function_.type.params)
      if (auto good = wit::check_value(param.type, reader); !good)
        return fail(std::move(good.error()).in("arguments of " + function_.name));
    if (!reader.at_end()) return fail(ErrorKind::usage, "too many arguments for " + function_.name);
    return ok();
  }
  std::string name() const override { return full_name(function_.interface, function_.name); }
  InstanceState& instance() override { return instance_; }
  uint64_t record_entry(replay::Recorder& recorder) override {
    return instance_.record_call(recorder, function_, encoded_);
  }
  Outcome<embed::Program::Next> advance() override {
    using Next = embed::Program::Next;
    if (call_) return Next{};
    REPRISE_ASSIGN(call_, instance_.program().begin_call(function_, std::move(encoded_)));
    return Next{Next::Kind::call, call_->function};
  }
  std::span<const runtime::Slot> arguments() override { return call_->arguments.view(); }
  void returned(std::span<const runtime::Slot> slots) override {
    instance_.program().end_call(*call_, slots, encoded_);
  }
  Bytes results() override { return encoded_; }
  SuspensionPoint point(SuspensionPoint inner) const override {
    return inner == SuspensionPoint::host_function && function_.name.starts_with(kDrop)
               ? SuspensionPoint::guest_destructor
               : inner;
  }
  void failed() override {
    if (call_) instance_.program().end_call(*call_, {}, encoded_);
  }

  InstanceState& instance_;
  const embed::Exported& function_;
  /// The arguments, and then the results.
  std::vector<uint8_t> encoded_;
  std::optional<embed::Program::CoreCall> call_;
};

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

Result<void> LinkerCore::core_func(std::string_view module, std::string_view name,
                                   BoundFunction function) {
  const bool suspends = function.suspends;
  REPRISE_TRY(state_->numbers.func(module, name, std::move(function)));
  if (suspends) state_->suspending.emplace(module, name);
  return ok();
}

void LinkerCore::trap_missing(std::string prefix, std::string message) {
  state_->library.trap_missing(std::move(prefix), std::move(message));
}

Operation<Instance> LinkerCore::instantiate(AnyStore& any_store, const Component& component) {
  StoreState& store = Access::state(any_store);
  const auto& loaded = Access::state(component);
  return Operation<Instance>(
      std::make_unique<InstantiateWork>(store, may_suspend(*state_, *loaded),
                                        [&store, linker = state_, component = loaded] {
                                          return link(store, linker, *component);
                                        }),
      finish_instantiation);
}

Operation<CoreInstance> LinkerCore::instantiate(AnyStore& any_store, const Module& module) {
  StoreState& store = Access::state(any_store);
  const auto& loaded = Access::state(module);
  return Operation<CoreInstance>(
      std::make_unique<InstantiateWork>(
          store, may_suspend(*state_, *loaded),
          [&store, linker = state_, module = loaded] { return link(store, linker, *module); }),
      finish_core_instantiation);
}

// ---- Instance ----

Result<void> InstanceState::may_enter() const {
  if (state_ == State::entered)
    return fail(ErrorKind::usage, "another call in this instance is suspended");
  if (state_ == State::left)
    return fail(ErrorKind::usage,
                "an earlier call in this instance trapped or was cancelled: it is closed");
  return ok();
}

void InstanceState::leave(const Failure* failure) {
  state_ = failure ? State::left : State::open;
  store_.last_trap.reset();
  if (failure && failure->trap()) store_.last_trap = *failure->trap();
}

uint64_t InstanceState::record_call(replay::Recorder& recorder, const embed::Exported& function,
                                    Bytes arguments) {
  for (const auto& [known, id] : defined_)
    if (known == &function) return recorder.guest_call(id, ordinal_, arguments);
  const uint32_t id =
      recorder.define(trace::Direction::exported, function.interface, function.name, function.type);
  defined_.emplace_back(&function, id);
  return recorder.guest_call(id, ordinal_, arguments);
}

namespace {

/// Core integers have no sign.
wit::Type signless(wit::Type type) {
  if (!type) return type;
  if (type->kind == wit::TypeKind::u32) return wit::primitive(wit::TypeKind::s32);
  if (type->kind == wit::TypeKind::u64) return wit::primitive(wit::TypeKind::s64);
  return type;
}

bool is_same_core_type(const wit::FuncType& wanted, const wit::FuncType& type) {
  if (wanted.params.size() != type.params.size()) return false;
  for (size_t i = 0; i < type.params.size(); ++i)
    if (signless(wanted.params[i].type) != type.params[i].type) return false;
  return signless(wanted.result) == type.result;
}

/// Work that is done before it begins.
class Nothing final : public Work {
 public:
  Result<void> may_run() const override { return ok(); }
  void be_synchronous() override {}
  bool start() override { return true; }
  bool done() const override { return true; }
  void when_done(std::coroutine_handle<>) override {}
  std::optional<SuspensionPoint> waits_at() const override { return std::nullopt; }
  std::optional<Failure> take_failure() override { return std::nullopt; }
};

}  // namespace

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
  if (!same && !instance.is_component()) same = is_same_core_type(*wanted, found->type);
  if (!same)
    return fail(ErrorKind::link,
                fmt::format("{} is {}, not {}", full, wit::to_string(found->type), signature));
  return found;
}

std::unique_ptr<Work> call_export(StoreRef store, InstanceState* instance,
                                  const embed::Exported* function, std::vector<uint8_t> arguments) {
  return std::make_unique<CallWork>(Access::state(store), *instance, *function,
                                    std::move(arguments));
}

static wit::Type result_type(Work& work) {
  return static_cast<CallWork&>(work).type().result;
}

std::vector<uint8_t> take_results(Work& work) {
  return static_cast<CallWork&>(work).take_results();
}

Failure undecodable_results() {
  return Failure(
      Error{ErrorKind::unsupported, "the results do not fit the C++ types of the call", {}, {}});
}

}  // namespace reprise::detail

namespace reprise {

std::string DynamicFunc::type() const {
  return wit::to_string(function_->type);
}

Operation<std::optional<Value>> DynamicFunc::call(StoreRef store,
                                                  const std::vector<Value>& arguments) const {
  using Result = std::optional<Value>;
  const auto refuse = [](Error error) { return Operation<Result>(Failure(std::move(error))); };
  const std::vector<wit::Param>& params = function_->type.params;
  if (arguments.size() != params.size())
    return refuse({ErrorKind::usage,
                   fmt::format("{} takes {} arguments, not {}", function_->name, params.size(),
                               arguments.size()),
                   {},
                   {}});
  ByteWriter encoded;
  for (size_t i = 0; i < params.size(); ++i)
    if (auto good = wit::encode(params[i].type, arguments[i], encoded); !good) {
      good.error().kind = ErrorKind::usage;
      return refuse(std::move(good.error()).in(fmt::format("argument {}", params[i].name)));
    }
  return Operation<Result>(detail::call_export(store, instance_, function_, encoded.take()),
                           [](detail::Work& work) -> Outcome<Result> {
                             const wit::Type type = detail::result_type(work);
                             const std::vector<uint8_t> results = detail::take_results(work);
                             if (!type) return std::nullopt;
                             ByteReader in(results);
                             auto value = wit::decode(type, in);
                             if (!value) return std::unexpected(Failure(std::move(value.error())));
                             return *std::move(value);
                           });
}

Result<DynamicFunc> Instance::dynamic(std::string_view interface, std::string_view name) const {
  const embed::Exported* found = state_->program().find(interface, name);
  if (found) return DynamicFunc(state_, found);
  return fail(ErrorKind::link,
              "the component exports no function " + detail::full_name(interface, name));
}

Operation<void> Instance::drop_resource(StoreRef store, std::string_view interface,
                                        std::string_view name, uint32_t handle) const {
  const auto finish = [](detail::Work&) -> Outcome<void> { return {}; };
  const embed::Exported* found =
      state_->program().find(interface, std::string(detail::kDrop) + std::string(name));
  // A resource without a destructor has nothing to run.
  if (!found) return Operation<void>(std::make_unique<detail::Nothing>(), finish);
  ByteWriter encoded;
  encoded.u32_le(handle);
  return Operation<void>(detail::call_export(store, state_, found, encoded.take()), finish);
}

}  // namespace reprise
