#include "text/instructions.hpp"

#include <fmt/format.h>

#include "text/keywords.hpp"

namespace reprise::text {

using wasm::Opcode;

namespace {

constexpr std::string_view kBranchHint = "metadata.code.branch_hint";

void put_opcode(Opcode op, ByteWriter& out) {
  const wasm::OpcodeInfo& info = wasm::info(op);
  if (info.prefix == 0) {
    out.u8(static_cast<uint8_t>(info.code));
  } else {
    out.u8(info.prefix);
    out.leb_u32(info.code);
  }
}

bool is_block(Opcode op) {
  return op == Opcode::block || op == Opcode::loop || op == Opcode::try_table;
}

}  // namespace

Result<void> InstructionEncoder::encode_until_right() {
  for (bool done = false; !done;) REPRISE_TRY(step(done));
  return ok();
}

Result<void> InstructionEncoder::encode_one_folded() {
  if (!cursor_.is_left()) return cursor_.unexpected("an instruction in parentheses");
  bool done = false;
  do {
    REPRISE_TRY(step(done));
  } while (!frames_.empty());
  return ok();
}

/// True where an instruction without parentheses may stand.
bool InstructionEncoder::takes_flat() const {
  if (frames_.empty()) return true;
  const FrameKind kind = frames_.back().kind;
  return kind != FrameKind::folded_plain && kind != FrameKind::folded_if &&
         kind != FrameKind::folded_tail && kind != FrameKind::folded_end;
}

Result<void> InstructionEncoder::step(bool& done) {
  if (cursor_.is_left()) return open();
  if (cursor_.is_right()) {
    if (!frames_.empty()) return close();
    done = true;
    return ok();
  }
  if (!takes_flat()) return cursor_.unexpected("`(` or `)`");
  return flat();
}

std::optional<Opcode> InstructionEncoder::peek_instruction() const {
  const Token& token = cursor_.peek();
  if (token.kind != TokenKind::keyword) return std::nullopt;
  return find_instruction(cursor_.text(token));
}

Result<std::optional<uint8_t>> InstructionEncoder::take_hint(uint32_t index) {
  const Annotation* annotation = annotations_.take(kBranchHint, index);
  if (!annotation) return std::nullopt;
  const auto error = [&](std::string_view what) {
    return cursor_.error(annotation->whole, fmt::format("@{} annotation: {}", kBranchHint, what));
  };
  Cursor content(cursor_.source(), annotation->content);
  const std::string value = content.take_strings();
  if (!content.is(TokenKind::end)) return error("unexpected token");
  if (value != std::string_view("\0", 1) && value != "\1") return error("invalid value");
  if (annotations_.take(kBranchHint, index)) return error("duplicate annotation");
  return static_cast<uint8_t>(value[0]);
}

void InstructionEncoder::emit_hint(std::optional<uint8_t> hint) {
  if (hint) hints_.push_back({static_cast<uint32_t>(code_.size()), *hint});
}

// Folded instructions

Result<void> InstructionEncoder::open() {
  if (cursor_.is_left("then")) return open_then();
  if (cursor_.is_left("else")) return open_else();
  if (!frames_.empty() && frames_.back().kind == FrameKind::folded_tail) {
    return cursor_.unexpected("`(else` or `)`");
  }
  if (!frames_.empty() && frames_.back().kind == FrameKind::folded_end) {
    return cursor_.unexpected("`)`");
  }
  const uint32_t start = cursor_.index();
  cursor_.next();
  const auto op = peek_instruction();
  std::optional<uint8_t> hint;
  if (op == Opcode::if_ || op == Opcode::br_if) {
    REPRISE_ASSIGN(hint, take_hint(start));
    if (!hint) {
      REPRISE_ASSIGN(hint, take_hint(start + 1));
    }
  }
  return open_folded(hint);
}

Result<void> InstructionEncoder::open_folded(std::optional<uint8_t> hint) {
  const auto op = peek_instruction();
  if (!op) return cursor_.unexpected("an instruction");
  Frame frame{FrameKind::folded_plain, cursor_.peek(), {}, {}, hint};
  if (*op != Opcode::if_ && !is_block(*op)) {
    REPRISE_TRY(encode_plain(frame.pending));
    frames_.push_back(std::move(frame));
    return ok();
  }
  cursor_.next();
  frame.label = take_label();
  put_opcode(*op, frame.pending);
  REPRISE_TRY(block_type(frame.pending));
  if (*op == Opcode::if_) {
    frame.kind = FrameKind::folded_if;
  } else {
    frame.kind = FrameKind::folded_block;
    if (*op == Opcode::try_table) REPRISE_TRY(catch_clauses(frame.pending));
    code_.bytes(frame.pending.view());
    push_label(frame.label);
  }
  frames_.push_back(std::move(frame));
  return ok();
}

Result<void> InstructionEncoder::open_then() {
  if (frames_.empty() || frames_.back().kind != FrameKind::folded_if) {
    return cursor_.next(), cursor_.unexpected("an instruction");
  }
  Frame& frame = frames_.back();
  cursor_.move_to(cursor_.index() + 2);
  emit_hint(frame.hint);
  code_.bytes(frame.pending.view());
  push_label(frame.label);
  frame.kind = FrameKind::folded_tail;
  frames_.push_back({FrameKind::folded_then, cursor_.peek(), {}, {}, {}});
  return ok();
}

Result<void> InstructionEncoder::open_else() {
  if (frames_.empty() || frames_.back().kind != FrameKind::folded_tail) {
    return cursor_.next(), cursor_.unexpected("an instruction");
  }
  cursor_.move_to(cursor_.index() + 2);
  // An empty else is the same as none.
  if (!cursor_.is_right()) put_opcode(Opcode::else_, code_);
  frames_.back().kind = FrameKind::folded_end;
  frames_.push_back({FrameKind::folded_else, cursor_.peek(), {}, {}, {}});
  return ok();
}

/// The parenthesis that closes the innermost folded form.
Result<void> InstructionEncoder::close() {
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case FrameKind::flat_block:
    case FrameKind::flat_if:
    case FrameKind::flat_else:
      return cursor_.unexpected("`end`");
    case FrameKind::folded_if:
      return cursor_.unexpected("`(then`");
    case FrameKind::folded_plain:
      emit_hint(frame.hint);
      code_.bytes(frame.pending.view());
      break;
    case FrameKind::folded_block:
    case FrameKind::folded_tail:
    case FrameKind::folded_end:
      put_opcode(Opcode::end, code_);
      labels_.pop_back();
      break;
    case FrameKind::folded_then:
    case FrameKind::folded_else:
      break;
  }
  cursor_.next();
  frames_.pop_back();
  return ok();
}

