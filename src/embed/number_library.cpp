#include "embed/number_library.hpp"

#include <fmt/format.h>

namespace reprise::embed {

using runtime::HostImport;
using runtime::NativeCall;
using runtime::Slot;

namespace {

/// Bytes of a number's encoding; 0 if the type is none.
size_t number_bytes(wit::Type type) {
  switch (type->kind) {
    case wit::TypeKind::s32:
    case wit::TypeKind::u32:
    case wit::TypeKind::f32:
      return 4;
    case wit::TypeKind::s64:
    case wit::TypeKind::u64:
    case wit::TypeKind::f64:
      return 8;
    default:
      return 0;
  }
}

bool fits(wit::Type type, wasm::ValueType core) {
  switch (type->kind) {
    case wit::TypeKind::f32:
      return core == wasm::kF32;
    case wit::TypeKind::f64:
      return core == wasm::kF64;
    default:
      return core == (number_bytes(type) == 4 ? wasm::kI32 : wasm::kI64);
  }
}

bool fits(const wit::FuncType& type, const wasm::FuncType& core) {
  if (type.params.size() != core.parameters.size() ||
      (type.result ? 1u : 0u) != core.results.size())
    return false;
  for (size_t i = 0; i < type.params.size(); ++i)
    if (!fits(type.params[i].type, core.parameters[i])) return false;
  return !type.result || fits(type.result, core.results[0]);
}

bool is_of_numbers(const wit::FuncType& type) {
  for (const wit::Param& param : type.params)
    if (number_bytes(param.type) == 0) return false;
  return !type.result || number_bytes(type.result) != 0;
}

/// One import of one instance: slots are numbers already.
class NumberImport final : public HostImport {
 public:
  TrapOr<void> lift(NativeCall& call, ByteWriter& arguments) override {
    const Slot* slot = call.args();
    for (const wit::Param& param : function->type.params) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(slot++);
      arguments.bytes({bytes, number_bytes(param.type)});
    }
    return {};
  }
  TrapOr<void> lower(NativeCall& call, Bytes results) override {
    if (!function->type.result) return {};
    if (results.size() != number_bytes(function->type.result))
      return std::unexpected(Trap::host("a host function gave another number of bytes"));
    call.results()[0] = 0;
    std::memcpy(call.results(), results.data(), results.size());
    return {};
  }
};

}  // namespace

Result<void> NumberLibrary::func(std::string_view module, std::string_view name,
                                 detail::BoundFunction function) {
  const std::string full = fmt::format("{}.{}", module, name);
  auto type = wit::parse_func_type(function.signature, types_);
  if (!type) return fail(std::move(type.error()).in(full));
  if (!is_of_numbers(*type))
    return fail(ErrorKind::usage,
                fmt::format("{}: {} has values that are no numbers", full, function.signature));
  if (by_name_.contains({std::string(module), std::string(name)}))
    return fail(ErrorKind::usage, full + " is there already");
  functions_.push_back({.interface = std::string(module),
                        .name = std::string(name),
                        .type = std::move(*type),
                        .start = std::move(function.start)});
  by_name_[{std::string(module), std::string(name)}] = &functions_.back();
  return ok();
}

void NumberLibrary::add_recorded(replay::Player& player) {
  player.each_function([this](const replay::RecordedFunction& f) {
    if (f.direction != trace::Direction::imported || !is_of_numbers(f.type)) return;
    if (by_name_.contains({f.interface, f.name})) return;
    functions_.push_back(
        {.interface = f.interface, .name = f.name, .type = f.type, .start = nullptr});
    by_name_[{f.interface, f.name}] = &functions_.back();
  });
}

Result<std::unique_ptr<HostImport>> NumberLibrary::find(std::string_view module,
                                                        std::string_view name,
                                                        const wasm::FuncType& type) const {
  const auto found = by_name_.find({std::string(module), std::string(name)});
  if (found == by_name_.end()) return nullptr;
  if (!fits(found->second->type, type))
    return fail(ErrorKind::link, fmt::format("{}.{}: the host has {}, which is another type than "
                                             "what the module wants",
                                             module, name, wit::to_string(found->second->type)));
  auto import = std::make_unique<NumberImport>();
  import->function = found->second;
  return import;
}

}  // namespace reprise::embed
