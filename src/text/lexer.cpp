#include "text/lexer.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "text/literals.hpp"

namespace reprise::text {

namespace {

bool is_id_char(unsigned char c) {
  if (c <= 0x20 || c >= 0x7f) return false;
  switch (c) {
    case '"':
    case '(':
    case ')':
    case ',':
    case ';':
    case '[':
    case ']':
    case '{':
    case '}':
      return false;
    default:
      return true;
  }
}

bool is_stray_punctuation(unsigned char c) {
  return c == ',' || c == ';' || c == '[' || c == ']' || c == '{' || c == '}';
}

int hex_digit(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, uint32_t c) {
  auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6), put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 0x3f)), put(0x80 | (c >> 6 & 0x3f)),
        put(0x80 | (c & 0x3f));
  }
}

class Lexer {
 public:
  explicit Lexer(const Source& source) : source_(source), text_(source.text) {}

  Result<TokenList> run() {
    for (;;) {
      REPRISE_TRY(skip_space());
      if (at_ == text_.size()) break;
      if (text_.substr(at_).starts_with("(@")) {
        REPRISE_TRY(annotation());
        continue;
      }
      REPRISE_ASSIGN(Token token, next());
      list_.tokens.push_back(token);
    }
    list_.tokens.push_back({TokenKind::end, at(), 0});
    return std::move(list_);
  }

 private:
  uint32_t at() const { return static_cast<uint32_t>(at_); }
  unsigned char peek(size_t n = 0) const {
    return at_ + n < text_.size() ? static_cast<unsigned char>(text_[at_ + n]) : 0;
  }
  std::unexpected<Error> error(size_t begin, std::string_view message) const {
    return source_.error(begin, at_ > begin ? at_ - begin : 1, message);
  }

  /// What to say about a byte that starts no token: it is not text at all, or not for here.
  std::unexpected<Error> illegal() const {
    size_t n = 1;
    while (n < 4 && (peek(n) & 0xc0) == 0x80) n++;
    const bool utf8 = peek() < 0x80 || is_utf8(as_bytes(text_.substr(at_, n)));
    return error(at_, utf8 ? "illegal character" : "malformed UTF-8 encoding");
  }

