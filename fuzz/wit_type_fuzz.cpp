// Types from text: whatever parses must print to text that parses to an equal type.

#include "base/check.hpp"
#include "wit/type.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise::wit;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  TypeTable table;
  if (auto type = parse_type(text, table)) {
    auto again = parse_type(to_string(*type), table);
    REPRISE_CHECK(again.has_value());
    REPRISE_CHECK(equal(*type, *again));
  }
  if (auto func = parse_func_type(text, table)) {
    auto again = parse_func_type(to_string(*func), table);
    REPRISE_CHECK(again.has_value());
    REPRISE_CHECK(equal_by_name(*func, *again));
  }
  return 0;
}
