// The types of C++'s standard library as LLVM's libc++ makes them, which is what WebAssembly's
// toolchains use. Members are found by their names, so small changes of the library do no harm; a
// type that doesn't have them is shown as any other.

#include <fmt/format.h>

#include "debug/dwarf/describe_parts.hpp"
#include "debug/dwarf/names.hpp"

namespace reprise::debug {

using dwarf::Die;

namespace {

Description optimized_out() {
  return leaf("<optimized out>");
}

/// A short string is inside the object, a long one behind a pointer; a bit tells them apart.
std::optional<Description> basic_string(const Value& value, Die type,
                                        const DescribeContext& context) {
  if (dwarf::size_of(template_argument(type, "_CharT")) != 1) return std::nullopt;
  auto short_part = find_nested_member(value, "__s");
  auto long_part = find_nested_member(value, "__l");
  if (!short_part || !long_part) return std::nullopt;
  const auto is_long = number_of(find_member(*short_part, "__is_long_"), context.frame);
  if (!is_long) return optimized_out();
  const Value& part = *is_long != 0 ? *long_part : *short_part;
  const auto size = number_of(find_member(part, "__size_"), context.frame);
  auto data = find_member(part, "__data_");
  if (!data) return std::nullopt;
  if (!size) return optimized_out();
  if (*is_long != 0) {
    const auto address = number_of(data, context.frame);
    if (!address) return optimized_out();
    return text_leaf(*address, *size, context);
  }
  auto bytes = read_bytes(*data, std::min(*size, dwarf::size_of(data->type)), context.frame);
  if (!bytes) return unavailable(bytes.error());
  return leaf(quoted(as_text(*bytes), context.language));
}

std::optional<Description> string_view(const Value& value, Die type,
                                       const DescribeContext& context) {
  if (dwarf::size_of(template_argument(type, "_CharT")) != 1) return std::nullopt;
  auto data = find_member(value, "__data_");
  auto length = find_member(value, "__size_");
  if (!data || !length) return std::nullopt;
  const auto address = number_of(data, context.frame);
  const auto size = number_of(length, context.frame);
  if (!address || !size) return optimized_out();
  return text_leaf(*address, *size, context);
}

std::optional<Description> vector(const Value& value, Die type, const DescribeContext& context) {
  auto first = find_member(value, "__begin_");
  auto last = find_member(value, "__end_");
  if (!first || !last) return std::nullopt;
  const auto begin = number_of(first, context.frame);
  const auto end = number_of(last, context.frame);
  const Die element_type = template_argument(type, "_Tp");
  const uint64_t size = dwarf::size_of(element_type);
  if (size == 0) return std::nullopt;
  if (!begin || !end) return optimized_out();
  if (*end < *begin || (*end - *begin) % size != 0)
    return leaf(fmt::format("<broken: from 0x{:x} to 0x{:x}>", *begin, *end));
  return sequence(element_type, *begin, (*end - *begin) / size, context);
}

std::optional<Description> span(const Value& value, Die type, const DescribeContext& context) {
  auto data = find_member(value, "__data_");
  auto length = find_member(value, "__size_");
  if (!data || !length) return std::nullopt;
  const auto address = number_of(data, context.frame);
  const auto size = number_of(length, context.frame);
  if (!address || !size) return optimized_out();
  return sequence(template_argument(type, "_Tp"), *address, *size, context);
}

std::optional<Description> array(const Value& value, Die, const DescribeContext&) {
  auto elements = find_member(value, "__elems_");
  if (!elements) return std::nullopt;
  return wrapper("", *std::move(elements));
}

std::optional<Description> optional(const Value& value, Die, const DescribeContext& context) {
  const auto engaged = number_of(find_member(value, "__engaged_"), context.frame);
  auto inner = find_member(value, "__val_");
  if (!inner) return std::nullopt;
  if (!engaged) return optimized_out();
  if (*engaged == 0) return leaf("std::nullopt");
  return wrapper("", *std::move(inner));
}

/// std::unique_ptr keeps its pointer in a pair that takes no room for the deleter.
std::optional<Description> smart_pointer(const Value& value, Die, const DescribeContext& context) {
  auto pointer = find_member(value, "__ptr_");
  if (pointer && !dwarf::is_pointer(dwarf::resolved(pointer->type).tag()))
    pointer = find_nested_member(*pointer, "__value_");
  if (!pointer) return std::nullopt;
  auto target = pointee(*pointer, context.frame);
  if (!target) return unavailable(target.error());
  if (*target->address == 0) return leaf("nullptr");
  return wrapper("&", *std::move(target));
}

struct Printer {
  std::string_view name;
  std::optional<Description> (*describe)(const Value&, Die, const DescribeContext&);
};

constexpr Printer kPrinters[] = {
    {"std::basic_string", basic_string},
    {"std::basic_string_view", string_view},
    {"std::vector", vector},
    {"std::span", span},
    {"std::array", array},
    {"std::optional", optional},
    {"std::unique_ptr", smart_pointer},
    {"std::shared_ptr", smart_pointer},
};

}  // namespace

std::optional<Description> describe_cpp(const Value& value, Die type,
                                        const DescribeContext& context) {
  const std::string name = dwarf::qualified_name(type);
  if (!name.starts_with("std::")) return std::nullopt;
  for (const Printer& printer : kPrinters)
    if (without_arguments(name) == printer.name) return printer.describe(value, type, context);
  return std::nullopt;
}

}  // namespace reprise::debug
