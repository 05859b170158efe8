#include "component/names.hpp"

#include <fmt/format.h>

#include <charconv>
#include <tuple>

#include "component/errors.hpp"

namespace reprise::component {
namespace {

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_lower(c);
  return result;
}

bool is_fragment(std::string_view text, bool first) {
  if (text.empty() || (first && is_digit(text[0]))) return false;
  bool any_lower = false, any_upper = false;
  for (char c : text) {
    if (is_lower(c))
      any_lower = true;
    else if (is_upper(c))
      any_upper = true;
    else if (!is_digit(c))
      return false;
  }
  return !(any_lower && any_upper);
}

/// `words`: a label without acronyms, as in namespaces and package names.
bool is_words(std::string_view text) {
  for (char c : text)
    if (is_upper(c)) return false;
  return is_label(text);
}

Result<void> check_label(std::string_view text) {
  if (!is_label(text)) return invalid(fmt::format("`{}` is not in kebab case", text));
  return ok();
}

Result<void> check_words(std::string_view text) {
  if (!is_words(text)) return invalid(fmt::format("`{}` is not in kebab case", text));
  return ok();
}

Result<ExternName> parse_interface_name(std::string_view text, size_t colon) {
  ExternName name{.kind = NameKind::interface, .text = text};
  REPRISE_TRY(check_words(text.substr(0, colon)));
  const size_t at = text.find('@');
  name.interface = text.substr(0, at);
  const std::string_view path = name.interface.substr(colon + 1);
  const size_t slash = path.find('/');
  const std::string_view package = path.substr(0, slash);
  // Nested packages (`a:b:c/d`) and nested projections (`a:b/c/d`) are not part of what shipped.
  const size_t nested = package.find(':');
  REPRISE_TRY(check_words(package.substr(0, nested)));
  if (slash == path.npos || nested != path.npos)
    return invalid(fmt::format("expected `/` after package name in `{}`", text));
  const std::string_view projection = path.substr(slash + 1);
  const size_t trailing = projection.find('/');
  REPRISE_TRY(check_label(projection.substr(0, trailing)));
  if (trailing != projection.npos) {
    return invalid(fmt::format("trailing characters found: `{}`", projection.substr(trailing)));
  }
  if (at != text.npos) {
    name.version = text.substr(at + 1);
    auto version = parse_version(name.version);
    if (!version) {
      return invalid(
          fmt::format("`{}` is not a valid semver: {}", name.version, version.error().message));
    }
  }
  return name;
}

/// `[method]a.b` and `[static]a.b`.
Result<ExternName> parse_member_name(ExternName name, std::string_view rest) {
  const size_t dot = rest.find('.');
  if (dot == rest.npos)
    return invalid(fmt::format("failed to find `.` character in `{}`", name.text));
  name.resource = rest.substr(0, dot);
  name.label = rest.substr(dot + 1);
  REPRISE_TRY(check_label(name.resource));
  REPRISE_TRY(check_label(name.label));
  return name;
}

/// Reads the parts of a version one after the other.
struct VersionParser {
  std::string_view text;
  size_t at = 0;

  std::unexpected<Error> unexpected() const {
    if (at == text.size()) return invalid("unexpected end of input");
    return invalid(fmt::format("unexpected character '{}'", text[at]));
  }

  Result<uint64_t> number() {
    if (at == text.size() || !is_digit(text[at])) return unexpected();
    if (text[at] == '0' && at + 1 < text.size() && is_digit(text[at + 1]))
      return invalid("invalid leading zero");
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
    if (error != std::errc()) return invalid("number out of range");
    at = static_cast<size_t>(end - text.data());
    return value;
  }

  Result<void> dot() {
    if (at == text.size() || text[at] != '.') return unexpected();
    ++at;
    return ok();
  }

