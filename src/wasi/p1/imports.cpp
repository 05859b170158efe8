// Binds the table's functions to the typed ones, and to instances.

#include "wasi/p1/imports.hpp"

#include <fmt/format.h>

#include "runtime/instance.hpp"
#include "wasi/binding.hpp"

namespace reprise::wasi::p1 {

namespace {

using Bound = detail::BoundFunction;

template <class R, class... A>
Bound bind_method(std::shared_ptr<Preview1> preview1, R (Preview1::*method)(A...)) {
  return detail::bind<Host>([preview1 = std::move(preview1), method](Call<Host>, A... a) -> R {
    return ((*preview1).*method)(std::move(a)...);
  });
}

template <class R, class... A>
Bound bind_method(std::shared_ptr<Preview1> preview1, Task<R> (Preview1::*method)(Suspend&, A...)) {
  return detail::bind<Host>(
      [preview1 = std::move(preview1), method](Call<Host> call, A... a) -> Task<R> {
        return ((*preview1).*method)(call.suspend(), std::move(a)...);
      });
}

std::vector<Bound> bind_all(const std::shared_ptr<Preview1>& preview1) {
  return {
#define REPRISE_P1(name, parameters, ins, out) bind_method(preview1, &Preview1::name),
#include "wasi/p1/functions.def"
#undef REPRISE_P1
  };
}

/// An import of one instance: a function's row, and the memory its pointers are good for.
class Import final : public runtime::HostImport {
 public:
  explicit Import(const FunctionAbi& abi) : abi_(abi) {}

  TrapOr<void> lift(runtime::NativeCall& call, ByteWriter& arguments) override {
    REPRISE_ASSIGN(const auto memory, memory_of(call));
    return lift_arguments(abi_, memory, call.args(), arguments);
  }

  TrapOr<void> lower(runtime::NativeCall& call, Bytes results) override {
    REPRISE_ASSIGN(const auto memory, memory_of(call));
    REPRISE_ASSIGN(const uint32_t errno_value, lower_result(abi_, memory, call.args(), results));
    if (abi_.out != Out::no_return) call.results()[0] = runtime::slot_of_i32(errno_value);
    return {};
  }

 private:
  /// The memory that the calling instance exports as "memory", or its first.
  TrapOr<std::span<uint8_t>> memory_of(runtime::NativeCall& call) {
    runtime::Instance* caller = call.caller();
    if (caller != caller_ || caller == nullptr) {
      if (caller == nullptr || caller->memory_space.empty()) {
        return std::unexpected(Trap::host("a WASI function was called without a memory"));
      }
      memory_ = caller->memory_space[memory_index(caller->module())];
      caller_ = caller;
    }
    return memory_->bytes();
  }

  static uint32_t memory_index(const wasm::Module& module) {
    for (const wasm::Export& e : module.exports) {
      if (e.kind == wasm::ExternKind::memory && e.name == "memory") return e.index;
    }
    return 0;
  }

  const FunctionAbi& abi_;
  runtime::Instance* caller_ = nullptr;
  runtime::Memory* memory_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Imports>> Imports::create(std::shared_ptr<Host> host) {
  std::unique_ptr<Imports> imports(new Imports);
  REPRISE_TRY(imports->add(std::make_shared<Preview1>(std::move(host))));
  return imports;
}

Result<std::unique_ptr<Imports>> Imports::create_for_replay() {
  std::unique_ptr<Imports> imports(new Imports);
  REPRISE_TRY(imports->add(nullptr));
  return imports;
}

Result<void> Imports::add(std::shared_ptr<Preview1> preview1) {
  std::vector<Bound> bound = bind_all(preview1);
  for (size_t i = 0; i < bound.size(); ++i) {
    const FunctionAbi& abi = p1::functions()[i];
    const std::string signature = with_parameter_names(bound[i].signature, abi.parameter_names);
    REPRISE_ASSIGN(wit::FuncType type, wit::parse_func_type(signature, types_));
    runtime::HostFunction function{
        std::string(kModule), std::string(abi.name), std::move(type), {}};
    if (preview1) function.start = std::move(bound[i].start);
    functions_.push_back(std::move(function));
  }
  return ok();
}

Result<std::unique_ptr<runtime::HostImport>> Imports::find(std::string_view module,
                                                           std::string_view name,
                                                           const wasm::FuncType& type) const {
  const FunctionAbi* abi = module == kModule ? find_function(name) : nullptr;
  if (abi == nullptr) return nullptr;
  const wasm::FuncType expected = abi->core_type();
  if (type.parameters != expected.parameters || type.results != expected.results) {
    return fail(
        ErrorKind::link,
        fmt::format("{}.{} is imported with a type that WASI 0.1 does not give it", module, name));
  }
  auto import = std::make_unique<Import>(*abi);
  import->function = &functions_[static_cast<size_t>(abi - p1::functions().data())];
  return import;
}

}  // namespace reprise::wasi::p1
