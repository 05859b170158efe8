#include "debug/dwarf/rust_v0_name.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "debug/dwarf/punycode.hpp"

namespace reprise::debug {

namespace {

/// Of the types that are one letter, the names; those that are none are empty.
constexpr std::string_view kBasicTypes[26] = {
    "i8",   "bool", "char", "f64", "str", "f32", "",    "u8", "isize", "usize", "",    "i32", "u32",
    "i128", "u128", "_",    "",    "",    "i16", "u16", "()", "...",   "",      "i64", "u64", "!"};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

std::string quoted(char32_t point, char quote) {
  if (point == '\n') return "\\n";
  if (point == '\r') return "\\r";
  if (point == '\t') return "\\t";
  if (point == static_cast<char32_t>(quote) || point == '\\')
    return {'\\', static_cast<char>(point)};
  if (point < 0x20 || point == 0x7f)
    return fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(point));
  return to_utf8(point);
}

/// One walk over a name, which prints as it reads. Each function reads one rule of the grammar;
/// where the name breaks it, is_good_ falls, and all that is left of the walk does nothing.
class Walk {
 public:
  explicit Walk(std::string_view name) : name_(name) {}

  std::optional<std::string> source_name() {
    path(true);
    // The crate that an instance of something generic is in.
    if (is_upper(peek())) quietly([this] { path(false); });
    if (!is_good_ || at_ != name_.size()) return std::nullopt;
    return std::move(out_);
  }

 private:
  struct Identifier {
    std::string_view ascii;
    bool is_punycode = false;
    uint64_t disambiguator = 0;
  };

  // ---- Reading ----