// Flat instructions

Result<void> InstructionEncoder::flat() {
  const auto op = peek_instruction();
  if (!op) return cursor_.unexpected("an instruction");
  switch (*op) {
    case Opcode::end:
      return flat_end();
    case Opcode::else_:
      return flat_else();
    case Opcode::if_:
    case Opcode::block:
    case Opcode::loop:
    case Opcode::try_table:
    case Opcode::br_if: {
      std::optional<uint8_t> hint;
      if (*op == Opcode::if_ || *op == Opcode::br_if) {
        REPRISE_ASSIGN(hint, take_hint(cursor_.index()));
      }
      return flat_start(*op, hint);
    }
    default:
      return encode_plain(code_);
  }
}

Result<void> InstructionEncoder::flat_start(Opcode op, std::optional<uint8_t> hint) {
  emit_hint(hint);
  if (op == Opcode::br_if) return encode_plain(code_);
  Frame frame{
      op == Opcode::if_ ? FrameKind::flat_if : FrameKind::flat_block, cursor_.peek(), {}, {}, {}};
  cursor_.next();
  frame.label = take_label();
  put_opcode(op, code_);
  REPRISE_TRY(block_type(code_));
  if (op == Opcode::try_table) REPRISE_TRY(catch_clauses(code_));
  push_label(frame.label);
  frames_.push_back(std::move(frame));
  return ok();
}

/// A label may be repeated after `else` and `end`, but must be the same.
Result<void> InstructionEncoder::check_label(const Frame& frame) {
  if (!cursor_.is(TokenKind::id)) return ok();
  if (!frame.label || decode_id(cursor_.source(), cursor_.peek()) != *frame.label) {
    return cursor_.error("mismatching label");
  }
  cursor_.next();
  return ok();
}

