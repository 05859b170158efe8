#include "text/wat.hpp"

#include "text/annotations.hpp"
#include "text/component_text.hpp"
#include "text/cursor.hpp"
#include "text/lexer.hpp"
#include "text/module_encoder.hpp"

namespace reprise::text {

namespace {

using EncodeFields = Result<std::vector<uint8_t>> (*)(Cursor&, Annotations&, const EncodeOptions&);

/// `(word …)`, or what stands in it alone.
Result<std::vector<uint8_t>> encode_whole(const Source& source, const TokenList& list,
                                          std::string_view word, EncodeFields encode_fields,
                                          const EncodeOptions& options) {
  Cursor cursor(source, list.tokens);
  Annotations annotations(list.annotations);
  const bool is_wrapped = cursor.take_left(word);
  REPRISE_ASSIGN(auto bytes, encode_fields(cursor, annotations, options));
  if (is_wrapped) REPRISE_TRY(cursor.expect_right());
  if (!cursor.is(TokenKind::end)) return cursor.unexpected("the end of the text");
  return bytes;
}

}  // namespace

Result<std::vector<uint8_t>> encode(std::string_view text, std::string_view name,
                                    const EncodeOptions& options) {
  const Source source{text, name};
  REPRISE_ASSIGN(const TokenList list, lex(source));
  if (Cursor(source, list.tokens).is_left("component")) {
    return encode_whole(source, list, "component", encode_component_fields, options);
  }
  return encode_whole(source, list, "module", encode_module_fields, options);
}

Result<std::vector<uint8_t>> encode_module(std::string_view text, std::string_view name,
                                           const EncodeOptions& options) {
  const Source source{text, name};
  REPRISE_ASSIGN(const TokenList list, lex(source));
  return encode_whole(source, list, "module", encode_module_fields, options);
}

Result<std::vector<uint8_t>> encode_component(std::string_view text, std::string_view name,
                                              const EncodeOptions& options) {
  const Source source{text, name};
  REPRISE_ASSIGN(const TokenList list, lex(source));
  return encode_whole(source, list, "component", encode_component_fields, options);
}

}  // namespace reprise::text
