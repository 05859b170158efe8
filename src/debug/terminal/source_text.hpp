// Lines of source files. Debug information names files by paths of the machine that built the
// guest; here they are looked for as named, and under the given directories with fewer and fewer of
// the leading parts of the path. Only ordinary files of sensible size are opened, for the paths are
// the guest's.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::debug {

inline constexpr uint64_t kMaxSourceBytes = 16 << 20;

class SourceText {
 public:
  explicit SourceText(std::vector<std::string> directories)
      : directories_(std::move(directories)) {}

  /// Line `number`, counted from 1; nothing if there is no such line, or file.
  std::optional<std::string_view> line(const std::string& path, uint32_t number);
  /// Where the file was found; empty if it was not.
  const std::string& find(const std::string& path);

 private:
  struct File {
    std::string found;
    std::string text;
    std::vector<std::string_view> lines;
  };
  File& file(const std::string& path);

  std::vector<std::string> directories_;
  std::map<std::string, std::unique_ptr<File>> files_;
};

/// How much a frame in this file tells the person who looks for a fault.
enum class SourceRank : uint8_t {
  library,  // of a language's own library, whose sources are not here
  unread,   // sources that are not here
  here,     // sources that can be read here
};
SourceRank rank_of(SourceText& sources, const std::string& path);

}  // namespace reprise::debug
