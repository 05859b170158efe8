// Canonical definitions: lift, lower, and the built-ins (spec: CanonicalABI.md §Canonical
// Definitions). Each defines one function; its type is computed here from the immediates.

#include <fmt/format.h>

#include "component/reader.hpp"
#include "wasm/type_reader.hpp"

namespace reprise::component {
namespace {

constexpr std::string_view to_string(abi::StringEncoding encoding) {
  switch (encoding) {
    case abi::StringEncoding::utf8:
      return "utf8";
    case abi::StringEncoding::utf16:
      return "utf16";
    case abi::StringEncoding::latin1_or_utf16:
      return "latin1-utf16";
  }
  return "?";
}

wasm::ValueType address_of(const CanonOptions& options) {
  return options.width == abi::PointerWidth::memory64 ? wasm::kI64 : wasm::kI32;
}

/// "[I32, I64]", as the messages of the conformance scripts have it.
std::string list_text(std::span<const wasm::ValueType> types) {
  std::string text;
  for (wasm::ValueType type : types) {
    std::string name = wasm::to_string(type);
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    text += (text.empty() ? "" : ", ") + name;
  }
  return "[" + text + "]";
}

std::unexpected<Error> required(std::string_view option, uint64_t offset) {
  return invalid(fmt::format("canonical option `{}` is required", option), offset);
}

/// spec: CanonicalABI.md §Flattening, join.
wasm::ValueType join(wasm::ValueType a, wasm::ValueType b) {
  if (a == b) return a;
  const bool narrow = (a == wasm::kI32 && b == wasm::kF32) || (a == wasm::kF32 && b == wasm::kI32);
  return narrow ? wasm::kI32 : wasm::kI64;
}

}  // namespace

Result<void> ComponentReader::read_canon(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  const text::CanonInfo* const canon = text::find_canon(code);
  if (!canon) return bad_byte(code, "canonical function", offset);
  switch (canon->op) {
    case CanonOp::lift:
      return read_lift(in);
    case CanonOp::lower:
      return read_lower(in);
    case CanonOp::resource_new:
    case CanonOp::resource_drop:
    case CanonOp::resource_rep:
      return read_resource_builtin(in, canon->op);
    default:
      return read_builtin(in, canon->op, offset);
  }
}

Result<bool> ComponentReader::read_flag(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t flag, in.u8());
  if (flag > 1) return malformed("invalid boolean value", offset);
  return flag == 1;
}

Result<CanonOptions> ComponentReader::read_options(ByteReader& in) {
  CanonOptions options;
  const uint64_t start = in.offset();
  std::optional<abi::StringEncoding> encoding;
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxCanonicalOptions, "canonical option"));
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(const uint8_t code, in.u8());
    auto once = [&](uint32_t& place, std::string_view name) -> Result<void> {
      if (place != kNoIndex) {
        return invalid(fmt::format("canonical option `{}` is specified more than once", name),
                       offset);
      }
      REPRISE_ASSIGN(place, in.leb_u32());
      return ok();
    };
    switch (code) {
      case 0x00:
      case 0x01:
      case 0x02: {
        const auto wanted = static_cast<abi::StringEncoding>(code);
        if (encoding) {
          return invalid(fmt::format("canonical encoding option `{}` conflicts with option `{}`",
                                     to_string(*encoding), to_string(wanted)),
                         offset);
        }
        encoding = wanted;
        break;
      }
      case 0x03: {
        REPRISE_TRY(once(options.memory, "memory"));
        REPRISE_ASSIGN(const CoreExternType type,
                       core_item(wasm::ExternKind::memory, options.memory, offset));
        const auto& memory = std::get<wasm::MemoryType>(type);
        if (memory.is_shared)
          return invalid("canonical option `memory` cannot be a shared memory", offset);
        if (memory.is_64) {
          return fail(ErrorKind::unsupported,
                      "64-bit memories are not supported in canonical options", offset);
        }
        break;
      }
      case 0x04:
        REPRISE_TRY(once(options.realloc, "realloc"));
        break;
      case 0x05:
        REPRISE_TRY(once(options.post_return, "post-return"));
        break;
      case 0x06:
        if (options.is_async)
          return invalid("canonical option `async` is specified more than once", offset);
        options.is_async = true;
        break;
      case 0x07:
        REPRISE_TRY(once(options.callback, "callback"));
        break;
      default:
        return bad_byte(code, "canonical option", offset);
    }
  }
  options.encoding = encoding.value_or(abi::StringEncoding::utf8);
  REPRISE_TRY(check_realloc(options, start));
  return options;
}

