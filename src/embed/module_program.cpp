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

Outcome<Program::Next> ModuleProgram::advance(runtime::Asker asker) {
  if (instance_) return Next{};
  runtime::StoreCore& core = session_.core();
  const ResourceRequest request = runtime::creation_of(code_->module());
  switch (core.ask(request, asker)) {
    case runtime::GrowthDoor::Answer::later:
      return Next{Next::Kind::wait, {}};
    case runtime::GrowthDoor::Answer::cancelled:
      return std::unexpected(Trap::of(TrapKind::cancelled));
    case runtime::GrowthDoor::Answer::deny:
      core.refuse(request);
      return std::unexpected(Trap::host("the store's limiter refuses the instance"));
    case runtime::GrowthDoor::Answer::allow:
      break;
  }
  auto made = runtime::instantiate(core, code_, imports_, "main");
  core.settled(request, made.has_value());
  if (!made) return std::unexpected(std::move(made.error()));
  instance_ = made->instance;
  if (made->trap) return std::unexpected(std::move(*made->trap));
  find_exports();
  if (made->start) return Next{Next::Kind::call, *made->start};
  return Next{};
}

void ModuleProgram::find_exports() {
  const wasm::Module& module = code_->module();
  for (const wasm::Export& e : module.exports) {
    if (e.kind != wasm::ExternKind::function) continue;
    if (auto type = number_signature(module.function_type(e.index)))
      exports_.push_back({.interface = {},
                          .name = std::string(e.name),
                          .type = std::move(*type),
                          .core_index = e.index});
  }
}

Result<Program::CoreCall> ModuleProgram::begin_call(const Exported& function,
                                                    std::vector<uint8_t>&& arguments) {
  if (!instance_) return fail(ErrorKind::usage, "no exported function " + function.name);
  runtime::StoreCore& core = session_.core();
  CoreCall call{.function = core.function_of(core.instance(*instance_), function.core_index),
                .arguments = {}};
  ByteReader in(arguments);
  for (const wit::Param& param : function.type.params) {
    REPRISE_ASSIGN(const Bytes bytes, in.bytes(number_size(param.type)));
    Slot slot = 0;
    std::memcpy(&slot, bytes.data(), bytes.size());
    call.arguments.push_back(slot);
  }
  call.result_bytes = function.type.result ? number_size(function.type.result) : 0;
  return call;
}

void ModuleProgram::end_call(const CoreCall& call, std::span<const Slot> results,
                             std::vector<uint8_t>& encoded) {
  encoded.resize(results.empty() ? 0 : call.result_bytes);
  if (!encoded.empty()) std::memcpy(encoded.data(), results.data(), encoded.size());
}

}  // namespace reprise::embed
