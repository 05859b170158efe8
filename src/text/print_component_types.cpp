#include "text/print_component_types.hpp"

#include <fmt/format.h>

#include <optional>

#include "text/canon.hpp"
#include "text/component_scope.hpp"
#include "text/component_type_encoder.hpp"
#include "text/print_types.hpp"

namespace reprise::text {

namespace {

/// "(;3;)"
std::string number(uint32_t index) {
  return fmt::format("(;{};)", index);
}

Result<bool> flag(ByteReader& in) {
  REPRISE_ASSIGN(const uint8_t value, in.u8());
  if (value > 1) return in.malformed("malformed flag");
  return value == 1;
}

/// One after the other, each with a space before it.
template <class PrintOne>
Result<std::string> each(ByteReader& in, PrintOne print_one) {
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  std::string out;
  for (uint32_t i = 0; i < count; i++) {
    REPRISE_ASSIGN(const std::string one, print_one());
    out += " " + one;
  }
  return out;
}

Result<std::string> index(ByteReader& in) {
  REPRISE_ASSIGN(const uint32_t value, in.leb_u32());
  return fmt::format("{}", value);
}

Result<std::string> string(ByteReader& in) {
  REPRISE_ASSIGN(const std::string_view value, in.name());
  return quote(value);
}

// Value types

Result<std::string> value_type(ByteReader& in) {
  for (const PrimitiveType& type : kPrimitiveTypes) {
    if (in.at_end() || type.code != in.peek()) continue;
    REPRISE_TRY(in.u8());
    return std::string(type.word);
  }
  REPRISE_ASSIGN(const int64_t type, in.leb_s33());
  if (type < 0) return in.malformed("malformed value type");
  return fmt::format("{}", type);
}

/// Nothing, or a type with a space before it.
Result<std::string> optional_type(ByteReader& in) {
  REPRISE_ASSIGN(const bool present, flag(in));
  if (!present) return std::string();
  REPRISE_ASSIGN(const std::string type, value_type(in));
  return " " + type;
}

Result<std::string> labelled(ByteReader& in, std::string_view word) {
  REPRISE_ASSIGN(const std::string label, string(in));
  REPRISE_ASSIGN(const std::string type, value_type(in));
  return fmt::format("({} {} {})", word, label, type);
}

Result<std::string> variant_case(ByteReader& in) {
  REPRISE_ASSIGN(const std::string label, string(in));
  REPRISE_ASSIGN(const std::string type, optional_type(in));
  REPRISE_ASSIGN(const uint8_t zero, in.u8());
  if (zero != 0) return in.malformed("zero byte required");
  return fmt::format("(case {}{})", label, type);
}

/// The result list of a function type, with a space before it.
Result<std::string> result_list(ByteReader& in) {
  REPRISE_ASSIGN(const bool is_empty, flag(in));
  if (is_empty) {
    REPRISE_ASSIGN(const uint8_t count, in.u8());
    if (count != 0) return in.malformed("malformed number of results");
    return std::string();
  }
  REPRISE_ASSIGN(const std::string type, value_type(in));
  return fmt::format(" (result {})", type);
}

Result<std::string> func_type(ByteReader& in, std::string_view word) {
  REPRISE_ASSIGN(const std::string parameters, each(in, [&] { return labelled(in, "param"); }));
  REPRISE_ASSIGN(const std::string result, result_list(in));
  return fmt::format("({}{}{})", word, parameters, result);
}

Result<std::string> resource(ByteReader& in) {
  REPRISE_ASSIGN(const std::string representation, print_value_type(in));
  REPRISE_ASSIGN(const bool has_destructor, flag(in));
  std::string destructor;
  if (has_destructor) {
    REPRISE_ASSIGN(const uint32_t function, in.leb_u32());
    destructor = fmt::format(" (dtor (core func {}))", function);
  }
  return fmt::format("(resource (rep {}){})", representation, destructor);
}

Result<std::string> result_type(ByteReader& in) {
  REPRISE_ASSIGN(const std::string good, optional_type(in));
  REPRISE_ASSIGN(const std::string bad, optional_type(in));
  return bad.empty() ? fmt::format("(result{})", good)
                     : fmt::format("(result{} (error{}))", good, bad);
}

/// `(word …)` with what `print_rest` gives, which has a space before it.
template <class PrintRest>
Result<std::string> wrapped(std::string_view word, PrintRest print_rest) {
  REPRISE_ASSIGN(const std::string rest, print_rest());
  return fmt::format("({}{})", word, rest);
}

Result<std::string> types_after(ByteReader& in, std::string_view word, uint32_t count) {
  std::string out = fmt::format("({}", word);
  for (uint32_t i = 0; i < count; i++) {
    REPRISE_ASSIGN(const std::string type, value_type(in));
    out += " " + type;
  }
  return out + ")";
}

Result<std::string> handle(ByteReader& in, std::string_view word) {
  REPRISE_ASSIGN(const std::string type, index(in));
  return fmt::format("({} {})", word, type);
}

// Core types

/// A type as in core modules; one that is not final has a zero before it.
Result<std::string> core_sub_type(ByteReader& in) {
  if (in.peek() == 0x00 && !in.at_end()) REPRISE_TRY(in.u8());
  return print_sub_type(in);
}

Result<std::string> core_extern(ByteReader& in) {
  constexpr std::string_view kWords[] = {"func", "table", "memory", "global", "tag"};
  REPRISE_ASSIGN(const uint8_t kind, in.u8());
  std::string type;
  switch (kind) {
    case 1: {
      REPRISE_ASSIGN(type, print_table_type(in));
      break;
    }
    case 2: {
      REPRISE_ASSIGN(type, print_memory_type(in));
      break;
    }
    case 3: {
      REPRISE_ASSIGN(type, print_global_type(in));
      break;
    }
    case 4:
      REPRISE_TRY(in.u8());
      [[fallthrough]];
    case 0: {
      REPRISE_ASSIGN(const uint32_t function, in.leb_u32());
      type = fmt::format("(type {})", function);
      break;
    }
    default:
      return in.malformed("malformed core external kind");
  }
  return fmt::format("({} {})", kWords[kind], type);
}

Result<std::string> module_declaration(ByteReader& in, uint32_t& next_type) {
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  switch (code) {
    case 0x00: {
      REPRISE_ASSIGN(const std::string module, string(in));
      REPRISE_ASSIGN(const std::string name, string(in));
      REPRISE_ASSIGN(const std::string type, core_extern(in));
      return fmt::format("(import {} {} {})", module, name, type);
    }
    case 0x01: {
      REPRISE_ASSIGN(const std::string type, core_sub_type(in));
      return fmt::format("(type {} {})", number(next_type++), type);
    }
    case 0x02: {
      REPRISE_ASSIGN(const uint8_t sort, in.u8());
      REPRISE_ASSIGN(const uint8_t target, in.u8());
      if (sort != info(Sort::core_type).code || target != 1)
        return in.malformed("malformed alias in a module type");
      REPRISE_ASSIGN(const uint32_t levels, in.leb_u32());
      REPRISE_ASSIGN(const uint32_t outer, in.leb_u32());
      return fmt::format("(alias outer {} {} (type {}))", levels, outer, number(next_type++));
    }
    case 0x03: {
      REPRISE_ASSIGN(const std::string name, string(in));
      REPRISE_ASSIGN(const std::string type, core_extern(in));
      return fmt::format("(export {} {})", name, type);
    }
    default:
      return in.malformed("malformed declaration of a module type");
  }
}

Result<std::string> module_type(ByteReader& in) {
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  std::string out = "(module";
  uint32_t next_type = 0;
  for (uint32_t i = 0; i < count; i++) {
    REPRISE_ASSIGN(const std::string one, module_declaration(in, next_type));
    out += "\n  " + indented(one, 2);
  }
  return out + (count ? "\n)" : ")");
}

// Canonical definitions

Result<std::string> canon_option(ByteReader& in) {
  constexpr std::string_view kFlags[] = {"string-encoding=utf8", "string-encoding=utf16",
                                         "string-encoding=latin1+utf16"};
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  if (code < std::size(kFlags)) return std::string(kFlags[code]);
  if (code == 0x06) return "async";
  constexpr std::string_view kWords[] = {"memory", "realloc", "post-return", "", "callback"};
  if (code > 0x07) return in.malformed("malformed canonical option");
  return handle(in, kWords[code - 3]);
}

Result<std::string> canon_options(ByteReader& in) {
  return each(in, [&] { return canon_option(in); });
}

/// The word if the flag is set, with a space before it.
Result<std::string> flag_word(ByteReader& in, std::string_view word) {
  REPRISE_ASSIGN(const bool is_set, flag(in));
  return is_set ? fmt::format(" {}", word) : std::string();
}

Result<std::string> canon_operands(ByteReader& in, CanonOperands operands) {
  std::string out;
  const auto add = [&](Result<std::string> part, std::string_view before = " ") -> Result<void> {
    if (!part) return fail(std::move(part.error()));
    out += std::string(before) + *part;
    return ok();
  };
  switch (operands) {
    case CanonOperands::none:
      break;
    case CanonOperands::lift:
    case CanonOperands::lower:
      REPRISE_TRY(in.u8());
      REPRISE_TRY(add(handle(in, operands == CanonOperands::lift ? "core func" : "func")));
      REPRISE_TRY(add(canon_options(in), ""));
      break;
    case CanonOperands::type:
      REPRISE_TRY(add(index(in)));
      break;
    case CanonOperands::type_options:
      REPRISE_TRY(add(index(in)));
      REPRISE_TRY(add(canon_options(in), ""));
      break;
    case CanonOperands::type_async:
      REPRISE_TRY(add(index(in)));
      REPRISE_TRY(add(flag_word(in, "async"), ""));
      break;
    case CanonOperands::async:
      REPRISE_TRY(add(flag_word(in, "async"), ""));
      break;
    case CanonOperands::cancel:
      REPRISE_TRY(add(flag_word(in, "cancellable"), ""));
      break;
    case CanonOperands::cancel_memory:
      REPRISE_TRY(add(flag_word(in, "cancellable"), ""));
      REPRISE_TRY(add(handle(in, "memory")));
      break;
    case CanonOperands::result_options:
      REPRISE_TRY(add(result_list(in), ""));
      REPRISE_TRY(add(canon_options(in), ""));
      break;
    case CanonOperands::context:
      REPRISE_TRY(add(print_value_type(in)));
      REPRISE_TRY(add(index(in)));
      break;
    case CanonOperands::options:
      REPRISE_TRY(add(canon_options(in), ""));
      break;
    case CanonOperands::shared:
      REPRISE_TRY(add(flag_word(in, "shared"), ""));
      break;
    case CanonOperands::shared_core_type:
      REPRISE_TRY(add(flag_word(in, "shared"), ""));
      REPRISE_TRY(add(index(in)));
      break;
    case CanonOperands::shared_core_type_table:
      REPRISE_TRY(add(flag_word(in, "shared"), ""));
      [[fallthrough]];
    case CanonOperands::core_type_table:
      REPRISE_TRY(add(index(in)));
      REPRISE_TRY(add(index(in)));
      break;
  }
  return out;
}

}  // namespace

std::string indented(std::string_view text, uint32_t columns) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out.append(columns, ' ');
  }
  return out;
}

