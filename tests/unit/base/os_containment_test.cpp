// The two ways of keeping a path inside a directory, compared: over random trees full of links they
// must find the same objects and refuse the same paths for the same reason.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/os/entropy.hpp"
#include "base/os/files.hpp"

namespace reprise::os {
namespace {

namespace fs = std::filesystem;

/// Draws from a seeded stream, so that a failure can be run again.
class Draw {
 public:
  explicit Draw(uint64_t seed) : entropy_(seeded_entropy(seed)) {}
  uint64_t below(uint64_t n) { return *entropy_->u64() % n; }
  template <class T, size_t kCount>
  const T& from(const T (&choices)[kCount]) {
    return choices[below(kCount)];
  }

  /// Up to five components, of which many exist and some lead out.
  std::string path() {
    static constexpr const char* kComponents[] = {"a", "b", "c", "d", ".", "..", "..", "x"};
    static constexpr const char* kSeparators[] = {"/", "/", "/", "//", "/./"};
    std::string path = below(20) == 0 ? "/" : "";
    for (uint64_t i = 1 + below(5); i > 0; --i) {
      path += from(kComponents);
      if (i > 1 || below(6) == 0) path += from(kSeparators);
    }
    return path;
  }

 private:
  std::unique_ptr<Entropy> entropy_;
};

class Tree {
 public:
  explicit Tree(Draw& draw) {
    std::string name = (fs::temp_directory_path() / "reprise-tree-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    for (const char* outside : {"a", "b"}) std::ofstream(root_ / outside) << "outside";
    fs::create_directory(root_ / "c");
    fs::create_directory(inside());
    fill(inside(), draw, 3);
  }
  ~Tree() { fs::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  fs::path inside() const { return root_ / "inside"; }

 private:
  static void fill(const fs::path& directory, Draw& draw, int depth) {
    for (const char* name : {"a", "b", "c", "d"}) {
      const fs::path path = directory / name;
      switch (draw.below(depth > 0 ? 5 : 3)) {
        case 0:
          break;
        case 1:
          std::ofstream(path) << "file";
          break;
        case 2:
          fs::create_symlink(draw.path(), path);
          break;
        default:
          fs::create_directory(path);
          fill(path, draw, depth - 1);
      }
    }
  }

  fs::path root_;
};

std::string describe(const Expected<FileStat>& stat) {
  if (!stat) return std::string(to_string(stat.error()));
  return std::to_string(static_cast<int>(stat->type)) + " inode " + std::to_string(stat->inode);
}

std::string describe(const Expected<Opened>& opened) {
  if (!opened) return std::string(to_string(opened.error()));
  auto* file = std::get_if<std::shared_ptr<File>>(&*opened);
  return describe(file ? (*file)->stat() : std::get<std::shared_ptr<Directory>>(*opened)->stat());
}

TEST(Containment, BothWaysAgree) {
  if (best_containment() != Containment::kernel) GTEST_SKIP() << "openat2 is not to be had here";
  int found = 0;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draw draw(seed);
    const Tree tree(draw);
    auto kernel = system_files(Containment::kernel)->open_directory(tree.inside().string());
    auto walk = system_files(Containment::walk)->open_directory(tree.inside().string());
    ASSERT_TRUE(kernel && walk);
    for (int i = 0; i < 200; ++i) {
      const std::string path = draw.path();
      for (const LastLink last : {LastLink::follow, LastLink::keep}) {
        const auto expected = (*kernel)->stat_at(path, last);
        ASSERT_EQ(describe(expected), describe((*walk)->stat_at(path, last))) << path;
        found += expected.has_value();
        for (const bool directory : {false, true}) {
          OpenOptions options;
          options.last_link = last;
          options.read = true;
          options.directory = directory;
          ASSERT_EQ(describe((*kernel)->open(path, options)),
                    describe((*walk)->open(path, options)))
              << path;
        }
      }
      ASSERT_EQ((*kernel)->read_link(path), (*walk)->read_link(path)) << path;
    }
  }
  EXPECT_GT(found, 500);  // the paths are not all nonsense
}

}  // namespace
}  // namespace reprise::os
