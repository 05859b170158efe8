// Files: what the seam does, and that nothing leads out of a directory, with both ways of
// resolving.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/os/files.hpp"

namespace reprise::os {
namespace {

namespace fs = std::filesystem;

/// A scratch directory with `inside/` (what is granted) beside `secret` (what must stay out of
/// reach).
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "reprise-files-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::create_directory(inside());
    fs::create_directory(root_ / "outside");
    write(root_ / "secret", "secret");
    write(root_ / "outside" / "file", "secret");
  }
  ~Scratch() { fs::remove_all(root_); }

  fs::path root() const { return root_; }
  fs::path inside() const { return root_ / "inside"; }

  static void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }
  static std::string read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  fs::path root_;
};

class FilesTest : public testing::TestWithParam<Containment> {
 protected:
  FilesTest() : files_(system_files(GetParam())) {
    auto opened = files_->open_directory(scratch_.inside().string());
    EXPECT_TRUE(opened.has_value());
    directory_ = *opened;
  }

  Directory& dir() { return *directory_; }
  fs::path path(std::string_view name) { return scratch_.inside() / name; }

  Expected<std::shared_ptr<File>> open_file(std::string_view name, OpenOptions options = {}) {
    if (!options.write) options.read = true;
    auto opened = dir().open(name, options);
    if (!opened) return std::unexpected(opened.error());
    auto* file = std::get_if<std::shared_ptr<File>>(&*opened);
    if (file == nullptr) return std::unexpected(Errno::is_directory);
    return *file;
  }

  std::string contents(File& file) {
    std::string text(64, '\0');
    auto n = file.read({reinterpret_cast<uint8_t*>(text.data()), text.size()}, 0);
    EXPECT_TRUE(n.has_value());
    text.resize(n.value_or(0));
    return text;
  }

  Errno error_of(std::string_view name, LastLink last = LastLink::follow) {
    OpenOptions options;
    options.read = true;
    options.last_link = last;
    auto opened = dir().open(name, options);
    EXPECT_FALSE(opened.has_value()) << name;
    return opened ? Errno::io : opened.error();
  }

  static std::span<const uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }

  Scratch scratch_;
  std::unique_ptr<Files> files_;
  std::shared_ptr<Directory> directory_;
};

INSTANTIATE_TEST_SUITE_P(Ways, FilesTest, testing::Values(Containment::kernel, Containment::walk),
                         [](const auto& info) {
                           return info.param == Containment::kernel ? "kernel" : "walk";
                         });

TEST_P(FilesTest, CreatesWritesAndReads) {
  OpenOptions options;
  options.read = options.write = options.create = true;
  auto file = open_file("a", options);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->type(), FileType::regular_file);
  EXPECT_EQ((*file)->write(bytes("hello"), 0), 5u);
  EXPECT_EQ((*file)->write(bytes("!"), 7), 1u);
  EXPECT_EQ(contents(**file), std::string("hello\0\0!", 8));
  EXPECT_EQ((*file)->append(bytes("end")), 3u);
  EXPECT_EQ((*file)->stat()->size, 11u);
  EXPECT_TRUE((*file)->set_size(2));
  EXPECT_EQ(Scratch::read(path("a")), "he");
  std::array<uint8_t, 4> buffer{};
  EXPECT_EQ((*file)->read(buffer, 2), 0u);
  EXPECT_EQ((*file)->read(buffer, 100), 0u);
  EXPECT_TRUE((*file)->allocate(0, 100));
  EXPECT_EQ((*file)->stat()->size, 100u);
  EXPECT_TRUE((*file)->advise(0, 10, Advice::sequential));
  EXPECT_TRUE((*file)->sync());
  EXPECT_TRUE((*file)->sync_data());
  EXPECT_EQ((*file)->wait_fd(), std::nullopt);
}

TEST_P(FilesTest, RefusesOffsetsBeyondTheRange) {
  OpenOptions options;
  options.read = options.write = options.create = true;
  auto file = open_file("a", options);
  ASSERT_TRUE(file);
  std::array<uint8_t, 4> buffer{};
  EXPECT_EQ((*file)->read(buffer, UINT64_MAX).error(), Errno::invalid);
  EXPECT_EQ((*file)->write(buffer, UINT64_MAX).error(), Errno::file_too_large);
  EXPECT_EQ((*file)->set_size(UINT64_MAX).error(), Errno::invalid);
  EXPECT_EQ((*file)->advise(UINT64_MAX, 1, Advice::normal).error(), Errno::invalid);
}