std::string sort_words(Sort sort) {
  return fmt::format("{}{}", info(sort).is_core ? "core " : "", info(sort).word);
}

Result<Sort> print_core_sort(ByteReader& in) {
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  for (uint32_t i = 0; i < kSortCount; i++) {
    if (kSorts[i].is_core && kSorts[i].code == code) return static_cast<Sort>(i);
  }
  return in.malformed("malformed core sort");
}

Result<Sort> print_sort(ByteReader& in) {
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  if (code == 0x00) return print_core_sort(in);
  for (uint32_t i = 0; i < kSortCount; i++) {
    if (!kSorts[i].is_core && kSorts[i].code == code) return static_cast<Sort>(i);
  }
  return in.malformed("malformed sort");
}

Result<std::string> print_extern_name(ByteReader& in) {
  constexpr std::string_view kAttributes[] = {"implements", "versionsuffix", "external-id"};
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  if (code > 2) return in.malformed("malformed name of an import or export");
  REPRISE_ASSIGN(std::string name, string(in));
  if (code != 2) return name;
  REPRISE_ASSIGN(const std::string attributes, each(in, [&]() -> Result<std::string> {
                   REPRISE_ASSIGN(const uint8_t attribute, in.u8());
                   if (attribute > 2) return in.malformed("malformed attribute of a name");
                   REPRISE_ASSIGN(const std::string value, string(in));
                   return fmt::format("({} {})", kAttributes[attribute], value);
                 }));
  return name + attributes;
}

