// Values: the input is a type's text, a zero byte, and then either WAVE or encoded bytes. What is
// valid must survive every way around: encoding, tree, WAVE.

#include <algorithm>

#include "base/check.hpp"
#include "wit/encoding.hpp"
#include "wit/wave.hpp"

namespace {

using namespace reprise;
using namespace reprise::wit;

bool same(Bytes a, Bytes b) {
  return std::ranges::equal(a, b);
}

void check_round_trips(Type type, Bytes encoded) {
  ByteReader reader(encoded);
  auto value = decode(type, reader);
  REPRISE_CHECK(value.has_value() && reader.at_end());
  ByteWriter from_tree;
  REPRISE_CHECK(encode(type, *value, from_tree).has_value());
  REPRISE_CHECK(same(from_tree.view(), encoded));

  auto text = to_wave(type, encoded);
  REPRISE_CHECK(text.has_value());
  ByteWriter from_text;
  REPRISE_CHECK(parse_wave(type, *text, from_text).has_value());
  REPRISE_CHECK(same(from_text.view(), encoded));

  REPRISE_CHECK(to_json(type, encoded).has_value());
  REPRISE_CHECK(to_wave(type, encoded, {.max_length = 20, .max_elements = 3}).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t split = input.find('\0');
  if (split == std::string_view::npos) return 0;
  TypeTable table;
  auto type = parse_type(input.substr(0, split), table);
  // Large types make short inputs long values; that is slow, and shows nothing new.
  if (!type || (*type)->node_count > 100 || (*type)->min_encoded_size > 1000) return 0;
  std::string_view rest = input.substr(split + 1);

  ByteReader reader(as_bytes(rest));
  if (check_value(*type, reader) && reader.at_end()) check_round_trips(*type, as_bytes(rest));
  ByteWriter parsed;
  if (parse_wave(*type, rest, parsed)) check_round_trips(*type, parsed.view());
  return 0;
}