TEST_P(FilesTest, OpensAsAsked) {
  Scratch::write(path("a"), "text");
  OpenOptions exclusive;
  exclusive.create = exclusive.exclusive = exclusive.write = true;
  EXPECT_EQ(open_file("a", exclusive).error(), Errno::exist);
  EXPECT_EQ(open_file("missing").error(), Errno::no_entry);
  OpenOptions as_directory;
  as_directory.directory = true;
  EXPECT_EQ(open_file("a", as_directory).error(), Errno::not_directory);
  OpenOptions truncate;
  truncate.truncate = truncate.read = true;
  EXPECT_TRUE(open_file("a", truncate));
  EXPECT_EQ(Scratch::read(path("a")), "");
  auto readable = open_file("a");
  EXPECT_EQ((*readable)->write(bytes("x"), 0).error(), Errno::bad_descriptor);
  EXPECT_EQ(error_of(""), Errno::no_entry);
  EXPECT_EQ(error_of(std::string_view("a\0", 2)), Errno::invalid);
  EXPECT_EQ(error_of("a/"), Errno::not_directory);
  EXPECT_EQ(error_of("a/b"), Errno::not_directory);
  EXPECT_EQ(error_of(std::string(5000, 'a')), Errno::name_too_long);
  EXPECT_EQ(error_of(std::string(300, 'a')), Errno::name_too_long);
}

TEST_P(FilesTest, WalksDotsAndSlashes) {
  fs::create_directories(path("dir/nested"));
  Scratch::write(path("dir/nested/file"), "text");
  auto file = open_file("dir/.//nested/../../dir/nested/../nested///./file");
  ASSERT_TRUE(file);
  EXPECT_EQ(contents(**file), "text");
  for (const char* name : {".", "./", "dir/..", "dir/nested/", "dir/nested///", "dir/."}) {
    auto opened = dir().open(name, {.read = true});
    ASSERT_TRUE(opened) << name;
    EXPECT_TRUE(std::holds_alternative<std::shared_ptr<Directory>>(*opened)) << name;
  }
}