Result<void> ComponentReader::check_realloc(const CanonOptions& options, uint64_t offset) const {
  if (options.realloc == kNoIndex) return ok();
  REPRISE_ASSIGN(const wasm::TypeId id, core_func_at(options.realloc, offset));
  if (options.memory == kNoIndex) {
    return invalid("canonical option `realloc` requires `memory` to also be specified", offset);
  }
  const wasm::FuncType& type = *component_->registry_->func(id);
  const wasm::ValueType address = address_of(options);
  if (type.parameters != std::vector(4, address) || type.results != std::vector{address}) {
    return invalid("canonical option `realloc` uses a core function with an incorrect signature",
                   offset);
  }
  return ok();
}

// --- Flattening ---------------------------------------------------------------------------------

/// Appends the flat types; false if there are more than `limit` then. The depth of the recursion is
/// that of the type.
Result<bool> ComponentReader::flatten(TypeId type, abi::PointerWidth width, size_t limit,
                                      std::vector<wasm::ValueType>& out) {
  using enum wit::TypeKind;
  REPRISE_TRY(types().spend());
  const wasm::ValueType pointer = width == abi::PointerWidth::memory64 ? wasm::kI64 : wasm::kI32;
  const TypeDef def = types()[type];
  switch (def.value) {
    case s64:
    case u64:
      out.push_back(wasm::kI64);
      break;
    case f32:
      out.push_back(wasm::kF32);
      break;
    case f64:
      out.push_back(wasm::kF64);
      break;
    case string:
    case list:
    case map:
      out.push_back(pointer);
      out.push_back(pointer);
      break;
    case fixed_list:
      for (uint32_t i = 0; i < def.length; ++i) {
        REPRISE_ASSIGN(const bool fits, flatten(def.element, width, limit, out));
        if (!fits) return false;
      }
      break;
    case record:
    case tuple:
      for (uint32_t i = 0; i < def.member_count; ++i) {
        REPRISE_ASSIGN(const bool fits, flatten(types().members(type)[i].type, width, limit, out));
        if (!fits) return false;
      }
      break;
    case variant:
    case option:
    case result:
      return flatten_sum(type, width, limit, out);
    default:
      out.push_back(wasm::kI32);
      break;
  }
  return out.size() <= limit;
}

Result<bool> ComponentReader::flatten_sum(TypeId type, abi::PointerWidth width, size_t limit,
                                          std::vector<wasm::ValueType>& out) {
  const TypeDef def = types()[type];
  out.push_back(wasm::kI32);
  const size_t start = out.size();
  std::vector<TypeId> payloads{def.element, def.second};
  for (const Member& member : types().members(type)) payloads.push_back(member.type);
  std::vector<wasm::ValueType> flat;
  for (TypeId payload : payloads) {
    if (!payload) continue;
    flat.clear();
    REPRISE_ASSIGN(const bool fits, flatten(payload, width, limit, flat));
    if (!fits) return false;
    for (size_t i = 0; i < flat.size(); ++i) {
      if (start + i < out.size())
        out[start + i] = join(out[start + i], flat[i]);
      else
        out.push_back(flat[i]);
    }
  }
  return out.size() <= limit;
}

