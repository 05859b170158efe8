// bind() names parameters p0, p1, ...; traces and listings read better with the specification's
// names.

#include "wasi/binding.hpp"

#include "base/check.hpp"

namespace reprise::wasi {

std::string with_parameter_names(std::string_view signature, std::string_view names) {
  std::string text(signature);
  size_t from = 0;
  for (size_t i = 0; !names.empty(); ++i) {
    const size_t comma = names.find(", ");
    const std::string_view name = names.substr(0, comma);
    names = comma == names.npos ? std::string_view{} : names.substr(comma + 2);
    const std::string placeholder = "p" + std::to_string(i) + ": ";
    const size_t at = text.find(placeholder, from);
    REPRISE_CHECK(at != text.npos);
    text.replace(at, placeholder.size() - 2, name);
    from = at + name.size();
  }
  return text;
}

}  // namespace reprise::wasi
