#include "component/instantiate.hpp"

#include <fmt/format.h>

#include "component/abi/signature.hpp"
#include "component/call.hpp"
#include "runtime/instantiate.hpp"

namespace reprise::component {

namespace {

/// What a plan's step can end in: an error that the host should see as one, or a core start
/// function that must be called before the next step.
using StepResult = Result<std::optional<runtime::FuncId>>;

}  // namespace

/// One component instance that is being made.
struct InstanceFrame {
  ComponentInstance* instance;
  const InstanceValue* imports;
  InstanceValue exports;
  size_t next = 0;
};

class Instantiation {
 public:
  Instantiation(RootInstance& root, const InstanceValue& imports) : root_(root) {
    const ComponentCode& code = root.loaded().component().root();
    push(code, nullptr, {}, imports);
  }

  /// Goes on to the next start function, or to the end.
  StepResult run(runtime::Asker asker) {
    asker_ = asker;
    while (!stack_.empty() && !trap && !waits) {
      InstanceFrame& frame = stack_.back();
      if (frame.next == frame.instance->code->plan.size()) {
        pop();
        continue;
      }
      const Step& step = frame.instance->code->plan[frame.next++];
      REPRISE_ASSIGN(const auto start,
                     std::visit([&](const auto& s) -> StepResult { return execute(s); }, step));
      if (start) return start;
    }
    return std::nullopt;
  }

  /// After the start function of a core module trapped because its segments didn't fit.
  std::optional<Trap> trap;
  /// The growth door wants the asker to come again.
  bool waits = false;

 private:
  ComponentInstance& self() { return *stack_.back().instance; }

  void push(const ComponentCode& code, ComponentInstance* parent, std::vector<Item> captures,
            const InstanceValue& imports) {
    ComponentInstance instance;
    instance.root = &root_;
    instance.code = &code;
    instance.parent = parent;
    instance.handles = HandleTable(root_.store().limits().handles);
    instance.captures = std::move(captures);
    instance.resources.resize(code.resource_names.size());
    // Nobody calls into an instance that isn't there yet.
    instance.may_enter = false;
    stack_.push_back({root_.keep(std::move(instance)), &imports, {}, 0});
  }

  void pop() {
    InstanceFrame done = std::move(stack_.back());
    stack_.pop_back();
    done.instance->may_enter = true;
    InstanceValue* exports = root_.keep(std::move(done.exports));
    if (stack_.empty())
      root_.finish(*exports);
    else
      self().instances.push_back(exports);
  }

  // --- Items ----------------------------------------------------------------------------------

  Item item_at(const step::Named& named) {
    ComponentInstance& from = self();
    switch (named.sort) {
      case Sort::func:
        return from.funcs[named.index];
      case Sort::type:
        if (named.index == kNoIndex) return {};
        return from.resources[named.index];
      case Sort::instance:
        return from.instances[named.index];
      case Sort::component:
        return from.components[named.index];
      case Sort::module:
        return from.core_modules[named.index];
      case Sort::value:
        break;
    }
    return {};
  }

  void append(const Item& item) {
    struct Appender {
      ComponentInstance& to;
      void operator()(std::monostate) const {}
      void operator()(Callee* f) const { to.funcs.push_back(f); }
      void operator()(const ResourceType*) const {}
      void operator()(InstanceValue* i) const { to.instances.push_back(i); }
      void operator()(const ComponentValue* c) const { to.components.push_back(c); }
      void operator()(const std::shared_ptr<runtime::ModuleCode>& m) const {
        to.core_modules.push_back(m);
      }
    };
    std::visit(Appender{self()}, item);
  }

  static std::unexpected<Error> lost(std::string_view what) {
    return fail(ErrorKind::link, fmt::format("`{}` is not what validation took it for", what));
  }

  // --- Steps ----------------------------------------------------------------------------------

  StepResult execute(const step::Import& s) {
    const Item* item = stack_.back().imports->find(s.name);
    if (!item) return lost(s.name);
    if (s.slot != kNoIndex) {
      const auto* resource = std::get_if<const ResourceType*>(item);
      if (!resource) return lost(s.name);
      self().resources[s.slot] = *resource;
    }
    append(*item);
    return std::nullopt;
  }

  StepResult execute(const step::CoreModule& s) {
    self().core_modules.push_back(root_.loaded().code_of(*self().code->modules[s.module]));
    return std::nullopt;
  }

  StepResult execute(const step::DefineComponent& s) {
    ComponentValue value{.code = self().code->nested[s.component].get(), .captures = {}};
    for (const Capture& capture : value.code->captures) {
      value.captures.push_back(capture.from_capture ? self().captures[capture.index]
                                                    : item_at({"", capture.sort, capture.index}));
    }
    self().components.push_back(root_.keep(std::move(value)));
    return std::nullopt;
  }

