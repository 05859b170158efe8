// The names of imports and exports: what they may look like, when two of them clash, and when the
// version in one is served by the version in another.
//
//   plain         log    [constructor]blob    [method]blob.size    [static]blob.open
//   interface     wasi:io/streams@0.2.1
//
// spec: Explainer.md §Import and Export Definitions, §Name Uniqueness, §Canonical Interface Name.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reprise/result.hpp"

namespace reprise::component {

enum class NameKind : uint8_t { label, constructor, method, static_, interface };

/// The parts are views into the text that was parsed.
struct ExternName {
  NameKind kind = NameKind::label;
  std::string_view text{};
  /// constructor, method, static_: the label of the resource.
  std::string_view resource{};
  /// label, method, static_: the label itself.
  std::string_view label{};
  /// interface: `wasi:io/streams`, without version.
  std::string_view interface{};
  /// interface: `0.2.1`; empty if there is none.
  std::string_view version{};
};

/// Fails with `invalid`; the message says which part of the name is wrong.
Result<ExternName> parse_extern_name(std::string_view text);

/// Kebab case: words (all lower case) and acronyms (all upper case) joined by `-`, the first of
/// them beginning with a letter.
bool is_label(std::string_view text);

/// Two names clash in one scope when their keys are equal ("strongly-unique").
std::string uniqueness_key(const ExternName& name);
/// The same for labels of fields, cases and parameters.
std::string uniqueness_key(std::string_view label);

struct Version {
  uint64_t major = 0, minor = 0, patch = 0;
  std::string_view prerelease{};
  std::string_view build{};

  /// Precedence: numbers only; used to choose among several versions on offer.
  bool older_than(const Version& other) const;
};

/// Semantic Versioning 2.0.
Result<Version> parse_version(std::string_view text);

/// What decides whether two versions are compatible: `1` of `1.2.3`, `0.2` of `0.2.6-rc.1`, `0.0.1`
/// of `0.0.1-alpha`.
std::string canonical_version(const Version& version);

/// `wasi:io/streams@0.2.1` becomes `wasi:io/streams@0.2`. Names without a version, and plain names,
/// are their own canonical name.
std::string canonical_name(std::string_view extern_name);

}  // namespace reprise::component
