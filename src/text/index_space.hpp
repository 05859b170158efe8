// Names for indices (spec: text/conventions §contexts). One space for each kind of thing:
// functions, types, locals… An index may be written as a number, which is not looked at here
// (whether it exists is the binary reader's business), or as a name, which must be bound.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "reprise/result.hpp"
#include "text/cursor.hpp"

namespace reprise::text {

class IndexSpace {
 public:
  /// `what` is for errors: "unknown function $f", "duplicate function $f".
  explicit IndexSpace(std::string_view what) : what_(what) {}

  uint32_t size() const { return size_; }

  /// Gives the next index to the thing that is named `id`, if it has a name.
  Result<uint32_t> bind(const Cursor& cursor, const std::optional<Token>& id);
  /// Gives the next `n` indices to nameless things.
  void skip(uint32_t n) { size_ += n; }
  /// Gives `index` the name `id`, which may already have been given to another: the last one wins.
  void rebind(const std::string& id, uint32_t index) { names_[id] = index; }

  /// The index that stands at the cursor.
  Result<uint32_t> expect(Cursor& cursor) const;
  /// The index that stands at the cursor, or `otherwise` where none does.
  Result<uint32_t> take_or(Cursor& cursor, uint32_t otherwise) const;
  std::optional<uint32_t> find(const std::string& id) const;

  /// What the name section is to say, by index.
  const std::map<uint32_t, std::string>& shown_names() const { return shown_names_; }
  void show_as(uint32_t index, std::string name) { shown_names_[index] = std::move(name); }

 private:
  std::string_view what_;
  uint32_t size_ = 0;
  std::unordered_map<std::string, uint32_t> names_;
  std::map<uint32_t, std::string> shown_names_;
};

}  // namespace reprise::text
