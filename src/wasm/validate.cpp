#include "wasm/validate.hpp"

#include <fmt/format.h>

#include "wasm/reader.hpp"

namespace reprise::wasm {

namespace {

struct Silent {
  void begin(const WalkState&) {}
  void on(const Instruction&, const WalkState&) {}
  void on_block(const Instruction&, const WalkState&, const Label&) {}
  void on_else(const Instruction&, const WalkState&, const Label&) {}
  void on_end(const Instruction&, const WalkState&, const Label&) {}
};

}  // namespace

Result<FunctionShape> validate_function(const Module& module, uint32_t index,
                                        WalkScratch& scratch) {
  Silent silent;
  auto shape = walk_function(module, index, scratch, silent);
  if (!shape) return fail(std::move(shape.error()).in(fmt::format("function {}", index)));
  return shape;
}

Result<FunctionShape> validate_function(const Module& module, uint32_t index) {
  WalkScratch scratch;
  return validate_function(module, index, scratch);
}

Result<void> validate_module(const Module& module) {
  WalkScratch scratch;
  for (uint32_t i = module.imported_functions; i < module.functions.size(); ++i)
    REPRISE_TRY(validate_function(module, i, scratch));
  return ok();
}

Result<std::shared_ptr<const Module>> read_and_validate(ModuleBytes source,
                                                        std::shared_ptr<TypeRegistry> registry) {
  REPRISE_ASSIGN(std::shared_ptr<const Module> module,
                 read_module(std::move(source), std::move(registry)));
  REPRISE_TRY(validate_module(*module));
  return module;
}

}  // namespace reprise::wasm