  std::optional<runtime::Extern> core_export(uint32_t index, std::string_view name) {
    const CoreInstance& from = self().core_instances[index];
    if (from.instance) return root_.store().find_export(from.instance, name);
    const auto found = from.bundle.find(name);
    if (found == from.bundle.end()) return std::nullopt;
    return found->second;
  }

  StepResult execute(const step::CoreInstantiate& s) {
    std::unordered_map<Name, uint32_t> arguments;
    for (const auto& argument : s.arguments) arguments.emplace(argument.name, argument.instance);
    const std::shared_ptr<runtime::ModuleCode>& code = self().core_modules[s.module];
    std::vector<runtime::Extern> imports;
    for (const wasm::Import& import : code->module().imports) {
      const auto argument = arguments.find(import.module);
      if (argument == arguments.end()) return lost(import.module);
      const auto given = core_export(argument->second, import.name);
      if (!given) return lost(import.name);
      imports.push_back(*given);
    }
    runtime::StoreCore& store = root_.store();
    const ResourceRequest request = runtime::creation_of(code->module());
    switch (store.ask(request, asker_)) {
      case runtime::GrowthDoor::Answer::later:
        waits = true;
        --stack_.back().next;
        return std::nullopt;
      case runtime::GrowthDoor::Answer::cancelled:
        trap = Trap::of(TrapKind::cancelled);
        return std::nullopt;
      case runtime::GrowthDoor::Answer::deny:
        store.refuse(request);
        return fail(ErrorKind::limit, "the store's limiter refuses the instance");
      case runtime::GrowthDoor::Answer::allow:
        break;
    }
    auto instantiated = runtime::instantiate(store, code, imports);
    store.settled(request, instantiated.has_value());
    REPRISE_ASSIGN(auto made, std::move(instantiated));
    self().core_instances.push_back({made.instance, {}});
    if (made.trap) {
      trap = std::move(made.trap);
      return std::nullopt;
    }
    return made.start;
  }

  StepResult execute(const step::CoreBundle& s) {
    CoreInstance bundle;
    for (const auto& item : s.items) bundle.bundle.emplace(item.name, core_at(item));
    self().core_instances.push_back(std::move(bundle));
    return std::nullopt;
  }

  runtime::Extern core_at(const step::CoreBundle::Item& item) {
    const ComponentInstance& from = self();
    switch (item.kind) {
      case wasm::ExternKind::function:
        return from.core_funcs[item.index];
      case wasm::ExternKind::table:
        return from.core_tables[item.index];
      case wasm::ExternKind::memory:
        return from.core_memories[item.index];
      case wasm::ExternKind::global:
        return from.core_globals[item.index];
      case wasm::ExternKind::tag:
        break;
    }
    return from.core_tags[item.index];
  }

  StepResult execute(const step::Instantiate& s) {
    if (++instances_ > kMaxInstances)
      return fail(ErrorKind::limit, fmt::format("more than {} component instances", kMaxInstances));
    InstanceValue imports;
    for (const step::Named& argument : s.arguments) imports.add(argument.name, item_at(argument));
    const ComponentValue& component = *self().components[s.component];
    ComponentInstance* parent = &self();
    push(*component.code, parent, component.captures, *root_.keep(std::move(imports)));
    return std::nullopt;
  }

  StepResult execute(const step::Bundle& s) {
    InstanceValue bundle;
    for (const step::Named& item : s.items) bundle.add(item.name, item_at(item));
    self().instances.push_back(root_.keep(std::move(bundle)));
    return std::nullopt;
  }

  StepResult execute(const step::AliasExport& s) {
    const Item* item = self().instances[s.instance]->find(s.name);
    if (!item) return lost(s.name);
    append(Item(*item));
    return std::nullopt;
  }

  StepResult execute(const step::AliasCoreExport& s) {
    const auto item = core_export(s.instance, s.name);
    if (!item) return lost(s.name);
    struct Appender {
      ComponentInstance& to;
      void operator()(runtime::FuncId id) const { to.core_funcs.push_back(id); }
      void operator()(runtime::TableId id) const { to.core_tables.push_back(id); }
      void operator()(runtime::MemoryId id) const { to.core_memories.push_back(id); }
      void operator()(runtime::GlobalId id) const { to.core_globals.push_back(id); }
      void operator()(runtime::TagId id) const { to.core_tags.push_back(id); }
    };
    std::visit(Appender{self()}, *item);
    return std::nullopt;
  }

  StepResult execute(const step::AliasLocal& s) {
    append(item_at({"", s.sort, s.index}));
    return std::nullopt;
  }

  StepResult execute(const step::AliasCapture& s) {
    append(Item(self().captures[s.capture]));
    return std::nullopt;
  }

  StepResult execute(const step::DefineResource& s) {
    ResourceType type;
    type.implementer = &self();
    type.name = self().code->resource_names[s.slot];
    if (s.destructor != kNoIndex) type.destructor = self().core_funcs[s.destructor];
    self().resources[s.slot] = root_.keep(std::move(type));
    return std::nullopt;
  }

