#include "tool/line_editor.hpp"

#include <histedit.h>

#include <cstdio>

namespace reprise::tool {

namespace {

constexpr int kHistoryLines = 1000;

}  // namespace

struct LineEditor::State {
  std::string prompt;
  std::string history_file;
  Complete complete;
  EditLine* line = nullptr;
  History* history = nullptr;
  HistEvent event{};

  static State& of(EditLine* line) {
    void* data = nullptr;
    el_get(line, EL_CLIENTDATA, &data);
    return *static_cast<State*>(data);
  }
  static char* show_prompt(EditLine* line) { return of(line).prompt.data(); }
  static unsigned char complete_word(EditLine* line, int key);
};

unsigned char LineEditor::State::complete_word(EditLine* line, int) {
  State& state = of(line);
  const LineInfo* const info = el_line(line);
  const std::string_view before(info->buffer, static_cast<size_t>(info->cursor - info->buffer));
  const std::vector<std::string> found = state.complete(before);
  if (found.empty()) return CC_ERROR;
  const size_t typed = before.size() - (before.find_last_of(" \t") + 1);
  std::string common = found[0];
  for (const std::string& one : found) {
    size_t same = 0;
    while (same < common.size() && same < one.size() && common[same] == one[same]) ++same;
    common.resize(same);
  }
  std::string rest = common.size() > typed ? common.substr(typed) : std::string();
  if (found.size() == 1 && !found[0].ends_with(':')) rest += ' ';
  if (!rest.empty()) return el_insertstr(line, rest.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  std::fputc('\n', stdout);
  for (const std::string& one : found) std::printf("%s  ", one.c_str());
  std::fputc('\n', stdout);
  return CC_REDISPLAY;
}

LineEditor::LineEditor(std::string prompt, std::string history, Complete complete)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.prompt = std::move(prompt);
  s.history_file = std::move(history);
  s.complete = std::move(complete);
  s.line = el_init("reprise", stdin, stdout, stderr);
  s.history = history_init();
  if (!s.line || !s.history) return;
  el_set(s.line, EL_CLIENTDATA, &s);
  el_set(s.line, EL_PROMPT, &State::show_prompt);
  el_set(s.line, EL_EDITOR, "emacs");
  el_set(s.line, EL_SIGNAL, 0);  // interrupting stops the run, not the editor
  el_set(s.line, EL_ADDFN, "complete-word", "Complete the word", &State::complete_word);
  el_set(s.line, EL_BIND, "^I", "complete-word", nullptr);
  el_set(s.line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  ::history(s.history, &s.event, H_SETSIZE, kHistoryLines);
  ::history(s.history, &s.event, H_SETUNIQUE, 1);
  if (!s.history_file.empty()) ::history(s.history, &s.event, H_LOAD, s.history_file.c_str());
  el_set(s.line, EL_HIST, ::history, s.history);
}

LineEditor::~LineEditor() {
  State& s = *state_;
  if (s.history) {
    if (!s.history_file.empty()) ::history(s.history, &s.event, H_SAVE, s.history_file.c_str());
    history_end(s.history);
  }
  if (s.line) el_end(s.line);
}

std::optional<std::string> LineEditor::next() {
  State& s = *state_;
  if (!s.line) return std::nullopt;
  int count = 0;
  const char* const typed = el_gets(s.line, &count);
  if (!typed || count <= 0) return std::nullopt;
  std::string line(typed, static_cast<size_t>(count));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  if (!line.empty() && s.history) ::history(s.history, &s.event, H_ENTER, line.c_str());
  return line;
}

}  // namespace reprise::tool
