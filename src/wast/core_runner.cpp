#include "wast/core_runner.hpp"

#include <fmt/format.h>

#include "runtime/activation.hpp"
#include "runtime/instantiate.hpp"
#include "wasm/reader.hpp"
#include "wasm/validate.hpp"
#include "wast/core_values.hpp"

namespace reprise::wast {

using runtime::Slot;

namespace {

std::vector<uint8_t> encode_slots(std::span<const Slot> slots) {
  ByteWriter out;
  out.leb_u32(static_cast<uint32_t>(slots.size()));
  for (const Slot slot : slots) out.u64_le(slot);
  return out.take();
}

Result<std::vector<Slot>> decode_slots(Bytes encoded) {
  ByteReader in(encoded);
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  std::vector<Slot> slots;
  for (uint32_t i = 0; i < count; i++) {
    REPRISE_ASSIGN(const Slot slot, in.u64_le());
    slots.push_back(slot);
  }
  return slots;
}

}  // namespace

Result<std::unique_ptr<CoreRunner>> CoreRunner::create(
    std::shared_ptr<const runtime::Engine> engine, Gate& gate) {
  REPRISE_ASSIGN(auto store, runtime::StoreCore::create(std::move(engine), {}));
  std::unique_ptr<CoreRunner> runner(new CoreRunner(std::move(store), gate));
  REPRISE_ASSIGN(runner->spectest_, make_spectest(*runner->store_, runner->context_, gate));
  // Core values pass the gate as the slots that they are.
  REPRISE_ASSIGN(runner->slots_to_slots_,
                 wit::parse_func_type("func(slots: list<u64>) -> list<u64>", runner->types_));
  return runner;
}

TrapOr<std::vector<Slot>> CoreRunner::enter(runtime::FuncId function, std::string name,
                                            std::span<const Slot> arguments) {
  const auto make = [&](Bytes encoded) -> EncodedResults {
    const auto slots = decode_slots(encoded);
    if (!slots) return std::unexpected(Trap::host(slots.error().message));
    auto results = runtime::call(*store_, function, *slots);
    if (!results) return std::unexpected(std::move(results.error()));
    return encode_slots(*results);
  };
  const auto encoded =
      gate_.enter({*store_, std::move(name), slots_to_slots_}, encode_slots(arguments), make);
  if (!encoded) return std::unexpected(encoded.error());
  auto results = decode_slots(*encoded);
  if (!results) return std::unexpected(Trap::host(results.error().message));
  return std::move(*results);
}

Result<void> CoreRunner::define(const Name& id, const std::vector<uint8_t>& binary) {
  const runtime::Engine& engine = store_->engine();
  REPRISE_ASSIGN(auto module, wasm::read_module(binary, engine.types()));
  REPRISE_TRY(wasm::validate_module(*module));
  last_definition_ = engine.load(std::move(module));
  if (id) definitions_[*id] = last_definition_;
  return ok();
}

std::optional<runtime::Extern> CoreRunner::find(std::string_view module, std::string_view name) {
  if (const auto found = registered_.find(module); found != registered_.end()) {
    return store_->find_export(found->second, name);
  }
  if (module != "spectest") return std::nullopt;
  const auto found = spectest_.find(name);
  if (found == spectest_.end()) return std::nullopt;
  return found->second;
}

Result<std::vector<runtime::Extern>> CoreRunner::find_imports(const wasm::Module& module) {
  std::vector<runtime::Extern> imports;
  for (const wasm::Import& import : module.imports) {
    const auto found = find(import.module, import.name);
    if (!found) {
      return fail(ErrorKind::link,
                  fmt::format("unknown import \"{}\" \"{}\"", import.module, import.name));
    }
    imports.push_back(*found);
  }
  return imports;
}

Result<std::optional<Trap>> CoreRunner::instantiate(const Name& instance, const Name& definition) {
  auto code = last_definition_;
  if (definition) {
    const auto found = definitions_.find(*definition);
    code = found == definitions_.end() ? nullptr : found->second;
  }
  if (!code) return fail(ErrorKind::usage, "there is no such module");
  REPRISE_ASSIGN(const auto imports, find_imports(code->module()));
  REPRISE_ASSIGN(auto made, runtime::instantiate(*store_, code, imports, instance.value_or("")));
  if (made.trap) return std::move(made.trap);
  if (made.start) {
    auto outcome = enter(*made.start, "[start]", {});
    if (!outcome) return std::move(outcome.error());
  }
  last_instance_ = made.instance;
  if (instance) instances_[*instance] = made.instance;
  return std::nullopt;
}

Result<runtime::InstanceId> CoreRunner::find_instance(const Name& id) const {
  if (!id) {
    if (!last_instance_) return fail(ErrorKind::usage, "there is no instance yet");
    return *last_instance_;
  }
  const auto found = instances_.find(*id);
  if (found == instances_.end()) return fail(ErrorKind::usage, "there is no instance $" + *id);
  return found->second;
}

Result<void> CoreRunner::register_as(const std::string& name, const Name& instance) {
  REPRISE_ASSIGN(registered_[name], find_instance(instance));
  return ok();
}

Result<Outcome> CoreRunner::get(runtime::GlobalId id, std::span<const text::Pattern> expected) {
  const runtime::Global& global = store_->global(id);
  const wasm::ValueType types[] = {global.type.value};
  const std::span slots(global.value, global.type.value.slots());
  return Outcome{{}, match(expected, types, slots), show(types, slots)};
}

Result<Outcome> CoreRunner::act(const text::Action& action,
                                std::span<const text::Pattern> expected) {
  REPRISE_ASSIGN(const runtime::InstanceId instance, find_instance(action.instance));
  const auto item = store_->find_export(instance, action.name);
  if (action.is_get) {
    const auto* id = item ? std::get_if<runtime::GlobalId>(&*item) : nullptr;
    if (!id) return fail(ErrorKind::usage, "there is no global \"" + action.name + "\"");
    return get(*id, expected);
  }
  const auto* function = item ? std::get_if<runtime::FuncId>(&*item) : nullptr;
  if (!function) return fail(ErrorKind::usage, "there is no function \"" + action.name + "\"");
  std::vector<runtime::Slot> arguments;
  for (const text::Value& value : action.arguments) {
    if (!append_slots(value, arguments)) {
      return fail(ErrorKind::usage, "a core function takes no values of components");
    }
  }
  const wasm::FuncType& type = store_->function_type(*function);
  if (arguments.size() != type.parameter_slots) {
    return fail(ErrorKind::usage, "\"" + action.name + "\" takes other arguments");
  }
  auto results = enter(*function, action.name, arguments);
  if (!results) return Outcome{std::move(results.error()), false, {}};
  return Outcome{{}, match(expected, type.results, *results), show(type.results, *results)};
}

}  // namespace reprise::wast