Result<ComponentReader::FlatFunc> ComponentReader::flatten_lift(TypeId func,
                                                                const CanonOptions& options,
                                                                uint64_t offset) {
  FlatFunc flat;
  bool needs_realloc = false, needs_memory = false;
  bool fits = true;
  const TypeDef def = types()[func];
  for (uint32_t i = 0; i < def.member_count; ++i) {
    const TypeId param = types().members(func)[i].type;
    needs_realloc |= types()[param].has_pointer;
    if (!fits) continue;
    REPRISE_ASSIGN(fits,
                   at(offset, flatten(param, options.width, wit::kMaxFlatParams, flat.params)));
  }
  if (!fits) {
    flat.params = {address_of(options)};
    needs_realloc = true;
  }
  if (def.element) {
    needs_memory = types()[def.element].has_pointer;
    const uint32_t limit = options.is_async ? wit::kMaxFlatParams : wit::kMaxFlatResults;
    REPRISE_ASSIGN(const bool result_fits,
                   at(offset, flatten(def.element, options.width, limit, flat.results)));
    if (!result_fits) {
      flat.results = {address_of(options)};
      needs_memory = true;
    }
  }
  // An async function returns through task.return; with a callback it returns what to wait for.
  if (options.is_async) {
    flat.results.clear();
    if (options.callback != kNoIndex) flat.results = {wasm::kI32};
  }
  if ((needs_memory || needs_realloc) && options.memory == kNoIndex)
    return required("memory", offset);
  if (needs_realloc && options.realloc == kNoIndex) return required("realloc", offset);
  return flat;
}

Result<ComponentReader::FlatFunc> ComponentReader::flatten_lower(TypeId func,
                                                                 const CanonOptions& options,
                                                                 uint64_t offset) {
  FlatFunc flat;
  bool needs_memory = false, needs_realloc = false;
  bool fits = true;
  const uint32_t limit = options.is_async ? wit::kMaxFlatAsyncParams : wit::kMaxFlatParams;
  const TypeDef def = types()[func];
  for (uint32_t i = 0; i < def.member_count; ++i) {
    const TypeId param = types().members(func)[i].type;
    needs_memory |= types()[param].has_pointer;
    if (!fits) continue;
    REPRISE_ASSIGN(fits, at(offset, flatten(param, options.width, limit, flat.params)));
  }
  if (!fits) {
    flat.params = {address_of(options)};
    needs_memory = true;
  }
  if (def.element) {
    needs_realloc = types()[def.element].has_pointer;
    const uint32_t result_limit = options.is_async ? 0 : wit::kMaxFlatResults;
    REPRISE_ASSIGN(const bool result_fits,
                   at(offset, flatten(def.element, options.width, result_limit, flat.results)));
    if (!result_fits) {
      flat.params.push_back(address_of(options));
      flat.results.clear();
      needs_memory = true;
    }
  }
  if (options.is_async) flat.results = {wasm::kI32};
  if ((needs_memory || needs_realloc) && options.memory == kNoIndex)
    return required("memory", offset);
  if (needs_realloc && options.realloc == kNoIndex) return required("realloc", offset);
  return flat;
}

Result<wasm::TypeId> ComponentReader::intern_func(const FlatFunc& type) const {
  return component_->registry_->intern_func(type.params, type.results);
}

// --- lift and lower -----------------------------------------------------------------------------

Result<void> ComponentReader::read_lift(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t sort, in.u8());
  if (sort != 0x00) return bad_byte(sort, "canonical function lift", offset);
  step::Lift step;
  REPRISE_ASSIGN(step.core_function, in.leb_u32());
  REPRISE_ASSIGN(step.options, read_options(in));
  const CanonOptions& options = step.options;
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  REPRISE_ASSIGN(const TypeId type, type_at(index, offset, TypeKind::func));
  REPRISE_ASSIGN(const wasm::TypeId core_id, core_func_at(step.core_function, offset));
  const wasm::FuncType& core = *component_->registry_->func(core_id);
  if (options.is_async && !types()[type].is_async)
    return invalid("the `async` canonical option requires an async function type", offset);
  if (options.is_async && options.post_return != kNoIndex) {
    return invalid("canonical option `post-return` cannot be specified together with `async`",
                   offset);
  }
  if (options.callback != kNoIndex && !options.is_async)
    return invalid("canonical option `callback` cannot be specified without `async`", offset);
  REPRISE_ASSIGN(const FlatFunc flat, flatten_lift(type, options, offset));
  if (core.parameters != flat.params) {
    return invalid(
        fmt::format("lowered parameter types `{}` do not match parameter types `{}` of "
                    "core function {}",
                    list_text(flat.params), list_text(core.parameters), step.core_function),
        offset);
  }
  if (core.results != flat.results) {
    return invalid(
        fmt::format("lowered result types `{}` do not match result types `{}` of core "
                    "function {}",
                    list_text(flat.results), list_text(core.results), step.core_function),
        offset);
  }
  if (options.post_return != kNoIndex) {
    REPRISE_ASSIGN(const wasm::TypeId id, core_func_at(options.post_return, offset));
    const wasm::FuncType& post = *component_->registry_->func(id);
    if (post.parameters != core.results || !post.results.empty()) {
      return invalid(
          "canonical option `post-return` uses a core function with an incorrect signature",
          offset);
    }
  }
  if (options.callback != kNoIndex) {
    REPRISE_ASSIGN(const wasm::TypeId id, core_func_at(options.callback, offset));
    const wasm::FuncType& callback = *component_->registry_->func(id);
    if (callback.parameters != std::vector(3, wasm::kI32) ||
        callback.results != std::vector{wasm::kI32}) {
      return invalid("canonical option `callback` uses a core function with an incorrect signature",
                     offset);
    }
  }
  step.type = func_type_index(type);
  scope().funcs.push_back(type);
  plan(step);
  return ok();
}