Result<std::string> print_canon(ByteReader& in, uint32_t& next_core_func, uint32_t& next_func) {
  REPRISE_ASSIGN(const uint8_t opcode, in.u8());
  const CanonInfo* canon = find_canon(opcode);
  if (!canon) return in.malformed("malformed canonical definition");
  REPRISE_ASSIGN(const std::string operands, canon_operands(in, canon->operands));
  if (canon->op != CanonOp::lift) {
    return fmt::format("(canon {}{} (core func {}))", canon->word, operands,
                       number(next_core_func++));
  }
  REPRISE_ASSIGN(const uint32_t type, in.leb_u32());
  return fmt::format("(canon lift{} (func {} (type {})))", operands, number(next_func++), type);
}

Result<std::string> ScopePrinter::core_type(ByteReader& in) {
  constexpr uint8_t kModuleType = 0x50;
  const bool is_module = in.peek() == kModuleType;
  std::string type;
  if (is_module) {
    REPRISE_TRY(in.u8());
    REPRISE_ASSIGN(type, module_type(in));
  } else {
    REPRISE_ASSIGN(type, core_sub_type(in));
  }
  return fmt::format("(core type {} {})", number(next(Sort::core_type)++), type);
}

Result<std::string> ScopePrinter::type(ByteReader& in) {
  REPRISE_ASSIGN(const std::string text, definition(in));
  return fmt::format("(type {} {})", number(next(Sort::type)++), text);
}

