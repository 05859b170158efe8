#include "text/script.hpp"

#include <fmt/format.h>

#include "text/annotations.hpp"
#include "text/component_text.hpp"
#include "text/cursor.hpp"
#include "text/lexer.hpp"
#include "text/module_encoder.hpp"
#include "text/script_values.hpp"
#include "text/wat.hpp"

namespace reprise::text {

namespace {

struct AssertionForm {
  std::string_view word;
  Assertion::Kind kind;
};
constexpr AssertionForm kAssertions[] = {
    {"assert_return", Assertion::Kind::returns},
    {"assert_trap", Assertion::Kind::trap},
    {"assert_exhaustion", Assertion::Kind::exhaustion},
    {"assert_exception", Assertion::Kind::exception},
    {"assert_malformed", Assertion::Kind::malformed},
    {"assert_invalid", Assertion::Kind::invalid},
    {"assert_unlinkable", Assertion::Kind::unlinkable},
    {"assert_malformed_custom", Assertion::Kind::malformed_custom},
    {"assert_invalid_custom", Assertion::Kind::invalid_custom},
};

class ScriptParser {
 public:
  ScriptParser(const Source& source, const TokenList& list)
      : source_(source), cursor_(source, list.tokens), annotations_(list.annotations) {}

  Result<Script> run() {
    Script script;
    if (is_bare_module()) {
      REPRISE_ASSIGN(Definition definition, bare_module());
      script.commands.push_back({1, std::move(definition)});
      return script;
    }
    while (!cursor_.is(TokenKind::end)) {
      REPRISE_ASSIGN(Command command, command_());
      script.commands.push_back(std::move(command));
    }
    return script;
  }

 private:
  /// A text of module fields alone is a script, too.
  bool is_bare_module() const {
    constexpr std::string_view kFields[] = {"type",   "rec", "import", "func", "table",  "memory",
                                            "global", "tag", "elem",   "data", "export", "start"};
    for (const std::string_view field : kFields) {
      if (cursor_.is_left(field)) return true;
    }
    return false;
  }

  Result<Definition> bare_module() {
    Definition definition{false, false, Definition::Form::text, {}, std::vector<uint8_t>{}};
    definition.binary = encode_module_fields(cursor_, annotations_, {});
    return definition;
  }

  /// Lines are counted on from the last command, so that a long script is not read again for each.
  uint32_t line_here() {
    const uint32_t to = cursor_.peek().begin;
    for (; counted_ < to; counted_++) line_ += source_.text[counted_] == '\n' ? 1 : 0;
    return line_;
  }

  Result<Command> command_() {
    Command command;
    command.line = line_here();
    if (!cursor_.is_left()) return cursor_.unexpected("a command");
    if (cursor_.is_left("module") || cursor_.is_left("component")) {
      if (is_instantiation()) {
        REPRISE_ASSIGN(command.what, instantiation());
      } else {
        REPRISE_ASSIGN(command.what, definition());
      }
      return command;
    }
    if (cursor_.is_left("invoke") || cursor_.is_left("get")) {
      REPRISE_ASSIGN(command.what, action());
      return command;
    }
    if (cursor_.take_left("register")) {
      REPRISE_ASSIGN(command.what, register_());
      return command;
    }
    REPRISE_ASSIGN(command.what, assertion());
    return command;
  }

  bool is_instantiation() const {
    return cursor_.is_keyword("instance", 2) &&
           (cursor_.peek(3).kind == TokenKind::id || cursor_.peek(3).kind == TokenKind::right);
  }

  std::optional<std::string> take_name() {
    const auto id = cursor_.take_id();
    if (!id) return std::nullopt;
    return decode_id(source_, *id);
  }

  Result<Instantiation> instantiation() {
    Instantiation result;
    result.is_component = cursor_.is_left("component");
    cursor_.move_to(cursor_.index() + 3);
    result.instance = take_name();
    result.definition = take_name();
    if (result.instance && !result.definition) std::swap(result.instance, result.definition);
    REPRISE_TRY(cursor_.expect_right());
    return result;
  }