Result<void> ComponentReader::read_lower(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t sort, in.u8());
  if (sort != 0x00) return bad_byte(sort, "canonical function lower", offset);
  step::Lower step;
  REPRISE_ASSIGN(step.function, in.leb_u32());
  REPRISE_ASSIGN(step.options, read_options(in));
  REPRISE_ASSIGN(const Entity callee, entity_at({Sort::func, step.function, offset}));
  if (step.options.post_return != kNoIndex)
    return invalid("canonical option `post-return` cannot be specified for lowerings", offset);
  if (step.options.callback != kNoIndex)
    return invalid("canonical option `callback` cannot be specified for lowerings", offset);
  if (step.options.is_async && !types()[callee.type].is_async)
    return invalid("the `async` canonical option requires an async function type", offset);
  REPRISE_ASSIGN(const FlatFunc flat, flatten_lower(callee.type, step.options, offset));
  REPRISE_ASSIGN(step.core_type, intern_func(flat));
  step.type = func_type_index(callee.type);
  push_core_func(step.core_type);
  plan(step);
  return ok();
}

Result<void> ComponentReader::read_resource_builtin(ByteReader& in, CanonOp op) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  REPRISE_ASSIGN(const TypeId type, type_at(index, offset, TypeKind::resource));
  const ResourceId resource = types()[type].resource;
  if (op != CanonOp::resource_drop && !scope().local_resources.contains(resource))
    return invalid(fmt::format("type index {} is not a local resource", index), offset);
  FlatFunc flat{.params = {wasm::kI32}, .results = {}};
  if (op != CanonOp::resource_drop) flat.results = {wasm::kI32};
  REPRISE_ASSIGN(const wasm::TypeId core_type, intern_func(flat));
  push_core_func(core_type);
  plan(step::ResourceBuiltin{op, slot_of(scope(), resource, ""), core_type});
  return ok();
}

// --- Built-ins ----------------------------------------------------------------------------------

Result<void> ComponentReader::read_builtin(ByteReader& in, CanonOp op, uint64_t offset) {
  using enum CanonOp;
  const std::vector<wasm::ValueType> one{wasm::kI32};
  step::Builtin step{.op = op, .options = {}, .core_type = {}};
  FlatFunc type;
  switch (op) {
    case backpressure_inc:
    case backpressure_dec:
    case task_cancel:
      break;
    case subtask_cancel: {
      REPRISE_ASSIGN(step.flag, read_flag(in));
      type = {one, one};
      break;
    }
    case subtask_drop:
    case waitable_set_drop:
    case thread_resume_later:
    case error_context_drop:
      type.params = one;
      break;
    case waitable_set_new:
    case thread_index:
      type.results = one;
      break;
    case waitable_join:
      type.params = {wasm::kI32, wasm::kI32};
      break;
    case task_return:
      REPRISE_TRY(read_task_return(in, step, type));
      break;
    case context_get:
    case context_set:
      REPRISE_TRY(read_context(in, step, type));
      break;
    case waitable_set_wait:
    case waitable_set_poll:
      REPRISE_TRY(read_wait(in, step, type));
      break;
    case error_context_new:
    case error_context_debug_message:
      REPRISE_TRY(read_error_context(in, step, type));
      break;
    case thread_yield:
    case thread_suspend: {
      REPRISE_ASSIGN(step.flag, read_flag(in));
      type.results = one;
      break;
    }
    case thread_suspend_then_resume:
    case thread_yield_then_resume:
    case thread_suspend_then_promote:
    case thread_yield_then_promote: {
      REPRISE_ASSIGN(step.flag, read_flag(in));
      type = {one, one};
      break;
    }
    case thread_new_indirect:
    case thread_spawn_ref:
    case thread_spawn_indirect:
    case thread_available_parallelism:
      REPRISE_TRY(read_thread(in, step, type));
      break;
    default:
      REPRISE_TRY(read_channel_builtin(in, step, type));
      break;
  }
  REPRISE_ASSIGN(step.core_type, at(offset, intern_func(type)));
  push_core_func(step.core_type);
  plan(step);
  return ok();
}