Result<std::string> ScopePrinter::definition(ByteReader& in) {
  if (in.peek() >= 0x73 || in.peek() == 0x64) return value_type(in);
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  switch (code) {
    case 0x72:
      return wrapped("record", [&] { return each(in, [&] { return labelled(in, "field"); }); });
    case 0x71:
      return wrapped("variant", [&] { return each(in, [&] { return variant_case(in); }); });
    case 0x70:
      return types_after(in, "list", 1);
    case 0x67: {
      REPRISE_ASSIGN(const std::string element, value_type(in));
      REPRISE_ASSIGN(const uint32_t length, in.leb_u32());
      return fmt::format("(list {} {})", element, length);
    }
    case 0x6f:
      return wrapped("tuple", [&] { return each(in, [&] { return value_type(in); }); });
    case 0x6e:
      return wrapped("flags", [&] { return each(in, [&] { return string(in); }); });
    case 0x6d:
      return wrapped("enum", [&] { return each(in, [&] { return string(in); }); });
    case 0x6b:
      return types_after(in, "option", 1);
    case 0x6a:
      return result_type(in);
    case 0x69:
      return handle(in, "own");
    case 0x68:
      return handle(in, "borrow");
    case 0x66:
      return wrapped("stream", [&] { return optional_type(in); });
    case 0x65:
      return wrapped("future", [&] { return optional_type(in); });
    case 0x63:
      return types_after(in, "map", 2);
    case 0x43:
      return func_type(in, "func async");
    case 0x42:
      return scope_type(in, "instance");
    case 0x41:
      return scope_type(in, "component");
    case 0x40:
      return func_type(in, "func");
    case 0x3f:
      return resource(in);
    default:
      return in.malformed(fmt::format("malformed definition of a type {:#04x}", code));
  }
}

