// Canonical definitions in component text, from the table in canon.def.

#include <fmt/format.h>

#include "text/component_parser.hpp"
#include "text/core_types.hpp"

namespace reprise::text {

/// `(canon lift … (func $f …))`, `(canon lower … (core func $f))`, after `canon`.
Result<void> ComponentParser::canon() {
  REPRISE_ASSIGN(const CanonInfo* info, canon_word());
  if (info->op != CanonOp::lift) {
    REPRISE_ASSIGN(const uint32_t index, canon_core(*info));
    REPRISE_TRY(cursor_.expect_left("core"));
    if (!cursor_.take_keyword("func")) return cursor_.unexpected("func");
    const Header head{cursor_.take_id(), {}};
    REPRISE_TRY(cursor_.expect_right());
    return finish(head, Sort::core_func, index);
  }
  REPRISE_ASSIGN(const uint32_t core_func, reference(Sort::core_func));
  REPRISE_ASSIGN(const CanonOptions options, canon_options());
  REPRISE_TRY(cursor_.expect_left("func"));
  REPRISE_ASSIGN(const Header head, header());
  REPRISE_ASSIGN(const uint32_t type, func_type_use());
  REPRISE_TRY(cursor_.expect_right());
  return finish(head, Sort::func, encoder().lift(core_func, options, type));
}

/// After `(canon lift`, up to its parenthesis, where the type is already known.
Result<uint32_t> ComponentParser::canon_lift_tail(uint32_t type) {
  REPRISE_ASSIGN(const uint32_t core_func, reference(Sort::core_func));
  REPRISE_ASSIGN(const CanonOptions options, canon_options());
  return encoder().lift(core_func, options, type);
}

Result<const CanonInfo*> ComponentParser::canon_word() {
  for (const CanonInfo& info : kCanons) {
    if (cursor_.take_keyword(info.word)) return &info;
  }
  return cursor_.unexpected("a canonical definition, such as lift");
}

/// Every canonical definition but lift gives a core function.
Result<uint32_t> ComponentParser::canon_core(const CanonInfo& info) {
  if (info.op == CanonOp::lower) {
    REPRISE_ASSIGN(const uint32_t func, reference(Sort::func));
    REPRISE_ASSIGN(const CanonOptions options, canon_options());
    return encoder().lower(func, options);
  }
  ByteWriter operands;
  REPRISE_TRY(canon_operands(info.operands, operands));
  return encoder().canon(info.op, operands.view());
}

Result<void> ComponentParser::canon_operands(CanonOperands operands, ByteWriter& out) {
  const auto put_index = [&](Sort sort) -> Result<void> {
    REPRISE_ASSIGN(const uint32_t index, reference(sort));
    return out.leb_u32(index), ok();
  };
  const auto put_flag = [&](std::string_view word) { out.u8(cursor_.take_keyword(word) ? 1 : 0); };
  const auto put_options = [&]() -> Result<void> {
    REPRISE_ASSIGN(const CanonOptions options, canon_options());
    return options.put(out), ok();
  };
  switch (operands) {
    case CanonOperands::none:
    case CanonOperands::lift:
    case CanonOperands::lower:
      return ok();
    case CanonOperands::type:
      return put_index(Sort::type);
    case CanonOperands::type_options:
      REPRISE_TRY(put_index(Sort::type));
      return put_options();
    case CanonOperands::type_async:
      REPRISE_TRY(put_index(Sort::type));
      return put_flag("async"), ok();
    case CanonOperands::async:
      return put_flag("async"), ok();
    case CanonOperands::cancel:
      return put_flag("cancellable"), ok();
    case CanonOperands::cancel_memory:
      put_flag("cancellable");
      REPRISE_TRY(cursor_.expect_left("memory"));
      REPRISE_TRY(put_index(Sort::core_memory));
      return cursor_.expect_right();
    case CanonOperands::result_options: {
      std::optional<ComponentValueType> result;
      if (cursor_.take_left("result")) {
        REPRISE_ASSIGN(result, value_type());
        REPRISE_TRY(cursor_.expect_right());
      }
      put_result(result, out);
      return put_options();
    }
    case CanonOperands::context: {
      REPRISE_TRY(encode_value_type(cursor_, IndexSpace("type"), out));
      REPRISE_ASSIGN(const uint32_t slot, cursor_.expect_u32());
      return out.leb_u32(slot), ok();
    }
    case CanonOperands::options:
      return put_options();
    case CanonOperands::core_type_table:
      REPRISE_TRY(put_index(Sort::core_type));
      return put_index(Sort::core_table);
    case CanonOperands::shared:
      return put_flag("shared"), ok();
    case CanonOperands::shared_core_type:
      put_flag("shared");
      return put_index(Sort::core_type);
    case CanonOperands::shared_core_type_table:
      put_flag("shared");
      REPRISE_TRY(put_index(Sort::core_type));
      return put_index(Sort::core_table);
  }
  return ok();
}

Result<CanonOptions> ComponentParser::canon_options() {
  CanonOptions options;
  for (;;) {
    REPRISE_ASSIGN(const bool more, canon_option(options));
    if (!more) return options;
  }
}

/// One option, if one stands here.
Result<bool> ComponentParser::canon_option(CanonOptions& options) {
  using Setter = CanonOptions& (CanonOptions::*)(uint32_t);
  struct IndexOption {
    std::string_view word;
    Sort sort;
    Setter set;
  };
  constexpr IndexOption kIndexOptions[] = {
      {"memory", Sort::core_memory, &CanonOptions::memory},
      {"realloc", Sort::core_func, &CanonOptions::realloc},
      {"post-return", Sort::core_func, &CanonOptions::post_return},
      {"callback", Sort::core_func, &CanonOptions::callback},
  };
  constexpr std::string_view kEncodings[] = {"string-encoding=utf8", "string-encoding=utf16",
                                             "string-encoding=latin1+utf16"};
  for (uint8_t i = 0; i < 3; i++) {
    if (!cursor_.take_keyword(kEncodings[i])) continue;
    return options.string_encoding(static_cast<StringEncoding>(i)), true;
  }
  if (cursor_.take_keyword("async")) return options.async(), true;
  for (const IndexOption& option : kIndexOptions) {
    if (!cursor_.take_left(option.word)) continue;
    REPRISE_ASSIGN(const uint32_t index, reference(option.sort));
    (options.*option.set)(index);
    REPRISE_TRY(cursor_.expect_right());
    return true;
  }
  return false;
}

}  // namespace reprise::text
