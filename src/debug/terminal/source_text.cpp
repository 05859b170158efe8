#include "debug/terminal/source_text.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace reprise::debug {

namespace {

bool is_readable(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) &&
         std::filesystem::file_size(path, error) <= kMaxSourceBytes && !error;
}

/// "a/b/c.c", "b/c.c", "c.c"; without parts that lead out of a directory.
std::vector<std::string> tails_of(const std::string& path) {
  std::vector<std::string> tails;
  const std::string normal = std::filesystem::path(path).lexically_normal().string();
  for (size_t at = 0; at != std::string::npos; at = normal.find('/', at)) {
    if (normal[at] == '/') ++at;
    const std::string tail = normal.substr(at);
    if (!tail.empty() && !tail.starts_with("..")) tails.push_back(tail);
  }
  return tails;
}

}  // namespace

SourceText::File& SourceText::file(const std::string& path) {
  auto& known = files_[path];
  if (known) return *known;
  known = std::make_unique<File>();
  for (const std::string& directory : directories_)
    for (const std::string& tail : tails_of(path))
      if (known->found.empty() && is_readable(directory + "/" + tail))
        known->found = directory + "/" + tail;
  if (known->found.empty() && is_readable(path)) known->found = path;
  if (known->found.empty()) return *known;
  std::ifstream in(known->found, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  known->text = std::move(text).str();
  std::string_view rest = known->text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    known->lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return *known;
}

std::optional<std::string_view> SourceText::line(const std::string& path, uint32_t number) {
  const File& found = file(path);
  if (number == 0 || number > found.lines.size()) return std::nullopt;
  return found.lines[number - 1];
}

const std::string& SourceText::find(const std::string& path) {
  return file(path).found;
}

SourceRank rank_of(SourceText& sources, const std::string& path) {
  if (!sources.find(path).empty()) return SourceRank::here;
  // What the builds of Rust's library and of wasi-libc write in place of the builder's folders.
  constexpr std::string_view kLibraries[] = {"/rustc/", "wasisdk:", "libc-top-half/",
                                             "libc-bottom-half/"};
  for (const std::string_view library : kLibraries)
    if (path.find(library) != std::string::npos) return SourceRank::library;
  return SourceRank::unread;
}

}  // namespace reprise::debug