Result<void> ComponentReader::read_task_return(ByteReader& in, step::Builtin& step,
                                               FlatFunc& type) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const TypeId result, read_result_list(in));
  REPRISE_ASSIGN(step.options, read_options(in));
  const CanonOptions& options = step.options;
  auto only = [&](bool given, std::string_view name) -> Result<void> {
    if (!given) return ok();
    return invalid(fmt::format("cannot specify `{}` option on `task.return`", name), offset);
  };
  REPRISE_TRY(only(options.is_async, "async"));
  REPRISE_TRY(only(options.callback != kNoIndex, "callback"));
  REPRISE_TRY(only(options.post_return != kNoIndex, "post-return"));
  REPRISE_TRY(only(options.realloc != kNoIndex, "realloc"));
  if (result && types()[result].has_borrow)
    return invalid("function result cannot contain a `borrow` type", offset);
  // The result is lifted, so to speak, as the parameters of a lowered function are.
  std::vector<Member> params;
  if (result) params.push_back({"result", result});
  REPRISE_ASSIGN(const TypeId as_params, types().add_func(params, TypeId(), false));
  REPRISE_ASSIGN(type, flatten_lower(as_params, options, offset));
  REPRISE_ASSIGN(const TypeId func, types().add_func({}, result, true));
  step.func_type = func_type_index(func);
  return ok();
}

Result<void> ComponentReader::read_context(ByteReader& in, step::Builtin& step, FlatFunc& type) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  const wasm::ValueType value = wasm::number_or_vector_type(code);
  if (value.is_bottom()) return bad_byte(code, "context value type", offset);
  REPRISE_ASSIGN(step.index, in.leb_u32());
  if (value == wasm::kI64)
    return fail(ErrorKind::unsupported, "64-bit context slots are not supported", offset);
  if (value != wasm::kI32)
    return invalid("context.get and context.set need the type `i32`", offset);
  if (step.index >= 2)
    return invalid(fmt::format("context index {} is out of bounds", step.index), offset);
  if (step.op == CanonOp::context_get)
    type.results = {value};
  else
    type.params = {value};
  return ok();
}

Result<void> ComponentReader::read_wait(ByteReader& in, step::Builtin& step, FlatFunc& type) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(step.flag, read_flag(in));
  REPRISE_ASSIGN(step.options.memory, in.leb_u32());
  REPRISE_ASSIGN(const CoreExternType memory,
                 core_item(wasm::ExternKind::memory, step.options.memory, offset));
  if (std::get<wasm::MemoryType>(memory).is_64)
    return fail(ErrorKind::unsupported, "64-bit memories are not supported here", offset);
  type = {{wasm::kI32, wasm::kI32}, {wasm::kI32}};
  return ok();
}

Result<void> ComponentReader::read_error_context(ByteReader& in, step::Builtin& step,
                                                 FlatFunc& type) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(step.options, read_options(in));
  if (step.options.is_async)
    return invalid(fmt::format("cannot specify `async` option on `{}`", to_string(step.op)),
                   offset);
  if (step.options.post_return != kNoIndex || step.options.callback != kNoIndex) {
    return invalid(fmt::format("cannot specify `post-return` or `callback` option on `{}`",
                               to_string(step.op)),
                   offset);
  }
  if (step.options.memory == kNoIndex) return required("memory", offset);
  type.params = {wasm::kI32, wasm::kI32};
  if (step.op == CanonOp::error_context_new) {
    type.results = {wasm::kI32};
  } else if (step.options.realloc == kNoIndex) {
    return required("realloc", offset);
  }
  return ok();
}