  /// Identifiers separated by dots, up to `stop` or the end.
  Result<std::string_view> identifiers(char stop, bool leading_zeros_allowed) {
    const size_t start = at;
    while (true) {
      const size_t segment = at;
      bool numeric = true;
      while (at < text.size() && text[at] != '.' && text[at] != stop) {
        const char c = text[at];
        if (!is_digit(c) && !is_lower(to_lower(c)) && c != '-') return unexpected();
        numeric = numeric && is_digit(c);
        ++at;
      }
      if (at == segment) return invalid("empty identifier segment");
      if (numeric && !leading_zeros_allowed && text[segment] == '0' && at - segment > 1)
        return invalid("invalid leading zero");
      if (at == text.size() || text[at] == stop) return text.substr(start, at - start);
      ++at;
    }
  }
};

}  // namespace

bool is_label(std::string_view text) {
  bool first = true;
  while (true) {
    const size_t dash = text.find('-');
    if (!is_fragment(text.substr(0, dash), first)) return false;
    if (dash == text.npos) return true;
    text.remove_prefix(dash + 1);
    first = false;
  }
}

Result<ExternName> parse_extern_name(std::string_view text) {
  ExternName name{.text = text};
  static constexpr std::string_view kConstructor = "[constructor]";
  static constexpr std::string_view kMethod = "[method]";
  static constexpr std::string_view kStatic = "[static]";
  if (text.starts_with(kConstructor)) {
    name.kind = NameKind::constructor;
    name.resource = text.substr(kConstructor.size());
    REPRISE_TRY(check_label(name.resource));
    return name;
  }
  if (text.starts_with(kMethod)) {
    name.kind = NameKind::method;
    return parse_member_name(name, text.substr(kMethod.size()));
  }
  if (text.starts_with(kStatic)) {
    name.kind = NameKind::static_;
    return parse_member_name(name, text.substr(kStatic.size()));
  }
  if (const size_t colon = text.find(':'); colon != text.npos)
    return parse_interface_name(text, colon);
  name.label = text;
  REPRISE_TRY(check_label(text));
  return name;
}

std::string uniqueness_key(std::string_view label) {
  return lower(label);
}

std::string uniqueness_key(const ExternName& name) {
  switch (name.kind) {
    case NameKind::label:
      return lower(name.label);
    case NameKind::constructor:
      return lower(name.text);
    case NameKind::method:
    case NameKind::static_: {
      const std::string resource = lower(name.resource), label = lower(name.label);
      return resource == label ? label : resource + "." + label;
    }
    case NameKind::interface: {
      // Only labels have a case to ignore; versions are compared as they stand.
      std::string key = lower(name.interface);
      if (!name.version.empty()) key += fmt::format("@{}", name.version);
      return key;
    }
  }
  return std::string(name.text);
}

bool Version::older_than(const Version& other) const {
  return std::tie(major, minor, patch) < std::tie(other.major, other.minor, other.patch);
}

Result<Version> parse_version(std::string_view text) {
  if (text.empty()) return invalid("empty string");
  VersionParser parser{text};
  Version version;
  REPRISE_ASSIGN(version.major, parser.number());
  REPRISE_TRY(parser.dot());
  REPRISE_ASSIGN(version.minor, parser.number());
  REPRISE_TRY(parser.dot());
  REPRISE_ASSIGN(version.patch, parser.number());
  if (parser.at < text.size() && text[parser.at] == '-') {
    ++parser.at;
    REPRISE_ASSIGN(version.prerelease, parser.identifiers('+', false));
  }
  if (parser.at < text.size() && text[parser.at] == '+') {
    ++parser.at;
    REPRISE_ASSIGN(version.build, parser.identifiers('\0', true));
  }
  if (parser.at != text.size()) return parser.unexpected();
  return version;
}

std::string canonical_version(const Version& version) {
  if (version.major > 0) return fmt::format("{}", version.major);
  if (version.minor > 0) return fmt::format("0.{}", version.minor);
  return fmt::format("0.0.{}", version.patch);
}

std::string canonical_name(std::string_view extern_name) {
  const size_t at = extern_name.find('@');
  if (at == extern_name.npos) return std::string(extern_name);
  auto version = parse_version(extern_name.substr(at + 1));
  if (!version) return std::string(extern_name);
  return fmt::format("{}@{}", extern_name.substr(0, at), canonical_version(*version));
}

}  // namespace reprise::component