  Result<void> skip_space() {
    for (;;) {
      const unsigned char c = peek();
      if (at_ == text_.size()) return ok();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        at_++;
      } else if (c == ';' && peek(1) == ';') {
        REPRISE_TRY(line_comment());
      } else if (c == '(' && peek(1) == ';') {
        REPRISE_TRY(block_comment());
      } else {
        return ok();
      }
    }
  }

  Result<void> line_comment() {
    const size_t begin = at_;
    while (at_ < text_.size() && peek() != '\n' && peek() != '\r') at_++;
    return check_comment(begin);
  }

  Result<void> block_comment() {
    const size_t begin = at_;
    size_t depth = 0;
    do {
      if (at_ == text_.size()) return source_.error(begin, 2, "unclosed comment");
      if (peek() == '(' && peek(1) == ';') {
        depth++, at_ += 2;
      } else if (peek() == ';' && peek(1) == ')') {
        depth--, at_ += 2;
      } else {
        at_++;
      }
    } while (depth > 0);
    return check_comment(begin);
  }

  Result<void> check_comment(size_t begin) const {
    if (is_utf8(as_bytes(text_.substr(begin, at_ - begin)))) return ok();
    return source_.error(begin, 2, "malformed UTF-8 encoding in a comment");
  }

  Result<Token> next() {
    const uint32_t begin = at();
    const unsigned char c = peek();
    if (c == '(' || c == ')') {
      at_++;
      return Token{c == '(' ? TokenKind::left : TokenKind::right, begin, 1};
    }
    REPRISE_ASSIGN(const TokenKind kind, word(begin));
    return Token{kind, begin, at() - begin};
  }

  /// Everything up to the next space, parenthesis or comment.
  Result<TokenKind> word(size_t begin) {
    size_t strings = 0;
    bool punctuation = false;
    for (;;) {
      const unsigned char c = peek();
      if (c == '"') {
        REPRISE_TRY(string());
        strings++;
      } else if (is_id_char(c)) {
        at_++;
      } else if (is_stray_punctuation(c) && !(c == ';' && peek(1) == ';')) {
        punctuation = true;
        at_++;
      } else {
        break;
      }
    }
    if (at_ == begin) return illegal();
    if (at_ < text_.size() && (peek() > 0x7f || peek() == 0x7f || (peek() < 0x20 && !is_space()))) {
      return illegal();
    }
    return classify(begin, strings, punctuation);
  }

  bool is_space() const {
    return peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r';
  }

  Result<TokenKind> classify(size_t begin, size_t strings, bool punctuation) const {
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (punctuation) return TokenKind::reserved;
    if (word[0] == '$') return classify_id(begin, word, strings);
    if (strings == 1 && word.front() == '"' && word.back() == '"') return TokenKind::string;
    if (strings > 0) return TokenKind::reserved;
    switch (number_shape(word)) {
      case NumberShape::nat:
        return TokenKind::nat;
      case NumberShape::integer:
        return TokenKind::integer;
      case NumberShape::floating:
        return TokenKind::floating;
      case NumberShape::none:
        break;
    }
    return word[0] >= 'a' && word[0] <= 'z' ? TokenKind::keyword : TokenKind::reserved;
  }

  Result<TokenKind> classify_id(size_t begin, std::string_view word, size_t strings) const {
    if (word.size() == 1) return error(begin, "empty identifier");
    if (strings == 0) return TokenKind::id;
    const bool quoted = strings == 1 && word[1] == '"' && word.back() == '"';
    if (!quoted) return TokenKind::reserved;
    if (word.size() == 3) return error(begin, "empty identifier");
    const Token token{TokenKind::id, static_cast<uint32_t>(begin),
                      static_cast<uint32_t>(word.size())};
    if (!is_utf8(as_bytes(decode_id(source_, token)))) {
      return error(begin, "malformed UTF-8 encoding");
    }
    return TokenKind::id;
  }

  Result<void> string() {
    const size_t begin = at_++;
    for (;;) {
      const unsigned char c = peek();
      if (at_ == text_.size() || c == '\n') return source_.error(begin, 1, "unclosed string");
      if (c == '"') break;
      if (c < 0x20 || c == 0x7f) return source_.error(at_, 1, "illegal character in a string");
      if (c == '\\') {
        REPRISE_TRY(escape());
      } else {
        at_++;
      }
    }
    at_++;
    // Only what is written plainly must be UTF-8: escapes may build any bytes.
    if (!is_utf8(as_bytes(text_.substr(begin, at_ - begin)))) {
      return error(begin, "malformed UTF-8 encoding");
    }
    return ok();
  }

  Result<void> escape() {
    const size_t begin = at_++;
    const unsigned char c = peek();
    switch (c) {
      case 't':
      case 'n':
      case 'r':
      case '"':
      case '\'':
      case '\\':
        at_++;
        return ok();
      case 'u':
        at_++;
        return unicode_escape(begin);
      default:
        break;
    }
    if (hex_digit(c) < 0 || hex_digit(peek(1)) < 0) {
      return source_.error(begin, 2, "invalid string escape");
    }
    at_ += 2;
    return ok();
  }

  Result<void> unicode_escape(size_t begin) {
    if (peek() != '{') return error(begin, "invalid string escape: expected `\\u{`");
    const size_t digits = ++at_;
    uint32_t code = 0;
    while (peek() != '}') {
      const int digit = hex_digit(peek());
      const bool separator = peek() == '_' && at_ > digits && hex_digit(peek(1)) >= 0;
      if (digit < 0 && !separator) return error(begin, "invalid string escape");
      if (digit >= 0) code = code * 16 + static_cast<uint32_t>(digit);
      if (code > 0x10ffff) return error(begin, "invalid string escape: no such character");
      at_++;
    }
    if (at_ == digits) return error(begin, "invalid string escape: no digits");
    if (code >= 0xd800 && code < 0xe000) {
      return error(begin, "invalid string escape: a surrogate is no character");
    }
    at_++;
    return ok();
  }

  Result<std::string> annotation_id(size_t begin) {
    if (peek() != '"') {
      const size_t start = at_;
      while (is_id_char(peek())) at_++;
      return std::string(text_.substr(start, at_ - start));
    }
    const uint32_t start = at();
    REPRISE_TRY(string());
    std::string id = decode_string(source_, {TokenKind::string, start, at() - start});
    if (!is_utf8(as_bytes(id))) return error(begin, "malformed UTF-8 encoding");
    return id;
  }

  Result<void> annotation() {
    const size_t begin = at_;
    at_ += 2;
    REPRISE_ASSIGN(std::string id, annotation_id(begin));
    if (id.empty()) return source_.error(begin, 2, "empty annotation id");
    Annotation annotation{std::move(id), static_cast<uint32_t>(list_.tokens.size()), {}, {}};
    const bool known = is_known_annotation(annotation.id);
    size_t depth = 1;
    while (depth > 0) {
      REPRISE_TRY(skip_space());
      if (at_ == text_.size()) return source_.error(begin, 2, "unclosed annotation");
      REPRISE_ASSIGN(const Token token, next());
      if (token.kind == TokenKind::left) depth++;
      if (token.kind == TokenKind::right) depth--;
      if (known) annotation.content.push_back(token);
    }
    if (!known) return ok();
    annotation.content.back() = {TokenKind::end, at() - 1, 1};
    annotation.whole = {TokenKind::left, static_cast<uint32_t>(begin),
                        static_cast<uint32_t>(at_ - begin)};
    list_.annotations.push_back(std::move(annotation));
    return ok();
  }

  const Source& source_;
  std::string_view text_;
  size_t at_ = 0;
  TokenList list_;
};

}  // namespace

bool is_known_annotation(std::string_view id) {
  return id == "custom" || id == "name" || id == "metadata.code.branch_hint";
}

Result<TokenList> lex(const Source& source) {
  if (source.text.size() >= kMaxTextSize) {
    return fail(ErrorKind::limit,
                fmt::format("{}: a text may have up to {} bytes", source.name, kMaxTextSize));
  }
  return Lexer(source).run();
}

std::string decode_string(const Source& source, const Token& token) {
  const std::string_view text = source.text.substr(token.begin + 1, token.size - 2);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (const char c = text[++i]) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case '"':
      case '\'':
      case '\\':
        out += c;
        break;
      case 'u': {
        uint32_t code = 0;
        for (i += 2; text[i] != '}'; i++) {
          if (text[i] != '_') {
            code =
                code * 16 + static_cast<uint32_t>(hex_digit(static_cast<unsigned char>(text[i])));
          }
        }
        append_utf8(out, code);
        break;
      }
      default:
        out += static_cast<char>(hex_digit(static_cast<unsigned char>(c)) * 16 +
                                 hex_digit(static_cast<unsigned char>(text[i + 1])));
        i++;
    }
  }
  return out;
}

std::string decode_id(const Source& source, const Token& token) {
  if (source.text[token.begin + 1] != '"') {
    return std::string(source.text.substr(token.begin + 1, token.size - 1));
  }
  return decode_string(source, {TokenKind::string, token.begin + 1, token.size - 1});
}

}  // namespace reprise::text
