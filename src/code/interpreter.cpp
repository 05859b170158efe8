#include "code/interpreter.hpp"

#include <utility>

#include "base/check.hpp"
#include "code/dispatch.hpp"
#include "code/frame_state.hpp"
#include "code/lazy.hpp"
#include "code/module_code.hpp"
#include "runtime/fault.hpp"

namespace reprise::code {

namespace {

class Interpreter final : public runtime::Tier {
 public:
  explicit Interpreter(const runtime::EngineOptions& options) : options_(options) {}

  std::shared_ptr<runtime::ModuleCode> load(
      std::shared_ptr<const wasm::Module> module) const override {
    return std::make_shared<RegisterCode>(std::move(module), options_);
  }
  const Word* native_entry() const override { return native_enter_word(); }
  const Word* return_to_host() const override { return exit_word(); }
  const Word* return_to_native() const override { return native_resume_word(); }

  Exit run(runtime::Activation& activation) const override {
    Machine& machine = activation.machine();
    if (machine.observer != nullptr && !activation.in_leaf()) {
      if (machine.observer->mode == runtime::Observer::Mode::counting) {
        fold_frames(activation);
      } else if (machine.observer->probed == nullptr) {
        observe_frames(activation);
      } else {
        observe_frames(activation, *machine.observer->probed);
      }
    }
    machine.is_stopped = false;
    const Word* pc = machine.pc;
    if (pc == nullptr) pc = start_word();
    if (std::exchange(machine.is_probed, false)) ++pc;
    Instance* instance = machine.instance;
    uint8_t* memory = instance == nullptr ? nullptr : instance->memory0;
    const void* const* handlers = handlers_for(machine.observer);
    auto* handler =
        reinterpret_cast<Handler*>(const_cast<void*>(handlers[static_cast<size_t>(op_of(pc))]));
    return handler(pc, machine.fp, memory, handlers, instance, &machine, machine.budget,
                   machine.made);
  }

 private:
  runtime::EngineOptions options_;
};

}  // namespace

const runtime::FunctionCode* lower_now(Machine* machine, Instance* instance,
                                       runtime::CodeCell* cell) {
  auto& code = static_cast<RegisterCode&>(*instance->code);
  const auto lowered = code.lower(code.index_of(*cell));
  if (lowered) return *lowered;
  machine->activation->set_trap({TrapKind::invalid_function, lowered.error().to_string(), 0, {}});
  return nullptr;
}

const runtime::FunctionCode* observed_form(Machine* machine, const runtime::FunctionCode& code) {
  const auto& module = static_cast<const RegisterCode&>(*code.module);
  if (const runtime::FunctionCode* known = module.observed(code.index)) return known;
  const auto made = const_cast<RegisterCode&>(module).lower_observed(code.index);
  if (made) return *made;
  machine->activation->set_trap({TrapKind::invalid_function, made.error().to_string(), 0, {}});
  return nullptr;
}

__attribute__((preserve_most)) bool is_subtype(Machine* machine, wasm::TypeId type,
                                               uint32_t expected) {
  return machine->store->types().matches(type, wasm::TypeId(expected));
}

std::shared_ptr<const runtime::Engine> make_engine(runtime::EngineOptions options) {
  if (!runtime::guard_pages_supported()) options.bounds = runtime::Bounds::explicit_checks;
  return std::make_shared<const runtime::Engine>(options, std::make_shared<wasm::TypeRegistry>(),
                                                 std::make_unique<const Interpreter>(options));
}

}  // namespace reprise::code
