// Expressions over variables: a parser that evaluates as it goes, for nothing it can say has a
// meaning without values. Levels, loosest first: the operators between two values by the table of
// kOperators, the prefixes * & - ! and casts, the suffixes . -> and [], then names, numbers and
// parentheses.

#include <fmt/format.h>

#include <charconv>

#include "debug/dwarf/arithmetic.hpp"
#include "debug/dwarf/context.hpp"
#include "debug/dwarf/describe.hpp"
#include "debug/dwarf/members.hpp"
#include "debug/dwarf/names.hpp"
#include "debug/dwarf/variables.hpp"

namespace reprise::debug {

using dwarf::Die;
using dwarf::Tag;

namespace {

constexpr int kMaxNesting = 128;
constexpr size_t kMaxExpression = 4096;

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<uint8_t>(c) >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct OperatorRow {
  std::string_view token;
  Operator op;
  int level;  // a higher one binds tighter
};

// Longer tokens before those that they begin with.
constexpr OperatorRow kOperators[] = {
    {"||", Operator::logical_or, 1},
    {"&&", Operator::logical_and, 2},
    {"==", Operator::equal, 5},
    {"!=", Operator::not_equal, 5},
    {"<=", Operator::less_or_equal, 6},
    {">=", Operator::greater_or_equal, 6},
    {"<", Operator::less, 6},
    {">", Operator::greater, 6},
    {"|", Operator::bit_or, 3},
    {"&", Operator::bit_and, 4},
    {"+", Operator::add, 7},
    {"-", Operator::subtract, 7},
    {"*", Operator::multiply, 8},
    {"/", Operator::divide, 8},
    {"%", Operator::remainder, 8},
};
constexpr int kLoosest = 1;

class Evaluator {
 public:
  Evaluator(const DebugInfo& info, std::string_view text, uint64_t offset, const FrameState& frame,
            size_t source_frame)
      : info_(info), text_(text), offset_(offset), frame_(frame), source_frame_(source_frame) {}

  Result<Value> run() {
    if (text_.size() > kMaxExpression) return wrong("the expression is too long");
    REPRISE_ASSIGN(Value value, combined(kLoosest));
    skip_spaces();
    if (!text_.empty()) return wrong(fmt::format("'{}' makes no sense here", text_.substr(0, 20)));
    return value;
  }