Result<void> ComponentReader::read_channel_builtin(ByteReader& in, step::Builtin& step,
                                                   FlatFunc& type) {
  using enum CanonOp;
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  REPRISE_ASSIGN(const TypeId channel, type_at(index, offset));
  const bool is_stream = step.op >= stream_new && step.op <= stream_drop_writable;
  const TypeDef& def = types()[channel];
  if (def.kind != TypeKind::value ||
      def.value != (is_stream ? wit::TypeKind::stream : wit::TypeKind::future)) {
    return invalid(
        fmt::format("`{}` requires a {} type", to_string(step.op), is_stream ? "stream" : "future"),
        offset);
  }
  step.type = value_type_index(channel);
  switch (step.op) {
    case stream_new:
    case future_new:
      type.results = {wasm::kI64};
      return ok();
    case stream_drop_readable:
    case stream_drop_writable:
    case future_drop_readable:
    case future_drop_writable:
      type.params = {wasm::kI32};
      return ok();
    case stream_cancel_read:
    case stream_cancel_write:
    case future_cancel_read:
    case future_cancel_write: {
      REPRISE_ASSIGN(step.flag, read_flag(in));
      type = {{wasm::kI32}, {wasm::kI32}};
      return ok();
    }
    default:
      return read_copy(in, step, type, channel, is_stream, offset);
  }
}

Result<void> ComponentReader::read_copy(ByteReader& in, step::Builtin& step, FlatFunc& type,
                                        TypeId channel, bool is_stream, uint64_t offset) {
  using enum CanonOp;
  REPRISE_ASSIGN(step.options, read_options(in));
  const CanonOptions& options = step.options;
  if (options.post_return != kNoIndex || options.callback != kNoIndex) {
    return invalid(fmt::format("cannot specify `post-return` or `callback` option on `{}`",
                               to_string(step.op)),
                   offset);
  }
  if (const TypeId element = types()[channel].element) {
    if (options.memory == kNoIndex) return required("memory", offset);
    const bool reads = step.op == stream_read || step.op == future_read;
    if (reads && types()[element].has_pointer && options.realloc == kNoIndex)
      return required("realloc", offset);
  }
  const wasm::ValueType address = address_of(options);
  type.params = {wasm::kI32, address};
  type.results = {wasm::kI32};
  if (is_stream) {
    type.params.push_back(address);
    type.results = {address};
  }
  return ok();
}

Result<void> ComponentReader::read_thread(ByteReader& in, step::Builtin& step, FlatFunc& type) {
  using enum CanonOp;
  const uint64_t offset = in.offset();
  if (step.op != thread_new_indirect) {
    // Threads that run in parallel, and shared functions, are a proposal of their own.
    return fail(ErrorKind::unsupported, fmt::format("`{}` is not supported", to_string(step.op)),
                offset);
  }
  REPRISE_ASSIGN(const uint32_t func_type, in.leb_u32());
  REPRISE_ASSIGN(step.index, in.leb_u32());
  if (func_type >= scope().core_types.size())
    return invalid(fmt::format("unknown type {}: core type index out of bounds", func_type),
                   offset);
  const wasm::TypeId id = scope().core_types[func_type].type;
  const wasm::FuncType* func = id ? component_->registry_->func(id) : nullptr;
  if (!func || func->parameters != std::vector{wasm::kI32} || !func->results.empty()) {
    return invalid("start function must take a single `i32` argument and return nothing", offset);
  }
  REPRISE_ASSIGN(const CoreExternType table,
                 core_item(wasm::ExternKind::table, step.index, offset));
  if (!(std::get<wasm::TableType>(table).element == wasm::kFuncref))
    return invalid("the table of `thread.new-indirect` must hold `funcref`", offset);
  type = {{wasm::kI32, wasm::kI32}, {wasm::kI32}};
  return ok();
}

}  // namespace reprise::component