  /// The whole form is taken, whether it encodes or not.
  Result<Definition> definition() {
    const uint32_t start = cursor_.index();
    REPRISE_TRY(cursor_.skip_form());
    const uint32_t end = cursor_.index();
    cursor_.move_to(start + 1);
    Definition definition{
        cursor_.is_keyword("component"), false, Definition::Form::text, {}, std::vector<uint8_t>{}};
    cursor_.next();
    definition.is_only_defined = cursor_.take_keyword("definition");
    const uint32_t before_id = cursor_.index();
    definition.id = take_name();
    if (cursor_.take_keyword("binary")) {
      definition.form = Definition::Form::binary;
      const std::string bytes = cursor_.take_strings();
      definition.binary = std::vector<uint8_t>(bytes.begin(), bytes.end());
      if (!cursor_.is_right()) return cursor_.unexpected("a string");
    } else if (cursor_.take_keyword("quote")) {
      definition.form = Definition::Form::quote;
      definition.binary = quoted(cursor_.take_strings(), definition.is_component);
      if (!cursor_.is_right()) return cursor_.unexpected("a string");
    } else {
      cursor_.move_to(before_id);
      definition.binary = definition.is_component
                              ? encode_component_fields(cursor_, annotations_, {})
                              : encode_module_fields(cursor_, annotations_, {});
      if (definition.binary && cursor_.index() + 1 != end) {
        definition.binary = cursor_.unexpected("`)`");
      }
    }
    cursor_.move_to(end);
    return definition;
  }

  /// The text in quotes may leave out the `(module` or `(component` around it.
  Result<std::vector<uint8_t>> quoted(const std::string& text, bool is_component) {
    const std::string name = fmt::format("{}:{} (quoted)", source_.name, line_here());
    if (!is_component) return encode_module(text, name);
    return encode_component(text, name);
  }

  Result<Register> register_() {
    Register result;
    REPRISE_ASSIGN(result.name, cursor_.expect_name("the name to register"));
    result.instance = take_name();
    REPRISE_TRY(cursor_.expect_right());
    return result;
  }

  Result<Action> action() {
    Action result;
    result.is_get = cursor_.is_left("get");
    cursor_.move_to(cursor_.index() + 2);
    result.instance = take_name();
    REPRISE_ASSIGN(result.name, cursor_.expect_name("the name of an export"));
    while (cursor_.is_left()) {
      REPRISE_ASSIGN(Value value, parse_value(cursor_));
      result.arguments.push_back(std::move(value));
    }
    REPRISE_TRY(cursor_.expect_right());
    return result;
  }

  Result<Assertion> assertion() {
    cursor_.next();
    for (const AssertionForm& form : kAssertions) {
      if (cursor_.take_keyword(form.word)) return assertion_of(form.kind);
    }
    return cursor_.unexpected("a command");
  }

  Result<Assertion> assertion_of(Assertion::Kind kind) {
    Assertion result;
    result.kind = kind;
    if (cursor_.is_left("invoke") || cursor_.is_left("get")) {
      REPRISE_ASSIGN(result.subject, action());
    } else if (cursor_.is_left("module") || cursor_.is_left("component")) {
      if (is_instantiation()) {
        REPRISE_ASSIGN(result.subject, instantiation());
      } else {
        REPRISE_ASSIGN(result.subject, definition());
      }
    } else {
      return cursor_.unexpected("an action or a module");
    }
    if (kind == Assertion::Kind::returns) {
      while (cursor_.is_left()) {
        REPRISE_ASSIGN(Pattern pattern, parse_pattern(cursor_));
        result.expected.push_back(std::move(pattern));
      }
    } else if (kind != Assertion::Kind::exception) {
      REPRISE_ASSIGN(result.message, cursor_.expect_string("the message that is expected"));
    }
    REPRISE_TRY(cursor_.expect_right());
    return result;
  }

  const Source& source_;
  Cursor cursor_;
  Annotations annotations_;
  uint32_t counted_ = 0;
  uint32_t line_ = 1;
};

}  // namespace

Result<Script> parse_script(std::string_view text, std::string_view name) {
  const Source source{text, name};
  REPRISE_ASSIGN(const TokenList list, lex(source));
  return ScriptParser(source, list).run();
}

}  // namespace reprise::text