  StepResult execute(const step::BindResource& s) {
    const InstanceValue* from = self().instances[s.instance];
    for (size_t i = 0; i < s.path.size(); ++i) {
      const Item* item = from->find(s.path[i]);
      if (!item) return lost(s.path[i]);
      if (i + 1 == s.path.size()) {
        const auto* resource = std::get_if<const ResourceType*>(item);
        if (!resource) return lost(s.path[i]);
        self().resources[s.slot] = *resource;
      } else {
        const auto* inner = std::get_if<InstanceValue*>(item);
        if (!inner) return lost(s.path[i]);
        from = *inner;
      }
    }
    return std::nullopt;
  }

  StepResult execute(const step::ShareResource& s) {
    self().resources[s.slot] = self().resources[s.from];
    return std::nullopt;
  }

  Options options_of(const CanonOptions& from) {
    Options options;
    options.encoding = from.encoding;
    options.width = from.width;
    options.is_async = from.is_async;
    if (from.memory != kNoIndex) options.memory = self().core_memories[from.memory];
    if (from.realloc != kNoIndex) options.realloc = self().core_funcs[from.realloc];
    if (from.post_return != kNoIndex) options.post_return = self().core_funcs[from.post_return];
    return options;
  }

  Signature signature_of(uint32_t index) {
    const ComponentCode& code = *self().code;
    const auto all = [](const std::optional<abi::Integers>& integers) {
      return integers ? &*integers : nullptr;
    };
    return {&code.func_types[index], code.func_params[index], code.func_results[index],
            all(code.func_integer_params[index]), all(code.func_integer_results[index])};
  }

  StepResult execute(const step::Lift& s) {
    Callee callee;
    callee.instance = &self();
    callee.core = self().core_funcs[s.core_function];
    callee.options = options_of(s.options);
    callee.signature = signature_of(s.type);
    const wasm::FuncType& core = root_.store().function_type(callee.core);
    callee.core_params = core.parameter_slots;
    callee.core_results = core.result_slots;
    callee.name = "[adapter]";
    self().funcs.push_back(root_.keep(std::move(callee)));
    return std::nullopt;
  }

  StepResult execute(const step::Lower& s) {
    REPRISE_ASSIGN(const runtime::FuncId id,
                   lower_function(self(), *self().funcs[s.function], options_of(s.options),
                                  signature_of(s.type), s.core_type));
    self().core_funcs.push_back(id);
    return std::nullopt;
  }

  StepResult execute(const step::ResourceBuiltin& s) {
    const ResourceType* type = self().resources[s.slot];
    if (!type) return lost(self().code->resource_names[s.slot]);
    REPRISE_ASSIGN(const runtime::FuncId id, resource_function(self(), s.op, *type, s.core_type));
    self().core_funcs.push_back(id);
    return std::nullopt;
  }

  StepResult execute(const step::Builtin& s) {
    const bool returns = s.op == CanonOp::task_return;
    const Signature result = returns ? signature_of(s.func_type) : Signature{};
    REPRISE_ASSIGN(const runtime::FuncId id,
                   builtin_function(self(), s, options_of(s.options), result));
    self().core_funcs.push_back(id);
    return std::nullopt;
  }

  StepResult execute(const step::Export& s) {
    const Item item = item_at(s.item);
    stack_.back().exports.add(s.item.name, item);
    append(item);
    return std::nullopt;
  }

  RootInstance& root_;
  runtime::Asker asker_ = nullptr;
  std::vector<InstanceFrame> stack_;
  uint32_t instances_ = 1;
};

Instantiating::Instantiating(RootInstance& root)
    : work_(std::make_unique<Instantiation>(root, root.imports())) {}

Instantiating::~Instantiating() = default;

TrapOr<Instantiating::Next> Instantiating::next(runtime::Asker asker) {
  work_->waits = false;
  auto next = work_->run(asker);
  if (!next) return std::unexpected(Trap::host(next.error().to_string()));
  if (work_->trap) return std::unexpected(std::move(*work_->trap));
  if (work_->waits) return Next{Kind::wait, {}};
  if (*next) return Next{Kind::call, **next};
  return Next{};
}

runtime::NativeStep instantiate_step(runtime::NativeCall& call) {
  auto& root = call.data_as<RootInstance>();
  if (call.phase() == 0) {
    if (!root.begin_instantiation())
      return call.trap(Trap::host("a component instance is instantiated once"));
    call.emplace_scratch<Instantiating>(root);
  }
  auto next = call.scratch<Instantiating>().next(&call.activation());
  if (!next) return call.trap(std::move(next.error()));
  switch (next->kind) {
    case Instantiating::Kind::call:
      return call.call(next->start);
    case Instantiating::Kind::wait:
      return runtime::NativeStep::suspend;
    case Instantiating::Kind::done:
      break;
  }
  return runtime::NativeStep::done;
}

}  // namespace reprise::component
