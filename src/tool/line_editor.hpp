// Lines typed at a terminal: edited, remembered, completed (libedit).

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::tool {

class LineEditor {
 public:
  /// What could stand in place of the last word of the text before the cursor.
  using Complete = std::function<std::vector<std::string>(std::string_view)>;

  /// `history`: a file that keeps lines from session to session; none if empty.
  LineEditor(std::string prompt, std::string history, Complete complete);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// Without its newline; nothing at the end of the input.
  std::optional<std::string> next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::tool
