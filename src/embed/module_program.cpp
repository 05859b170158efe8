#include "embed/module_program.hpp"

#include <fmt/format.h>

#include "runtime/instantiate.hpp"

namespace reprise::embed {

using runtime::Slot;

namespace {

/// The WIT type of a number as it stands in a signature; null for other value types.
wit::Type number_type(wasm::ValueType type) {
  if (type == wasm::kI32) return wit::primitive(wit::TypeKind::s32);
  if (type == wasm::kI64) return wit::primitive(wit::TypeKind::s64);
  if (type == wasm::kF32) return wit::primitive(wit::TypeKind::f32);
  if (type == wasm::kF64) return wit::primitive(wit::TypeKind::f64);
  return nullptr;
}

size_t number_size(wit::Type type) {
  return type->kind == wit::TypeKind::s32 || type->kind == wit::TypeKind::f32 ? 4 : 8;
}

std::optional<wit::FuncType> number_signature(const wasm::FuncType& type) {
  wit::FuncType signature;
  for (size_t i = 0; i < type.parameters.size(); ++i) {
    const wit::Type param = number_type(type.parameters[i]);
    if (!param) return std::nullopt;
    signature.params.push_back({fmt::format("p{}", i), param});
  }
  if (type.results.size() > 1) return std::nullopt;
  if (!type.results.empty()) {
    signature.result = number_type(type.results[0]);
    if (!signature.result) return std::nullopt;
  }
  return signature;
}

}  // namespace

Result<std::unique_ptr<ModuleProgram>> ModuleProgram::link(
    Session& session, std::shared_ptr<runtime::ModuleCode> code, const CoreImports& imports) {
  const wasm::Module& module = code->module();
  std::unique_ptr<ModuleProgram> program(new ModuleProgram(session, std::move(code)));
  std::string missing;
  for (const wasm::Import& import : module.imports) {
    if (import.kind == wasm::ExternKind::function) {
      const wasm::TypeId type = module.functions[import.index].type;
      auto found = imports(import.module, import.name, *module.registry->func(type));
      if (!found) return fail(std::move(found.error()));
      if (*found) {
        REPRISE_ASSIGN(runtime::FuncId id, session.open(std::move(*found), type));
        program->imports_.push_back(id);
        continue;
      }
    }
    missing += fmt::format("\n  {} \"{}\"", import.module, import.name);
  }
  if (!missing.empty())
    return fail(ErrorKind::link, "the module imports what nobody here provides:" + missing);
  return program;
}

// outlives: this: whoever runs a task of a program keeps the program until the task is gone
Task<Outcome<void>> ModuleProgram::instantiate() {
  auto made = runtime::instantiate(session_.core(), code_, imports_, "main");
  if (!made) co_return std::unexpected(std::move(made.error()));
  if (made->trap) co_return std::unexpected(std::move(*made->trap));
  instance_ = made->instance;
  find_exports();
  if (made->start) {
    auto outcome = co_await session_.invoke(*made->start, {});
    if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  }
  co_return Outcome<void>();
}

void ModuleProgram::find_exports() {
  const wasm::Module& module = code_->module();
  for (const wasm::Export& e : module.exports) {
    if (e.kind != wasm::ExternKind::function) continue;
    if (auto type = number_signature(module.function_type(e.index)))
      exports_.push_back({.interface = {}, .name = std::string(e.name), .type = std::move(*type)});
  }
}

// outlives: this, function: as above, and the exports are the program's
Task<EncodedOutcome> ModuleProgram::call(const Exported& function, std::vector<uint8_t> arguments) {
  auto found = session_.core().find_export(instance_, function.name);
  if (!found || !std::holds_alternative<runtime::FuncId>(*found))
    co_return std::unexpected(
        Error{ErrorKind::usage, "no exported function " + function.name, {}, {}});
  std::vector<Slot> slots;
  ByteReader in(arguments);
  for (const wit::Param& param : function.type.params) {
    auto bytes = in.bytes(number_size(param.type));
    if (!bytes) co_return std::unexpected(std::move(bytes.error()));
    Slot slot = 0;
    std::memcpy(&slot, bytes->data(), bytes->size());
    slots.push_back(slot);
  }
  // Nothing that looks into `function` may be needed after the call: copy what is.
  const size_t result_size = function.type.result ? number_size(function.type.result) : 0;
  auto outcome = co_await session_.invoke(std::get<runtime::FuncId>(*found), std::move(slots));
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  std::vector<uint8_t> results(result_size);
  if (result_size) std::memcpy(results.data(), outcome->data(), result_size);
  co_return results;
}

}  // namespace reprise::embed