Result<std::string> ScopePrinter::scope_type(ByteReader& in, std::string_view word) {
  if (depth_ >= kMaxComponentDepth)
    return fail(ErrorKind::limit, "types nest too deeply", in.offset());
  ScopePrinter inner(depth_ + 1);
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  std::string out = fmt::format("({}", word);
  for (uint32_t i = 0; i < count; i++) {
    using Print = Result<std::string> (ScopePrinter::*)(ByteReader&);
    constexpr Print kDeclarations[] = {&ScopePrinter::core_type, &ScopePrinter::type,
                                       &ScopePrinter::alias, &ScopePrinter::import,
                                       &ScopePrinter::export_declaration};
    REPRISE_ASSIGN(const uint8_t code, in.u8());
    if (code >= std::size(kDeclarations)) return in.malformed("malformed declaration");
    REPRISE_ASSIGN(const std::string one, (inner.*kDeclarations[code])(in));
    out += "\n  " + indented(one, 2);
  }
  return out + (count ? "\n)" : ")");
}

Result<std::string> ScopePrinter::alias(ByteReader& in) {
  REPRISE_ASSIGN(const Sort sort, print_sort(in));
  REPRISE_ASSIGN(const uint8_t target, in.u8());
  if (target > 2) return in.malformed("malformed target of an alias");
  REPRISE_ASSIGN(const uint32_t first, in.leb_u32());
  std::string second;
  if (target == 2) {
    REPRISE_ASSIGN(second, index(in));
  } else {
    REPRISE_ASSIGN(second, string(in));
  }
  constexpr std::string_view kTargets[] = {"export", "core export", "outer"};
  return fmt::format("(alias {} {} {} ({} {}))", kTargets[target], first, second, sort_words(sort),
                     number(next(sort)++));
}

Result<std::string> ScopePrinter::import(ByteReader& in) {
  REPRISE_ASSIGN(const std::string name, print_extern_name(in));
  REPRISE_ASSIGN(const std::string type, extern_type(in));
  return fmt::format("(import {} {})", name, type);
}

Result<std::string> ScopePrinter::export_declaration(ByteReader& in) {
  REPRISE_ASSIGN(const std::string name, print_extern_name(in));
  REPRISE_ASSIGN(const std::string type, extern_type(in));
  return fmt::format("(export {} {})", name, type);
}

namespace {

/// What is said of something of that sort in an import or export.
Result<std::string> extern_bound(ByteReader& in, Sort sort) {
  if (sort != Sort::type && sort != Sort::value) {
    REPRISE_ASSIGN(const std::string type, index(in));
    return fmt::format("(type {})", type);
  }
  REPRISE_ASSIGN(const bool is_open, flag(in));
  if (!is_open) return handle(in, "eq");
  return sort == Sort::type ? std::string("(sub resource)") : value_type(in);
}

}  // namespace

Result<std::string> ScopePrinter::extern_type(ByteReader& in) {
  REPRISE_ASSIGN(const Sort sort, print_sort(in));
  REPRISE_ASSIGN(const std::string bound, extern_bound(in, sort));
  return fmt::format("({} {} {})", sort_words(sort), number(next(sort)++), bound);
}

Result<std::string> ScopePrinter::extern_type_only(ByteReader& in) {
  REPRISE_ASSIGN(const Sort sort, print_sort(in));
  REPRISE_ASSIGN(const std::string bound, extern_bound(in, sort));
  return fmt::format("({} {})", sort_words(sort), bound);
}

}  // namespace reprise::text