Result<void> InstructionEncoder::flat_else() {
  if (frames_.empty() || frames_.back().kind != FrameKind::flat_if) {
    return cursor_.unexpected("an instruction (there is no `if` that this could belong to)");
  }
  cursor_.next();
  REPRISE_TRY(check_label(frames_.back()));
  frames_.back().kind = FrameKind::flat_else;
  if (!cursor_.is_keyword("end")) put_opcode(Opcode::else_, code_);
  return ok();
}

Result<void> InstructionEncoder::flat_end() {
  const bool open = !frames_.empty() && (frames_.back().kind == FrameKind::flat_block ||
                                         frames_.back().kind == FrameKind::flat_if ||
                                         frames_.back().kind == FrameKind::flat_else);
  if (!open) return cursor_.unexpected("an instruction (there is no block that this could end)");
  cursor_.next();
  REPRISE_TRY(check_label(frames_.back()));
  put_opcode(Opcode::end, code_);
  labels_.pop_back();
  frames_.pop_back();
  return ok();
}

Result<void> InstructionEncoder::encode_plain(ByteWriter& out) {
  const auto op = peek_instruction();
  if (!op) return cursor_.unexpected("an instruction");
  const Token token = cursor_.next();
  switch (wasm::info(*op).immediate) {
    case wasm::Immediate::block:
    case wasm::Immediate::try_table:
      return cursor_.error(token, fmt::format("unexpected token {}", cursor_.text(token)));
    default:
      break;
  }
  if (*op == Opcode::end || *op == Opcode::else_) {
    return cursor_.error(token, fmt::format("unexpected token {}", cursor_.text(token)));
  }
  if (*op == Opcode::select) return select(out);
  if (*op == Opcode::ref_test || *op == Opcode::ref_cast) return test_or_cast(*op, out);
  put_opcode(*op, out);
  return immediates(*op, token, out);
}

// Labels and block types

std::optional<std::string> InstructionEncoder::take_label() {
  const auto id = cursor_.take_id();
  if (!id) return std::nullopt;
  return decode_id(cursor_.source(), *id);
}

Result<uint32_t> InstructionEncoder::label() {
  if (cursor_.is(TokenKind::nat)) return cursor_.expect_u32();
  if (!cursor_.is(TokenKind::id)) return cursor_.unexpected("a label");
  const Token token = cursor_.next();
  const std::string name = decode_id(cursor_.source(), token);
  for (size_t depth = 0; depth < labels_.size(); depth++) {
    if (labels_[labels_.size() - 1 - depth] == name) return static_cast<uint32_t>(depth);
  }
  return cursor_.error(token, fmt::format("unknown label {}", cursor_.text(token)));
}

Result<void> InstructionEncoder::block_type(ByteWriter& out) {
  REPRISE_ASSIGN(const TypeUse use, parse_nameless_type_use(cursor_, scope_.types.names));
  const Signature& signature = use.signature;
  if (!use.type && signature.parameter_count == 0 && signature.result_count < 2) {
    if (signature.result_count == 0) {
      out.u8(0x40);
    } else {
      out.bytes(signature.results.view());
    }
    return ok();
  }
  REPRISE_ASSIGN(const uint32_t type, scope_.types.resolve(cursor_, use));
  out.leb_s64(type);
  return ok();
}

Result<void> InstructionEncoder::catch_clauses(ByteWriter& out) {
  // Spec: binary/instructions §catch. Labels count from outside the block.
  constexpr std::string_view kKinds[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  ByteWriter clauses;
  uint32_t count = 0;
  for (bool more = true; more;) {
    more = false;
    for (uint8_t kind = 0; kind < 4; kind++) {
      if (!cursor_.take_left(kKinds[kind])) continue;
      clauses.u8(kind);
      if (kind < 2) REPRISE_TRY(index(scope_.tags, clauses));
      REPRISE_ASSIGN(const uint32_t depth, label());
      clauses.leb_u32(depth);
      REPRISE_TRY(cursor_.expect_right());
      count++;
      more = true;
      break;
    }
  }
  out.leb_u32(count);
  out.bytes(clauses.view());
  return ok();
}

}  // namespace reprise::text
