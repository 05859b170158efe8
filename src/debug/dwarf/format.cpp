#include "debug/dwarf/format.hpp"

#include <algorithm>

namespace reprise::debug {

using dwarf::Language;
using Kind = Description::Kind;

namespace {

/// However deep the caller wants to look; each level is a call.
constexpr int kMaxDepth = 64;

/// What stands around and between members.
struct Style {
  std::string_view open;
  std::string_view close;
};

Style style_of(const Description& description) {
  if (description.language != Language::rust) return {"{", "}"};
  switch (description.kind) {
    case Kind::sequence:
      return {"[", "]"};
    case Kind::tuple:
      return {"(", ")"};
    default:
      return {description.text.empty() ? "{ " : " { ", " }"};
  }
}

class Formatter {
 public:
  Formatter(const FrameState& frame, const FormatLimits& limits) : frame_(frame), limits_(limits) {}

  void value(const Value& value, int depth) {
    if (is_full()) return;
    const Description description = describe(value, frame_, limits_);
    out_ += description.text;
    if (description.kind == Kind::leaf) return;
    if (depth >= std::min(limits_.max_depth, kMaxDepth)) {
      out_ += "...";
      return;
    }
    if (description.kind == Kind::wrapper)
      return this->value(description.members[0].value, depth + 1);
    const Style style = style_of(description);
    out_ += style.open;
    members(description, depth);
    out_ += style.close;
  }

  std::string take() { return std::move(out_); }

 private:
  bool is_full() const { return out_.size() >= limits_.max_length; }

  void members(const Description& description, int depth) {
    bool is_first = true;
    for (const Member& member : description.members) {
      if (!is_first) out_ += ", ";
      is_first = false;
      if (is_full()) {
        out_ += "...";
        return;
      }
      if (description.kind == Kind::record && !member.is_base)
        name(member.name, description.language);
      value(member.value, depth + 1);
    }
    if (description.kind == Kind::sequence && description.members.size() < description.count)
      out_ += is_first ? "..." : ", ...";
    const bool is_single = description.kind == Kind::tuple && description.members.size() == 1;
    if (is_single && description.text.empty()) out_ += ",";
  }

  void name(const std::string& name, Language language) {
    if (name.empty()) return;
    if (language == Language::rust)
      out_ += name + ": ";
    else
      out_ += "." + name + " = ";
  }

  const FrameState& frame_;
  const FormatLimits& limits_;
  std::string out_;
};

}  // namespace

std::string format(const Value& value, const FrameState& frame, const FormatLimits& limits) {
  Formatter formatter(frame, limits);
  formatter.value(value, 0);
  return formatter.take();
}

}  // namespace reprise::debug
