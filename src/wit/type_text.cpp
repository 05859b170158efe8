// Types as text, both ways. The notation is described in type.hpp; a label stands where only a
// label can, so keywords need no escape.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "wit/type.hpp"

namespace reprise::wit {
namespace {

constexpr std::string_view kKindNames[] = {
    "bool",   "s8",     "u8",    "s16",    "u16",    "s32",     "u32",
    "s64",    "u64",    "f32",   "f64",    "char",   "string",  "error-context",
    "list",   "list",   "map",   "record", "tuple",  "variant", "enum",
    "option", "result", "flags", "own",    "borrow", "stream",  "future",
};

void print(Type type, std::string& out);

void print_braced(Type type, std::string& out) {
  out += to_string(type->kind);
  out += " { ";
  for (const Member& member : type->members) {
    if (&member != type->members.data()) out += ", ";
    out += member.name;
    if (!member.type) continue;
    out += type->kind == TypeKind::record ? ": " : "(";
    print(member.type, out);
    if (type->kind == TypeKind::variant) out += ')';
  }
  out += " }";
}

void print_tuple(Type type, std::string& out) {
  out += "tuple<";
  for (const Member& member : type->members) {
    if (&member != type->members.data()) out += ", ";
    print(member.type, out);
  }
  out += '>';
}

void print_result(Type type, std::string& out) {
  out += "result";
  Type ok = type->members[0].type;
  Type err = type->members[1].type;
  if (!ok && !err) return;
  out += '<';
  if (ok) print(ok, out);
  if (!ok) out += '_';
  if (err) {
    out += ", ";
    print(err, out);
  }
  out += '>';
}

void print_element(Type type, std::string& out) {
  out += to_string(type->kind);
  if (!type->element) return;
  out += '<';
  if (type->kind == TypeKind::map) {
    print(type->element->members[0].type, out);
    out += ", ";
    print(type->element->members[1].type, out);
  } else {
    print(type->element, out);
  }
  if (type->kind == TypeKind::fixed_list)
    fmt::format_to(std::back_inserter(out), ", {}", type->length);
  out += '>';
}

void print(Type type, std::string& out) {
  switch (type->kind) {
    case TypeKind::record:
    case TypeKind::variant:
    case TypeKind::enum_:
    case TypeKind::flags:
      return print_braced(type, out);
    case TypeKind::tuple:
      return print_tuple(type, out);
    case TypeKind::result:
      return print_result(type, out);
    case TypeKind::own:
    case TypeKind::borrow:
      fmt::format_to(std::back_inserter(out), "{}<{}>", to_string(type->kind), type->resource.name);
      return;
    default:
      return print_element(type, out);
  }
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

/// What a resource's name is made of: interface names with versions, and a `.` before the resource.
bool is_resource_name(char c) {
  return is_word(c) || std::string_view(":/@.+#[]").contains(c);
}

class TypeParser {
 public:
  TypeParser(std::string_view text, TypeTable& table) : text_(text), table_(table) {}

  Result<Type> whole_type() {
    REPRISE_ASSIGN(Type type, parse());
    REPRISE_TRY(expect_end());
    return type;
  }
  Result<FuncType> whole_func();

 private:
  Result<Type> parse();
  Result<Type> parse_keyword(std::string_view word);
  Result<Type> parse_list();
  Result<Type> parse_map();
  Result<Type> parse_tuple();
  Result<Type> parse_result();
  Result<Type> parse_option();
  Result<Type> parse_record();
  Result<Type> parse_variant();
  Result<Type> parse_labels(TypeKind kind);
  Result<Type> parse_resource(TypeKind kind);
  Result<Type> parse_async(TypeKind kind);
  Result<Type> parse_bracketed();

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool take(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  Result<void> expect(std::string_view token) {
    if (take(token)) return {};
    return error(fmt::format("expected '{}'", token));
  }
  Result<void> expect_end() {
    skip_space();
    if (at_ == text_.size()) return {};
    return error("unexpected text after the type");
  }
  std::string_view take_while(bool (*accept)(char)) {
    skip_space();
    size_t start = at_;
    while (at_ < text_.size() && accept(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  Result<std::string_view> label() {
    std::string_view word = take_while(is_word);
    if (word.empty()) return error("expected a label");
    return word;
  }
  std::unexpected<Error> error(std::string message) const {
    return fail(ErrorKind::malformed, std::move(message), at_);
  }

  std::string_view text_;
  TypeTable& table_;
  size_t at_ = 0;
  uint32_t depth_ = 0;
};

Result<Type> TypeParser::parse() {
  if (++depth_ > kMaxTypeDepth) {
    return fail(ErrorKind::limit, fmt::format("types nest deeper than {}", kMaxTypeDepth), at_);
  }
  std::string_view word = take_while(is_word);
  auto type = parse_keyword(word);
  --depth_;
  return type;
}

Result<Type> TypeParser::parse_keyword(std::string_view word) {
  if (word == "list") return parse_list();
  auto found = std::ranges::find(kKindNames, word);
  if (found == std::end(kKindNames)) {
    return error(word.empty() ? "expected a type" : fmt::format("'{}' is not a type", word));
  }
  auto kind = static_cast<TypeKind>(found - std::begin(kKindNames));
  switch (kind) {
    case TypeKind::map:
      return parse_map();
    case TypeKind::record:
      return parse_record();
    case TypeKind::tuple:
      return parse_tuple();
    case TypeKind::variant:
      return parse_variant();
    case TypeKind::enum_:
    case TypeKind::flags:
      return parse_labels(kind);
    case TypeKind::option:
      return parse_option();
    case TypeKind::result:
      return parse_result();
    case TypeKind::own:
    case TypeKind::borrow:
      return parse_resource(kind);
    case TypeKind::stream:
    case TypeKind::future:
      return parse_async(kind);
    default:
      return primitive(kind);
  }
}

Result<Type> TypeParser::parse_list() {
  REPRISE_TRY(expect("<"));
  REPRISE_ASSIGN(Type element, parse());
  if (take(">")) return table_.list(element);
  REPRISE_TRY(expect(","));
  std::string_view digits = take_while([](char c) { return c >= '0' && c <= '9'; });
  uint32_t length = 0;
  auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (code != std::errc() || digits.empty()) return error("expected a length");
  REPRISE_TRY(expect(">"));
  return table_.fixed_list(element, length);
}

Result<Type> TypeParser::parse_map() {
  REPRISE_TRY(expect("<"));
  REPRISE_ASSIGN(Type key, parse());
  REPRISE_TRY(expect(","));
  REPRISE_ASSIGN(Type value, parse());
  REPRISE_TRY(expect(">"));
  return table_.map(key, value);
}

Result<Type> TypeParser::parse_tuple() {
  REPRISE_TRY(expect("<"));
  std::vector<Type> elements;
  do {
    REPRISE_ASSIGN(elements.emplace_back(), parse());
  } while (take(","));
  REPRISE_TRY(expect(">"));
  return table_.tuple(elements);
}

Result<Type> TypeParser::parse_result() {
  if (!take("<")) return table_.result(nullptr, nullptr);
  Type ok = nullptr;
  Type err = nullptr;
  if (!take("_")) {
    REPRISE_ASSIGN(ok, parse());
  }
  if (take(",")) {
    REPRISE_ASSIGN(err, parse());
  }
  REPRISE_TRY(expect(">"));
  return table_.result(ok, err);
}

Result<Type> TypeParser::parse_bracketed() {
  REPRISE_TRY(expect("<"));
  REPRISE_ASSIGN(Type type, parse());
  REPRISE_TRY(expect(">"));
  return type;
}

Result<Type> TypeParser::parse_option() {
  REPRISE_ASSIGN(Type payload, parse_bracketed());
  return table_.option(payload);
}

Result<Type> TypeParser::parse_record() {
  REPRISE_TRY(expect("{"));
  std::vector<TypeTable::Item> fields;
  do {
    REPRISE_ASSIGN(std::string_view name, label());
    REPRISE_TRY(expect(":"));
    REPRISE_ASSIGN(Type type, parse());
    fields.push_back({name, type});
  } while (take(","));
  REPRISE_TRY(expect("}"));
  return table_.record(fields);
}

Result<Type> TypeParser::parse_variant() {
  REPRISE_TRY(expect("{"));
  std::vector<TypeTable::Item> cases;
  do {
    REPRISE_ASSIGN(std::string_view name, label());
    cases.push_back({name, nullptr});
    if (!take("(")) continue;
    REPRISE_ASSIGN(cases.back().type, parse());
    REPRISE_TRY(expect(")"));
  } while (take(","));
  REPRISE_TRY(expect("}"));
  return table_.variant(cases);
}

Result<Type> TypeParser::parse_labels(TypeKind kind) {
  REPRISE_TRY(expect("{"));
  std::vector<std::string_view> labels;
  do {
    REPRISE_ASSIGN(labels.emplace_back(), label());
  } while (take(","));
  REPRISE_TRY(expect("}"));
  return kind == TypeKind::enum_ ? table_.enumeration(labels) : table_.flags(labels);
}

Result<Type> TypeParser::parse_resource(TypeKind kind) {
  REPRISE_TRY(expect("<"));
  std::string_view name = take_while(is_resource_name);
  if (name.empty()) return error("expected a resource's name");
  REPRISE_TRY(expect(">"));
  Resource resource = table_.resource_named(name);
  return kind == TypeKind::own ? table_.own(resource) : table_.borrow(resource);
}

Result<Type> TypeParser::parse_async(TypeKind kind) {
  Type element = nullptr;
  skip_space();
  if (text_.substr(at_).starts_with('<')) {
    REPRISE_ASSIGN(element, parse_bracketed());
  }
  return kind == TypeKind::stream ? table_.stream(element) : table_.future(element);
}

Result<FuncType> TypeParser::whole_func() {
  FuncType func;
  func.async = take("async ");
  REPRISE_TRY(expect("func"));
  REPRISE_TRY(expect("("));
  while (!take(")")) {
    if (!func.params.empty()) REPRISE_TRY(expect(","));
    REPRISE_ASSIGN(std::string_view name, label());
    REPRISE_TRY(expect(":"));
    REPRISE_ASSIGN(Type type, parse());
    func.params.push_back({std::string(name), type});
  }
  if (take("->")) {
    REPRISE_ASSIGN(func.result, parse());
  }
  REPRISE_TRY(expect_end());
  return func;
}

Result<void> check_length(std::string_view text) {
  if (text.size() <= kMaxTypeTextLength) return {};
  return fail(ErrorKind::limit, "the text of a type is too long");
}

}  // namespace

std::string_view to_string(TypeKind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

std::string_view to_string(FlatType type) {
  constexpr std::string_view kNames[] = {"i32", "i64", "f32", "f64"};
  return kNames[static_cast<size_t>(type)];
}

std::string to_string(Type type) {
  std::string out;
  print(type, out);
  return out;
}

std::string to_string(const FuncType& type) {
  std::string out = type.async ? "async func(" : "func(";
  for (const Param& param : type.params) {
    if (&param != type.params.data()) out += ", ";
    out += param.name;
    out += ": ";
    print(param.type, out);
  }
  out += ')';
  if (type.result) {
    out += " -> ";
    print(type.result, out);
  }
  return out;
}

Result<Type> parse_type(std::string_view text, TypeTable& table) {
  REPRISE_TRY(check_length(text));
  return TypeParser(text, table).whole_type();
}

Result<FuncType> parse_func_type(std::string_view text, TypeTable& table) {
  REPRISE_TRY(check_length(text));
  return TypeParser(text, table).whole_func();
}

}  // namespace reprise::wit
