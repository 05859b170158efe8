#include "wit/wave_lexer.hpp"

#include <fmt/format.h>

#include <charconv>

#include "wit/encoding_io.hpp"
#include "wit/unicode.hpp"

namespace reprise::wit {
namespace {

bool is_label_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

}  // namespace

void WaveLexer::skip_space() {
  while (at_ < text_.size()) {
    char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at_;
    } else if (text_.substr(at_).starts_with("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      return;
    }
  }
}

char WaveLexer::peek() {
  skip_space();
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool WaveLexer::take(char c) {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

Result<void> WaveLexer::expect(char c) {
  if (take(c)) return {};
  return error(fmt::format("expected '{}'", c));
}

Result<void> WaveLexer::expect_end() {
  skip_space();
  if (at_ == text_.size()) return {};
  return error("unexpected text after the value");
}

WaveLexer::Label WaveLexer::label() {
  skip_space();
  size_t start = at_;
  bool escaped = at_ < text_.size() && text_[at_] == '%';
  if (escaped) ++at_;
  size_t name = at_;
  while (at_ < text_.size() && is_label_char(text_[at_])) ++at_;
  if (at_ == name) {
    at_ = start;
    return {};
  }
  return {text_.substr(name, at_ - name), escaped};
}

WaveLexer::Label WaveLexer::peek_label() {
  size_t start = at_;
  Label found = label();
  at_ = start;
  return found;
}

std::string_view WaveLexer::number() {
  skip_space();
  size_t start = at_;
  while (at_ < text_.size() && is_number_char(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

Result<char32_t> WaveLexer::hexadecimal_escape() {
  size_t close = text_.find('}', at_);
  if (at_ >= text_.size() || text_[at_] != '{' || close == std::string_view::npos ||
      close - at_ > 9) {
    return error("expected {hexadecimal digits} after \\u");
  }
  uint32_t point = 0;
  const char* end = text_.data() + close;
  auto [stop, code] = std::from_chars(text_.data() + at_ + 1, end, point, 16);
  if (code != std::errc() || stop != end || !is_scalar_value(point)) {
    return error("\\u{...} is not a Unicode scalar value");
  }
  at_ = close + 1;
  return static_cast<char32_t>(point);
}

Result<char32_t> WaveLexer::escaped_character() {
  if (text_[at_] != '\\') return next_code_point(text_, at_);
  if (++at_ >= text_.size()) return error("unexpected end after a backslash");
  switch (text_[at_++]) {
    case '\'':
      return U'\'';
    case '"':
      return U'"';
    case '\\':
      return U'\\';
    case 't':
      return U'\t';
    case 'n':
      return U'\n';
    case 'r':
      return U'\r';
    case 'u':
      return hexadecimal_escape();
    default:
      return error("unknown escape");
  }
}

Result<char32_t> WaveLexer::character() {
  REPRISE_TRY(expect('\''));
  if (at_ >= text_.size() || text_[at_] == '\'' || text_[at_] == '\n') {
    return error("expected a character");
  }
  REPRISE_ASSIGN(char32_t point, escaped_character());
  if (at_ >= text_.size() || text_[at_] != '\'') return error("expected a closing quote");
  ++at_;
  return point;
}

Result<std::string> WaveLexer::string() {
  REPRISE_TRY(expect('"'));
  if (text_.substr(at_).starts_with("\"\"\n") || text_.substr(at_).starts_with("\"\"\r\n")) {
    at_ = text_.find('\n', at_) + 1;
    return multiline_string();
  }
  std::string out;
  while (at_ < text_.size() && text_[at_] != '\n') {
    if (text_[at_] == '"') {
      ++at_;
      return out;
    }
    REPRISE_ASSIGN(char32_t point, escaped_character());
    append_utf8(point, out);
  }
  return error("expected a closing quote");
}

Result<size_t> WaveLexer::closing_indent() const {
  size_t close = text_.find("\"\"\"", at_);
  if (close == std::string_view::npos) return error("expected closing quotes");
  size_t start = close;
  while (start > at_ && text_[start - 1] == ' ') --start;
  if (start == 0 || text_[start - 1] != '\n') {
    return fail(ErrorKind::malformed, "the closing quotes need a line of their own", close);
  }
  return close - start;
}

Result<std::string> WaveLexer::multiline_string() {
  REPRISE_ASSIGN(size_t indent, closing_indent());
  std::string out;
  for (bool first = true;; first = false) {
    size_t line_end = text_.find('\n', at_);
    std::string_view line = text_.substr(at_, line_end - at_);
    if (line.find_first_not_of(' ') == indent && line.substr(indent).starts_with("\"\"\"")) {
      at_ += indent + 3;
      return out;
    }
    if (line_end == std::string_view::npos) return error("expected closing quotes");
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(' ') < indent) return error("a line is indented too little");
    if (!first) out += '\n';
    size_t content_end = at_ + line.size();
    at_ = std::min(at_ + indent, content_end);
    while (at_ < content_end) {
      REPRISE_ASSIGN(char32_t point, escaped_character());
      append_utf8(point, out);
    }
    at_ = line_end + 1;
  }
}

}  // namespace reprise::wit