  char peek() const { return is_good_ && at_ < name_.size() ? name_[at_] : '\0'; }
  char next() {
    const char c = peek();
    if (c == '\0') fail();
    ++at_;
    return c;
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  void fail() { is_good_ = false; }

  /// spec: RFC 2603 §base-62-number: "_" is 0, "0_" is 1.
  uint64_t base62() {
    if (take('_')) return 0;
    uint64_t value = 0;
    while (is_good_ && !take('_')) {
      const char c = next();
      const int digit = is_digit(c)   ? c - '0'
                        : is_lower(c) ? c - 'a' + 10
                        : is_upper(c) ? c - 'A' + 36
                                      : -1;
      if (digit < 0 || value > (UINT64_MAX - 62) / 62 - 1) {
        fail();
        return 0;
      }
      value = value * 62 + static_cast<uint64_t>(digit);
    }
    return value + 1;
  }
  /// 0 if there is none; so what is written is one more.
  uint64_t optional_base62(char tag) { return take(tag) ? base62() + 1 : 0; }

  uint64_t decimal() {
    if (!is_digit(peek())) fail();
    if (take('0')) return 0;
    uint64_t value = 0;
    while (is_digit(peek())) {
      value = value * 10 + static_cast<uint64_t>(next() - '0');
      if (value > name_.size()) fail();
    }
    return value;
  }

  Identifier plain_identifier() {
    Identifier read;
    read.is_punycode = take('u');
    const uint64_t length = decimal();
    // It is there where a digit or "_" follows.
    take('_');
    if (!is_good_ || length > name_.size() - at_) {
      fail();
      return {};
    }
    read.ascii = name_.substr(at_, length);
    at_ += length;
    return read;
  }
  Identifier identifier() {
    const uint64_t disambiguator = optional_base62('s');
    Identifier read = plain_identifier();
    read.disambiguator = disambiguator;
    return read;
  }

  /// Reads again what stands earlier.
  template <class Rule>
  void back_reference(Rule rule) {
    const size_t here = at_ - 1;  // of the B
    const uint64_t target = base62();
    if (target >= here) return fail();
    if (is_quiet_) return;
    const size_t behind = std::exchange(at_, target);
    rule();
    at_ = behind;
  }

  template <class Rule>
  void quietly(Rule rule) {
    const bool was_quiet = std::exchange(is_quiet_, true);
    rule();
    is_quiet_ = was_quiet;
  }

  /// Around every rule that may hold itself.
  template <class Rule>
  void nested(Rule rule) {
    if (depth_ == kMaxRustNesting || ++steps_ > kMaxRustName) return fail();
    ++depth_;
    if (is_good_) rule();
    --depth_;
  }

  // ---- Printing ----

  void print(std::string_view text) {
    if (is_quiet_ || !is_good_) return;
    if (text.size() > kMaxRustName - out_.size()) return fail();
    out_ += text;
  }
  void print(const Identifier& name) {
    if (is_quiet_ || !is_good_) return;
    if (!name.is_punycode) return print(name.ascii);
    const auto text = from_punycode(name.ascii);
    if (!text) return fail();
    print(*text);
  }
  /// Up to E. Gives how many there were.
  template <class Rule>
  size_t list(std::string_view separator, Rule rule) {
    size_t count = 0;
    while (is_good_ && !take('E')) {
      if (count++ > 0) print(separator);
      rule();
    }
    return count;
  }
  template <class Rule>
  void tuple(Rule rule) {
    print("(");
    if (list(", ", rule) == 1) print(",");
    print(")");
  }

  // ---- Paths ----

  void path(bool in_value) {
    nested([&] { path_rule(in_value); });
  }
  void path_rule(bool in_value) {
    switch (const char tag = next()) {
      case 'C':
        return print(identifier());
      case 'N':
        return nested_path(in_value);
      case 'M':
      case 'X':
      case 'Y':
        if (tag != 'Y') {
          optional_base62('s');
          quietly([this] { path(false); });
        }
        print("<");
        type();
        if (tag != 'M') {
          print(" as ");
          path(false);
        }
        return print(">");
      case 'I':
        path(in_value);
        print(in_value ? "::<" : "<");
        list(", ", [this] { generic_argument(); });
        return print(">");
      case 'B':
        return back_reference([&] { path(in_value); });
      default:
        return fail();
    }
  }
  void nested_path(bool in_value) {
    const char space = next();
    if (!is_lower(space) && !is_upper(space)) return fail();
    path(in_value);
    const Identifier name = identifier();
    if (is_lower(space)) {
      if (name.ascii.empty()) return;
      print("::");
      return print(name);
    }
    print("::{");
    print(space == 'C' ? "closure" : space == 'S' ? "shim" : std::string_view(&space, 1));
    if (!name.ascii.empty()) {
      print(":");
      print(name);
    }
    print(fmt::format("#{}}}", name.disambiguator));
  }
  void generic_argument() {
    if (take('L')) return lifetime(base62());
    if (take('K')) return constant(false);
    type();
  }

  // ---- Types ----

  void type() {
    nested([this] { type_rule(); });
  }
  void type_rule() {
    const char tag = next();
    if (is_lower(tag)) {
      const std::string_view name = kBasicTypes[tag - 'a'];
      return name.empty() ? fail() : print(name);
    }
    switch (tag) {
      case 'R':
      case 'Q':
        print("&");
        if (take('L'))
          if (const uint64_t index = base62(); index != 0) {
            lifetime(index);
            print(" ");
          }
        if (tag == 'Q') print("mut ");
        return type();
      case 'P':
      case 'O':
        print(tag == 'P' ? "*const " : "*mut ");
        return type();
      case 'A':
      case 'S':
        print("[");
        type();
        if (tag == 'A') {
          print("; ");
          constant(true);
        }
        return print("]");
      case 'T':
        return tuple([this] { type(); });
      case 'F':
        return bound([this] { function(); });
      case 'D':
        print("dyn ");
        bound([this] { list(" + ", [this] { dynamic_trait(); }); });
        expect('L');
        if (const uint64_t index = base62(); index != 0) {
          print(" + ");
          lifetime(index);
        }
        return;
      case 'B':
        return back_reference([this] { type(); });
      default:
        --at_;
        return path(false);
    }
  }
  void function() {
    if (take('U')) print("unsafe ");
    if (take('K')) {
      std::string convention = "C";
      if (!take('C')) {
        const Identifier name = plain_identifier();
        if (name.is_punycode || name.ascii.empty()) return fail();
        convention = name.ascii;
        for (char& c : convention)
          if (c == '_') c = '-';
      }
      print("extern \"");
      print(convention);
      print("\" ");
    }
    print("fn(");
    list(", ", [this] { type(); });
    print(")");
    if (take('u')) return;
    print(" -> ");
    type();
  }
  void dynamic_trait() {
    bool is_open = path_with_open_arguments();
    while (take('p')) {
      print(std::exchange(is_open, true) ? ", " : "<");
      print(plain_identifier());
      print(" = ");
      type();
    }
    if (is_open) print(">");
  }
  /// True if generic arguments are not closed yet, as others are to follow them.
  bool path_with_open_arguments() {
    bool is_open = false;
    nested([&] {
      if (take('B')) return back_reference([&] { is_open = path_with_open_arguments(); });
      if (!take('I')) return path(false);
      path(false);
      print("<");
      list(", ", [this] { generic_argument(); });
      is_open = true;
    });
    return is_open;
  }

  /// Lifetimes that are bound here are named by how far out they are, counted from 1.
  template <class Rule>
  void bound(Rule rule) {
    const uint64_t count = optional_base62('G');
    if (count > kMaxRustName) return fail();
    const uint64_t outer = bound_;
    if (count > 0) print("for<");
    for (uint64_t i = 0; i < count && is_good_ && !is_quiet_; ++i) {
      if (i > 0) print(", ");
      ++bound_;
      lifetime(1);
    }
    if (count > 0) print("> ");
    bound_ = outer + count;
    rule();
    bound_ = outer;
  }
  void lifetime(uint64_t index) {
    if (is_quiet_) return;
    if (index == 0) return print("'_");
    if (index > bound_) return fail();
    const uint64_t depth = bound_ - index;
    print(depth < 26 ? fmt::format("'{}", static_cast<char>('a' + depth))
                     : fmt::format("'_{}", depth));
  }

  // ---- Constants ----

  /// Outside of an expression, what is more than a literal stands in braces.
  void constant(bool in_expression) {
    nested([&] {
      const char tag = next();
      switch (tag) {
        case 'p':
          return print("_");
        case 'b':
          return boolean();
        case 'c':
          return character();
        case 'a':
        case 's':
        case 'l':
        case 'x':
        case 'n':
        case 'i':
          if (take('n')) print("-");
          return number();
        case 'h':
        case 't':
        case 'm':
        case 'y':
        case 'o':
        case 'j':
          return number();
        case 'B':
          return back_reference([&] { constant(in_expression); });
        case 'R':
          if (take('e')) return text();
          break;
        default:
          break;
      }
      if (!in_expression) print("{");
      expression(tag);
      if (!in_expression) print("}");
    });
  }
  void expression(char tag) {
    const auto element = [this] { constant(true); };
    switch (tag) {
      case 'e':
        print("*");
        return text();
      case 'R':
      case 'Q':
        print(tag == 'R' ? "&" : "&mut ");
        return constant(true);
      case 'A':
        print("[");
        list(", ", element);
        return print("]");
      case 'T':
        return tuple(element);
      case 'V':
        path(true);
        if (take('U')) return;
        if (take('T')) {
          print("(");
          list(", ", element);
          return print(")");
        }
        expect('S');
        print(" { ");
        list(", ", [this] {
          print(identifier());
          print(": ");
          constant(true);
        });
        return print(" }");
      default:
        return fail();
    }
  }
  /// Up to `_`.
  std::string_view nibbles() {
    const size_t begin = at_;
    while (is_digit(peek()) || (peek() >= 'a' && peek() <= 'f')) ++at_;
    const std::string_view read = name_.substr(begin, at_ - begin);
    expect('_');
    return read;
  }
  /// Nothing if it has more than 64 bits.
  static std::optional<uint64_t> value_of(std::string_view digits) {
    uint64_t value = 0;
    for (const char c : digits) {
      if (value >> 60 != 0) return std::nullopt;
      value = value << 4 | static_cast<uint64_t>(is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return value;
  }
  void number() {
    const std::string_view digits = nibbles();
    if (digits.empty()) return fail();
    const auto value = value_of(digits);
    if (value) return print(std::to_string(*value));
    print("0x");
    print(digits.substr(digits.find_first_not_of('0')));
  }
  void boolean() {
    const std::string_view digits = nibbles();
    if (digits != "0" && digits != "1") return fail();
    print(digits == "1" ? "true" : "false");
  }
  void character() {
    const std::string_view digits = nibbles();
    const auto value = value_of(digits);
    if (digits.empty() || !value || !is_scalar_value(*value)) return fail();
    print("'");
    print(quoted(static_cast<char32_t>(*value), '\''));
    print("'");
  }
  /// UTF-8 in hexadecimal.
  void text() {
    const std::string_view digits = nibbles();
    if (digits.size() % 2 != 0) return fail();
    print("\"");
    for (size_t i = 0; i < digits.size() && is_good_; i += 2) {
      const auto byte = static_cast<unsigned char>(*value_of(digits.substr(i, 2)));
      print(byte < 0x80 ? quoted(byte, '"') : std::string(1, static_cast<char>(byte)));
    }
    print("\"");
  }

  std::string_view name_;
  size_t at_ = 0;
  std::string out_;
  bool is_good_ = true;
  bool is_quiet_ = false;
  int depth_ = 0;
  size_t steps_ = 0;
  uint64_t bound_ = 0;
};

}  // namespace

std::optional<std::string> rust_v0_source_name(std::string_view name) {
  constexpr std::string_view kPrefix = "_R";
  if (!name.starts_with(kPrefix) || name.size() > kMaxRustName) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  // Behind it LLVM may have put a suffix of its own. A digit here would be a later version.
  name = name.substr(0, name.find_first_of(".$"));
  return Walk(name).source_name();
}

}  // namespace reprise::debug