TEST_P(FilesTest, NoPathEscapes) {
  fs::create_directories(path("dir/nested"));
  const std::string absolute = (scratch_.root() / "secret").string();
  const std::vector<std::string> paths = {
      "..",       "../secret", "../inside/dir", "dir/../../secret",
      absolute,   "/",         "./../secret",   "dir/nested/../../../secret",
      "//secret", "../inside", "dir/../..",     "../../../../../../etc/passwd"};
  for (const std::string& name : paths) {
    EXPECT_EQ(error_of(name), Errno::not_permitted) << name;
    EXPECT_EQ(error_of(name, LastLink::keep), Errno::not_permitted) << name;
    EXPECT_EQ(dir().stat_at(name, LastLink::follow).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().stat_at(name, LastLink::keep).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().create_directory(name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().remove_directory(name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().unlink(name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().read_link(name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().symlink("x", name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().link(name, dir(), "x").error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().link("dir", dir(), name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().rename(name, dir(), "x").error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().rename("dir", dir(), name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().set_times_at(name, LastLink::follow, TimeOfNow{}, KeepTime{}).error(),
              Errno::not_permitted)
        << name;
  }
  EXPECT_EQ(Scratch::read(scratch_.root() / "secret"), "secret");
}

TEST_P(FilesTest, NoLinkEscapes) {
  fs::create_directory(path("dir"));
  fs::create_symlink("../secret", path("up"));
  fs::create_symlink(scratch_.root() / "secret", path("absolute"));
  fs::create_symlink("..", path("parent"));
  fs::create_symlink("../outside", path("sibling"));
  fs::create_symlink("parent", path("indirect"));
  fs::create_symlink("../../outside", path("dir/far"));
  fs::create_symlink("/proc/self/root", path("magic"));
  fs::create_symlink("../outside/new", path("dangling"));
  for (const char* name : {"up", "absolute", "parent", "sibling", "indirect", "parent/secret",
                           "sibling/file", "indirect/secret", "dir/far/file", "magic/etc/passwd",
                           "magic", "sibling/", "parent/inside", "dir/../parent/secret"}) {
    EXPECT_EQ(error_of(name), Errno::not_permitted) << name;
    EXPECT_EQ(dir().stat_at(name, LastLink::follow).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().set_times_at(name, LastLink::follow, TimeOfNow{}, KeepTime{}).error(),
              Errno::not_permitted)
        << name;
  }
  for (const char* name : {"sibling/new", "parent/new", "indirect/new", "dir/far/new"}) {
    EXPECT_EQ(dir().create_directory(name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().symlink("x", name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().rename("dir", dir(), name).error(), Errno::not_permitted) << name;
    EXPECT_EQ(dir().link("up", dir(), name).error(), Errno::not_permitted) << name;
  }
  EXPECT_EQ(dir().unlink("sibling/file").error(), Errno::not_permitted);
  OpenOptions create;
  create.write = create.create = true;
  EXPECT_EQ(open_file("dangling", create).error(), Errno::not_permitted);
  EXPECT_FALSE(fs::exists(scratch_.root() / "outside/new"));
  // A trailing slash makes a kept link followed: it must not lead out either.
  EXPECT_EQ(dir().stat_at("sibling/", LastLink::keep).error(), Errno::not_permitted);
  EXPECT_EQ(dir().remove_directory("sibling/").error(), Errno::not_permitted);
  EXPECT_EQ(dir().read_link("absolute").error(), Errno::not_permitted);
  EXPECT_EQ(dir().read_link("up"), "../secret");
  EXPECT_EQ(dir().symlink("/etc/passwd", "new").error(), Errno::not_permitted);
}

TEST_P(FilesTest, FollowsLinksInside) {
  fs::create_directories(path("a/b"));
  Scratch::write(path("a/file"), "text");
  fs::create_symlink("a/b", path("to_b"));
  fs::create_symlink("../file", path("a/b/to_file"));
  fs::create_symlink("to_b/../../a/b/to_file", path("winding"));
  fs::create_symlink("a/", path("slashed"));
  fs::create_symlink("loop", path("loop"));
  fs::create_symlink("a/new", path("dangling"));
  for (const char* name :
       {"to_b/to_file", "winding", "slashed/file", "to_b/../file", "slashed/b/../file"}) {
    auto file = open_file(name);
    ASSERT_TRUE(file) << name << ": " << to_string(file.error());
    EXPECT_EQ(contents(**file), "text") << name;
    EXPECT_EQ(dir().stat_at(name, LastLink::follow)->type, FileType::regular_file);
  }
  EXPECT_EQ(dir().stat_at("winding", LastLink::keep)->type, FileType::symbolic_link);
  EXPECT_EQ(error_of("winding", LastLink::keep), Errno::loop);
  EXPECT_EQ(error_of("loop"), Errno::loop);
  EXPECT_EQ(error_of("loop", LastLink::keep), Errno::loop);
  EXPECT_EQ(error_of("dangling"), Errno::no_entry);
  OpenOptions create;
  create.write = create.create = true;
  EXPECT_TRUE(open_file("dangling", create));
  EXPECT_TRUE(fs::exists(path("a/new")));
  OpenOptions as_directory{.last_link = LastLink::keep, .read = true, .directory = true};
  EXPECT_EQ(dir().open("to_b", as_directory).error(), Errno::not_directory);
  as_directory.last_link = LastLink::follow;
  EXPECT_TRUE(dir().open("to_b", as_directory));
  EXPECT_EQ(dir().open("winding", as_directory).error(), Errno::not_directory);
}

TEST_P(FilesTest, LongChainsOfLinksEnd) {
  Scratch::write(path("target"), "text");
  fs::create_symlink("target", path("l0"));
  for (int i = 1; i <= 45; ++i) {
    fs::create_symlink("l" + std::to_string(i - 1), path("l" + std::to_string(i)));
  }
  EXPECT_TRUE(open_file("l39"));
  EXPECT_EQ(error_of("l40"), Errno::loop);
}

TEST_P(FilesTest, MakesAndRemoves) {
  EXPECT_TRUE(dir().create_directory("d"));
  EXPECT_TRUE(dir().create_directory("d/e/"));
  EXPECT_EQ(dir().create_directory("d").error(), Errno::exist);
  EXPECT_EQ(dir().create_directory(".").error(), Errno::exist);
  EXPECT_EQ(dir().create_directory("missing/x").error(), Errno::no_entry);
  EXPECT_EQ(dir().remove_directory("d").error(), Errno::not_empty);
  EXPECT_EQ(dir().unlink("d").error(), Errno::is_directory);
  EXPECT_EQ(dir().unlink("d/").error(), Errno::is_directory);
  EXPECT_TRUE(dir().remove_directory("d/e/"));
  fs::create_symlink("d", path("to_d"));
  EXPECT_EQ(dir().remove_directory("to_d/").error(), Errno::not_directory);
  EXPECT_EQ(dir().remove_directory("to_d").error(), Errno::not_directory);
  Scratch::write(path("f"), "text");
  EXPECT_EQ(dir().remove_directory("f").error(), Errno::not_directory);
  EXPECT_EQ(dir().unlink("f/").error(), Errno::not_directory);
  EXPECT_TRUE(dir().symlink("f", "d/s"));
  EXPECT_EQ(dir().symlink("f", "d/s").error(), Errno::exist);
  EXPECT_EQ(dir().symlink("f", "new/").error(), Errno::no_entry);
  EXPECT_EQ(dir().symlink("", "new").error(), Errno::no_entry);
  EXPECT_EQ(dir().read_link("d/s"), "f");
  EXPECT_EQ(dir().read_link("f").error(), Errno::invalid);
  EXPECT_TRUE(dir().unlink("d/s"));
  EXPECT_TRUE(fs::exists(path("f")));
}

TEST_P(FilesTest, LinksAndRenames) {
  Scratch::write(path("f"), "text");
  fs::create_directory(path("d"));
  EXPECT_TRUE(dir().link("f", dir(), "d/hard"));
  EXPECT_EQ(dir().stat_at("f", LastLink::keep)->link_count, 2u);
  EXPECT_EQ(dir().link("f", dir(), "d/hard").error(), Errno::exist);
  EXPECT_EQ(dir().link("d", dir(), "e").error(), Errno::not_permitted);
  EXPECT_EQ(dir().link("f", dir(), "new/").error(), Errno::no_entry);
  EXPECT_EQ(dir().link("missing", dir(), "new").error(), Errno::no_entry);
  EXPECT_TRUE(dir().rename("f", dir(), "d/moved"));
  EXPECT_EQ(Scratch::read(path("d/moved")), "text");
  EXPECT_TRUE(dir().rename("d/", dir(), "e"));
  EXPECT_TRUE(dir().rename("e", dir(), "d/"));
  EXPECT_EQ(dir().rename("d/moved", dir(), "x/").error(), Errno::not_directory);
  EXPECT_EQ(dir().rename("d/moved/", dir(), "x").error(), Errno::not_directory);
  EXPECT_EQ(dir().rename(".", dir(), "x").error(), Errno::busy);
}

TEST_P(FilesTest, SetsTimes) {
  Scratch::write(path("f"), "text");
  fs::create_symlink("f", path("s"));
  const Timestamp past{1000, 7};
  const Timestamp later{2000, 8};
  EXPECT_TRUE(dir().set_times_at("s", LastLink::follow, past, later));
  EXPECT_EQ(dir().stat_at("f", LastLink::keep)->accessed, past);
  EXPECT_EQ(dir().stat_at("f", LastLink::keep)->modified, later);
  EXPECT_TRUE(dir().set_times_at("s", LastLink::keep, later, past));
  EXPECT_EQ(dir().stat_at("s", LastLink::keep)->modified, past);
  EXPECT_EQ(dir().stat_at("f", LastLink::keep)->modified, later);
  auto file = open_file("f");
  EXPECT_TRUE((*file)->set_times(KeepTime{}, TimeOfNow{}));
  EXPECT_EQ((*file)->stat()->accessed, past);
  EXPECT_GT((*file)->stat()->modified.seconds, 1'000'000'000);
  EXPECT_TRUE(dir().set_times(past, later));
  EXPECT_EQ(dir().stat()->modified, later);
}

TEST_P(FilesTest, ReadsDirectories) {
  std::set<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    expected.insert("file" + std::to_string(i));
    Scratch::write(path("file" + std::to_string(i)), "");
  }
  fs::create_directory(path("dir"));
  expected.insert("dir");
  auto reader = dir().read();
  ASSERT_TRUE(reader);
  std::set<std::string> seen;
  while (true) {
    auto entry = (*reader)->next();
    ASSERT_TRUE(entry);
    if (!*entry) break;
    EXPECT_EQ((*entry)->type,
              (*entry)->name == "dir" ? FileType::directory : FileType::regular_file);
    EXPECT_EQ((*entry)->inode, dir().stat_at((*entry)->name, LastLink::keep)->inode);
    EXPECT_TRUE(seen.insert((*entry)->name).second);
  }
  EXPECT_EQ(seen, expected);
}

TEST_P(FilesTest, SpecialFilesNeverBlock) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  auto reader = open_file("fifo");
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->type(), FileType::fifo);
  std::array<uint8_t, 4> buffer{};
  EXPECT_EQ((*reader)->read(buffer, 0), 0u);  // nobody writes: the end
  OpenOptions write;
  write.write = true;
  auto writer = open_file("fifo", write);
  ASSERT_TRUE(writer);
  EXPECT_EQ((*reader)->read(buffer, 0).error(), Errno::would_block);
  EXPECT_TRUE((*reader)->wait_fd().has_value());
  EXPECT_EQ((*writer)->write(bytes("ab"), 0), 2u);
  EXPECT_EQ((*reader)->read(buffer, 99), 2u);
  reader->reset();
  EXPECT_EQ((*writer)->write(bytes("ab"), 0).error(), Errno::pipe);  // and no SIGPIPE
  writer->reset();
  EXPECT_EQ(open_file("fifo", write).error(), Errno::no_such_device);
}

TEST_P(FilesTest, DeepPathsHaveALimit) {
  // 300 levels: the walk keeps one descriptor a level, and says so when it has too many.
  std::string name;
  std::shared_ptr<Directory> at = directory_;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(at->create_directory("d"));
    auto next = at->open("d", {.read = true});
    ASSERT_TRUE(next);
    at = std::get<std::shared_ptr<Directory>>(*next);
    name += "d/";
  }
  auto opened = dir().open(name, {.read = true});
  if (GetParam() == Containment::walk) {
    EXPECT_EQ(opened.error(), Errno::name_too_long);
  } else {
    EXPECT_TRUE(opened);
  }
}

/// Somebody swaps a directory for a link that leads out, as fast as possible, while paths through
/// it are opened: every open must fail or give what is inside.
TEST_P(FilesTest, RacesDoNotEscape) {
  using namespace std::chrono;
  fs::create_directory(path("real"));
  Scratch::write(path("real/file"), "inside");
  fs::create_symlink("../outside", path("evil"));
  fs::create_directory(path("victim"));
  Scratch::write(path("victim/file"), "inside");
  std::atomic<bool> stop = false;
  std::thread attacker([&] {
    const std::string victim = path("victim");
    const std::string evil = path("evil");
    const std::string aside = path("aside");
    while (!stop) {
      // renameat2 would swap atomically; three renames leave moments with neither, which is fine.
      rename(victim.c_str(), aside.c_str());
      rename(evil.c_str(), victim.c_str());
      rename(victim.c_str(), evil.c_str());
      rename(aside.c_str(), victim.c_str());
    }
  });
  size_t opened = 0;
  const auto end = steady_clock::now() + milliseconds(400);
  while (steady_clock::now() < end) {
    for (const char* name : {"victim/file", "real/../victim/file"}) {
      auto file = open_file(name);
      if (!file) continue;
      ++opened;
      ASSERT_EQ(contents(**file), "inside");
    }
    // Nothing may be created outside, either.
    OpenOptions create;
    create.write = create.create = true;
    (void)open_file("victim/created", create);
    (void)dir().create_directory("victim/made");
  }
  stop = true;
  attacker.join();
  EXPECT_GT(opened, 0u);
  EXPECT_FALSE(fs::exists(scratch_.root() / "outside/created"));
  EXPECT_FALSE(fs::exists(scratch_.root() / "outside/made"));
}

/// The same with the last component: a file swapped for a link to the secret.
TEST_P(FilesTest, RacesOnTheLastComponentDoNotEscape) {
  using namespace std::chrono;
  Scratch::write(path("good"), "inside");
  fs::create_symlink("../secret", path("bad"));
  fs::create_symlink("good", path("name"));
  std::atomic<bool> stop = false;
  std::thread attacker([&] {
    const std::string name = path("name");
    const std::string next = path("next");
    while (!stop) {
      for (const char* target : {"../secret", "good"}) {
        (void)!symlink(target, next.c_str());
        rename(next.c_str(), name.c_str());
      }
    }
  });
  const auto end = steady_clock::now() + milliseconds(400);
  while (steady_clock::now() < end) {
    auto file = open_file("name");
    if (file) {
      ASSERT_EQ(contents(**file), "inside");
    } else {
      ASSERT_EQ(file.error(), Errno::not_permitted);
    }
    (void)dir().set_times_at("name", LastLink::follow, Timestamp{5, 5}, Timestamp{5, 5});
  }
  stop = true;
  attacker.join();
  struct stat info{};
  ASSERT_EQ(stat((scratch_.root() / "secret").c_str(), &info), 0);
  EXPECT_NE(info.st_mtim.tv_sec, 5);
}

TEST(Containment, IsTheKernelsWhereItWorks) {
  // Not asserted to be either: only that probing gives a working one.
  auto files = system_files(best_containment());
  EXPECT_TRUE(files->open_directory("/"));
  EXPECT_EQ(files->open_directory("/no/such/directory").error(), Errno::no_entry);
}

}  // namespace
}  // namespace reprise::os