 private:
  void skip_spaces() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\t')) text_.remove_prefix(1);
  }
  bool take(std::string_view token) {
    skip_spaces();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  const OperatorRow* operator_here() {
    skip_spaces();
    for (const OperatorRow& row : kOperators)
      if (text_.starts_with(row.token)) return &row;
    return nullptr;
  }

  /// Values and the operators between them that bind at least as tightly as `level`.
  Result<Value> combined(int level) {
    if (++nesting_ > kMaxNesting) return wrong("the expression is nested too deeply");
    REPRISE_ASSIGN(Value left, prefixed());
    for (const OperatorRow* row = operator_here(); row && row->level >= level;
         row = operator_here()) {
      text_.remove_prefix(row->token.size());
      if (is_decided(row->op, left)) {
        skip_operand(row->op);
        left = number_value(row->op == Operator::logical_or ? 1 : 0);
        continue;
      }
      REPRISE_ASSIGN(const Value right, combined(row->level + 1));
      REPRISE_ASSIGN(left, combine(row->op, left, right, frame_));
    }
    --nesting_;
    return left;
  }

  /// `p && p->x` does not ask for p->x where p is null.
  bool is_decided(Operator op, const Value& left) const {
    if (op != Operator::logical_and && op != Operator::logical_or) return false;
    const auto number = integer_of(left, frame_);
    return number && (*number != 0) == (op == Operator::logical_or);
  }

  /// To where the right operand of `op` ends, by its brackets and the operators that bind no
  /// tighter.
  void skip_operand(Operator op) {
    int depth = 0;
    for (; !text_.empty(); text_.remove_prefix(1)) {
      const char c = text_[0];
      if (c == '(' || c == '[') ++depth;
      if ((c == ')' || c == ']') && --depth < 0) return;
      if (depth > 0) continue;
      if (text_.starts_with("||") || (op == Operator::logical_and && text_.starts_with("&&")))
        return;
    }
  }

  Result<Value> prefixed() {
    if (++nesting_ > kMaxNesting) return wrong("the expression is nested too deeply");
    Result<Value> out = prefixed_once();
    --nesting_;
    return out;
  }

  Result<Value> prefixed_once() {
    if (take("*")) {
      REPRISE_ASSIGN(const Value value, prefixed());
      return dereferenced(value);
    }
    if (take("&")) {
      REPRISE_ASSIGN(const Value value, prefixed());
      return address_of(value);
    }
    if (take("-")) {
      REPRISE_ASSIGN(const Value value, prefixed());
      return combine(Operator::subtract, number_value(0), value, frame_);
    }
    if (take("!")) {
      REPRISE_ASSIGN(const Value value, prefixed());
      return combine(Operator::equal, value, number_value(0), frame_);
    }
    bool to_pointer = false;
    if (const Die type = cast_here(to_pointer)) {
      REPRISE_ASSIGN(const Value value, prefixed());
      return cast(value, type, to_pointer, frame_);
    }
    return suffixed();
  }

  /// The type of a cast, "(unsigned char*)", which is then behind us; none if there is no cast
  /// here.
  Die cast_here(bool& to_pointer) {
    const std::string_view before = text_;
    std::string name;
    bool has_keyword = false;
    if (take("(")) {
      skip_spaces();
      while (!text_.empty() && is_name_start(text_[0])) {
        const std::string_view word = qualified();
        skip_spaces();
        if (word == "struct" || word == "union" || word == "enum" || word == "const") {
          has_keyword = true;
          continue;
        }
        name += (name.empty() ? "" : " ") + std::string(word);
      }
      to_pointer = take("*");
      // C lets a variable and a structure have the same name.
      const bool is_variable = !to_pointer && !has_keyword && is_known(name);
      if (!name.empty() && !is_variable && take(")"))
        if (const Die type = find_type(info_, name)) return type;
    }
    text_ = before;
    return {};
  }

  bool is_known(std::string_view name) const {
    for (const Variable& local : variables_at(info_, offset_, source_frame_))
      if (local.name == name) return true;
    return false;
  }

  Result<Value> suffixed() {
    REPRISE_ASSIGN(Value value, primary());
    for (;;) {
      if (take("->")) {
        REPRISE_ASSIGN(const Value target, dereferenced(value));
        REPRISE_ASSIGN(value, member_of(target));
      } else if (take(".")) {
        REPRISE_ASSIGN(value, member_of(value));
      } else if (take("[")) {
        REPRISE_ASSIGN(const Value index, combined(kLoosest));
        if (!take("]")) return wrong("a ']' is missing");
        REPRISE_ASSIGN(value, indexed(value, index));
      } else {
        return value;
      }
    }
  }

  Result<Value> primary() {
    if (take("(")) {
      REPRISE_ASSIGN(Value value, combined(kLoosest));
      if (!take(")")) return wrong("a ')' is missing");
      return value;
    }
    skip_spaces();
    if (text_.empty()) return wrong("the expression ends too early");
    if (is_digit(text_[0])) return number();
    if (text_.starts_with("::") || is_name_start(text_[0])) return variable(qualified());
    return wrong(fmt::format("'{}' makes no sense here", text_.substr(0, 20)));
  }

  Result<Value> number() {
    const bool is_hex = text_.starts_with("0x") || text_.starts_with("0X");
    if (is_hex) text_.remove_prefix(2);
    uint64_t bits = 0;
    const auto [end, error] =
        std::from_chars(text_.data(), text_.data() + text_.size(), bits, is_hex ? 16 : 10);
    if (error != std::errc()) return wrong("a number is missing or too large");
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return number_value(bits);
  }

  std::string_view simple_name() {
    size_t length = 0;
    while (length < text_.size() && (is_name_start(text_[length]) || is_digit(text_[length])))
      ++length;
    const std::string_view name = text_.substr(0, length);
    text_.remove_prefix(length);
    return name;
  }

  std::string_view qualified() {
    const std::string_view start = text_;
    if (text_.starts_with("::")) text_.remove_prefix(2);
    simple_name();
    while (text_.starts_with("::")) {
      text_.remove_prefix(2);
      simple_name();
    }
    return start.substr(0, start.size() - text_.size());
  }

  Result<Value> variable(std::string_view name) {
    const std::vector<Variable> locals = variables_at(info_, offset_, source_frame_);
    for (const Variable& local : locals)
      if (local.name == name) return read(local);
    for (const Variable& local : locals) {
      if (local.name != "this" && local.name != "self") continue;
      // A method of C++ names the object's members without saying so.
      if (local.name == "self" || name.find(':') != std::string_view::npos) continue;
      auto object = read(local);
      if (!object) continue;
      auto target = dereferenced(*object);
      if (!target) continue;
      if (auto member = find_member(*target, name)) return *std::move(member);
    }
    for (uint64_t place : {offset_, uint64_t{0}})
      for (const Variable& global : globals_at(info_, place))
        if (dwarf::name_matches(global.name, name)) return read(global);
    if (auto enumerator = find_enumerator(info_, offset_, name)) return *std::move(enumerator);
    return wrong(fmt::format("there is no variable '{}' here", name));
  }

  Result<Value> read(const Variable& variable) {
    auto value = variable.read(frame_);
    if (!value) return fail(std::move(value.error()).in(variable.name));
    return value;
  }

  static bool is_pointer(const Value& value) {
    if (value.form != Value::Form::plain) return value.form == Value::Form::pointer;
    const Die type = dwarf::resolved(value.type);
    return type && dwarf::is_pointer(type.tag());
  }

  /// What a reference refers to stands for the reference itself.
  Result<Value> referent(Value value) {
    if (value.form != Value::Form::plain) return value;
    const Die type = dwarf::resolved(value.type);
    if (!type || !dwarf::is_reference(type.tag())) return value;
    return pointee(value, frame_);
  }

  Result<Value> dereferenced(const Value& value) {
    REPRISE_ASSIGN(const Value plain, referent(value));
    if (plain.form == Value::Form::number) return wrong("a number is no pointer to anything");
    if (!is_pointer(plain)) {
      // Smart pointers are described by what they point at.
      const Description description = describe(plain, frame_, FormatLimits{});
      if (description.kind == Description::Kind::wrapper) return description.members[0].value;
      return wrong(fmt::format("a value of type {} is no pointer", type_name(plain)));
    }
    REPRISE_ASSIGN(Value target, pointee(plain, frame_));
    if (!target.type) return wrong("what a void* points at has no type");
    if (*target.address == 0) return wrong("the pointer is null");
    return target;
  }

  Result<Value> address_of(const Value& value) {
    REPRISE_ASSIGN(const Value plain, referent(value));
    if (!plain.address || plain.bit_size != 0)
      return wrong("this value is not in memory: it has no address");
    Value out;
    for (uint32_t shift = 0; shift < 64; shift += 8)
      out.bytes.push_back(static_cast<uint8_t>(*plain.address >> shift));
    out.type = plain.type;
    out.dimension = plain.dimension;
    out.form = Value::Form::pointer;
    return out;
  }

  Result<Value> member_of(const Value& value) {
    skip_spaces();
    // Rust's tuples have numbers for names.
    const bool is_position = !text_.empty() && is_digit(text_[0]);
    const std::string_view name = simple_name();
    if (name.empty()) return wrong("the name of a member is missing");
    REPRISE_ASSIGN(Value record, referent(value));
    for (int hop = 0; hop < 8 && is_pointer(record); ++hop) {
      REPRISE_ASSIGN(record, dereferenced(record));
    }
    if (record.form != Value::Form::plain) return wrong("a number has no members");
    const std::string wanted = is_position ? fmt::format("__{}", name) : std::string(name);
    if (auto found = find_member(record, wanted)) return *std::move(found);
    // The members that a variant of an enum or a library's type shows.
    for (Member& member : describe(record, frame_, FormatLimits{}).members)
      if (member.name == wanted) return std::move(member.value);
    return wrong(fmt::format("{} has no member '{}'", type_name(record), name));
  }

  Result<Value> indexed(const Value& value, const Value& index_value) {
    REPRISE_ASSIGN(const uint64_t index, index_number(index_value));
    REPRISE_ASSIGN(Value plain, referent(value));
    const Die type = dwarf::resolved(plain.type);
    if (plain.form == Value::Form::pointer) {
      REPRISE_ASSIGN(const Value at, combine(Operator::add, plain, number_value(index), frame_));
      return dereferenced(at);
    }
    if (!type || plain.form != Value::Form::plain) return wrong("this value has no elements");
    if (type.tag() == Tag::array_type) {
      const uint64_t count = shape_of(plain).count;
      if (count != 0 && index >= count)
        return wrong(fmt::format("the array has {} elements, and no [{}]", count, index));
      return element(plain, index);
    }
    if (type.tag() == Tag::pointer_type && type.name().empty()) {
      REPRISE_ASSIGN(const Value target, dereferenced(plain));
      return value_at(target.type, *target.address + index * dwarf::size_of(target.type));
    }
    return described_element(plain, index);
  }

  /// Of a vector or a slice, perhaps behind references.
  Result<Value> described_element(const Value& value, uint64_t index) {
    FormatLimits one;
    one.max_elements = 1;
    Value current = value;
    for (int hop = 0; hop < 8; ++hop) {
      Description description = describe(current, frame_, one, index);
      if (description.kind == Description::Kind::sequence) {
        if (description.members.empty())
          return wrong(fmt::format("there are {} elements, and no [{}]", description.count, index));
        return std::move(description.members[0].value);
      }
      if (description.kind != Description::Kind::wrapper) break;
      current = std::move(description.members[0].value);
    }
    return wrong(fmt::format("a value of type {} has no elements", type_name(value)));
  }

  Result<uint64_t> index_number(const Value& value) {
    REPRISE_ASSIGN(const Value plain, referent(value));
    const bool is_address = plain.form == Value::Form::pointer ||
                            (plain.form == Value::Form::plain && plain.type &&
                             dwarf::is_pointer(dwarf::resolved(plain.type).tag()));
    auto number = is_address ? wrong("") : integer_of(plain, frame_);
    if (!number) return wrong("an index must be an integer");
    return static_cast<uint64_t>(*number);
  }

  const DebugInfo& info_;
  std::string_view text_;
  uint64_t offset_;
  const FrameState& frame_;
  size_t source_frame_;
  int nesting_ = 0;
};

}  // namespace

Result<Value> evaluate(const DebugInfo& info, std::string_view expression, uint64_t offset,
                       const FrameState& frame, size_t source_frame) {
  return Evaluator(info, expression, offset, frame, source_frame).run();
}

}  // namespace reprise::debug
