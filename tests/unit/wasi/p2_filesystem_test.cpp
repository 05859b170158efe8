// wasi:filesystem 0.2 over a scratch directory.

#include "wasi/p2/filesystem.hpp"
#include "wasi_fixture.hpp"

namespace reprise::wasi::p2 {
namespace {

namespace fs = std::filesystem;

class FilesystemTest : public WasiTest {
 protected:
  Descriptor root() { return get_directories(host())[0].first; }
  Descriptor read_only_root() { return get_directories(host())[1].first; }

  FileResult<Descriptor> open(Descriptor base, const std::string& path,
                              DescriptorFlags flags = DescriptorFlags::read,
                              OpenFlags open_flags = OpenFlags::none) {
    return base.open_at(PathFlags::symlink_follow, path, open_flags, flags);
  }
};

constexpr auto kReadWrite = DescriptorFlags::read | DescriptorFlags::write;

TEST_F(FilesystemTest, PreopensAreWhatWasGranted) {
  auto directories = get_directories(host());
  ASSERT_EQ(directories.size(), 2u);
  EXPECT_EQ(directories[0].second, "/");
  EXPECT_EQ(directories[1].second, "/ro");
  EXPECT_EQ(directories[0].first.get_flags(),
            DescriptorFlags::read | DescriptorFlags::mutate_directory);
  EXPECT_EQ(directories[1].first.get_flags(), DescriptorFlags::read);
  EXPECT_EQ(directories[0].first.get_type(), DescriptorType::directory);
  EXPECT_TRUE(directories[0].first.is_same_object(directories[1].first));
}

TEST_F(FilesystemTest, ReadsAndWrites) {
  auto file = open(root(), "f", kReadWrite, OpenFlags::create);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->get_flags(), kReadWrite);
  EXPECT_EQ(file->get_type(), DescriptorType::regular_file);
  EXPECT_EQ(file->write(bytes("hello"), 1), 5u);
  auto read = file->read(100, 0);
  ASSERT_TRUE(read);
  EXPECT_EQ(text(read->first), std::string("\0hello", 6));
  EXPECT_FALSE(read->second);
  EXPECT_EQ(file->read(100, 6), (std::pair{ByteList{}, true}));
  EXPECT_EQ(file->read(0, 0), (std::pair{ByteList{}, false}));
  EXPECT_EQ(file->read(1, UINT64_MAX).error(), ErrorCode::invalid);
  EXPECT_TRUE(file->set_size(3));
  EXPECT_EQ(file->stat()->size, 3u);
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(file->sync_data());
  EXPECT_TRUE(file->advise(0, 0, Advice::will_need));
}

TEST_F(FilesystemTest, StreamsKeepTheirOwnPlace) {
  scratch_.write("f", "0123456789");
  auto file = open(root(), "f", kReadWrite);
  auto a = file->read_via_stream(0);
  auto b = file->read_via_stream(5);
  EXPECT_EQ(a->input->read(3), list("012"));
  EXPECT_EQ(b->input->read(3), list("567"));
  EXPECT_EQ(a->input->read(100), list("3456789"));
  EXPECT_FALSE(a->input->read(1));
  auto writer = file->write_via_stream(2);
  auto appender = file->append_via_stream();
  ASSERT_TRUE(writer->output->check_write());
  ASSERT_TRUE(appender->output->check_write());
  EXPECT_TRUE(*writer->output->write(bytes("xy")));
  EXPECT_TRUE(*appender->output->write(bytes("END")));
  EXPECT_TRUE(*writer->output->write(bytes("z")));
  EXPECT_EQ(scratch_.read("f"), "01xyz56789END");
}

TEST_F(FilesystemTest, AccessFollowsTheFlags) {
  scratch_.write("f", "text");
  auto readable = open(root(), "f");
  EXPECT_EQ(readable->write(bytes("x"), 0).error(), ErrorCode::bad_descriptor);
  EXPECT_EQ(readable->set_size(0).error(), ErrorCode::bad_descriptor);
  EXPECT_EQ(readable->write_via_stream(0).error(), ErrorCode::bad_descriptor);
  EXPECT_EQ(readable->append_via_stream().error(), ErrorCode::bad_descriptor);
  auto writable = open(root(), "f", DescriptorFlags::write);
  EXPECT_EQ(writable->get_flags(), DescriptorFlags::write);
  EXPECT_EQ(writable->read(1, 0).error(), ErrorCode::bad_descriptor);
  EXPECT_EQ(writable->read_via_stream(0).error(), ErrorCode::bad_descriptor);
  // Creating implies writing, and no flags at all mean reading.
  EXPECT_EQ(open(root(), "new", DescriptorFlags::none, OpenFlags::create)->get_flags(), kReadWrite);
  EXPECT_EQ(open(root(), "f", DescriptorFlags::none)->get_flags(), DescriptorFlags::read);
  EXPECT_EQ(open(root(), ".", DescriptorFlags::none)->get_flags(), DescriptorFlags::read);
  EXPECT_EQ(open(root(), ".", DescriptorFlags::write).error(), ErrorCode::is_directory);
}

TEST_F(FilesystemTest, DirectoriesAreNotFiles) {
  EXPECT_EQ(root().read(1, 0).error(), ErrorCode::is_directory);
  EXPECT_EQ(root().write(bytes("x"), 0).error(), ErrorCode::is_directory);
  EXPECT_EQ(root().set_size(0).error(), ErrorCode::is_directory);
  EXPECT_EQ(root().advise(0, 0, Advice::normal).error(), ErrorCode::bad_descriptor);
  EXPECT_TRUE(root().sync());
  scratch_.write("f", "");
  auto file = open(root(), "f");
  EXPECT_EQ(file->read_directory().error(), ErrorCode::not_directory);
  EXPECT_EQ(file->create_directory_at("x").error(), ErrorCode::not_directory);
  EXPECT_EQ(file->open_at(PathFlags::none, "x", OpenFlags::none, DescriptorFlags::read).error(),
            ErrorCode::not_directory);
}

TEST_F(FilesystemTest, OpenFlags) {
  EXPECT_EQ(open(root(), "missing").error(), ErrorCode::no_entry);
  EXPECT_TRUE(open(root(), "f", kReadWrite, OpenFlags::create | OpenFlags::exclusive));
  EXPECT_EQ(open(root(), "f", kReadWrite, OpenFlags::create | OpenFlags::exclusive).error(),
            ErrorCode::exist);
  EXPECT_EQ(open(root(), "f", DescriptorFlags::read, OpenFlags::directory).error(),
            ErrorCode::not_directory);
  scratch_.write("f", "text");
  EXPECT_TRUE(open(root(), "f", kReadWrite, OpenFlags::truncate));
  EXPECT_EQ(scratch_.read("f"), "");
  EXPECT_EQ(open(root(), "/f").error(), ErrorCode::not_permitted);
  EXPECT_EQ(open(root(), "../x").error(), ErrorCode::not_permitted);
  EXPECT_EQ(open(root(), "").error(), ErrorCode::no_entry);
  auto synced = open(root(), "f", kReadWrite | DescriptorFlags::data_integrity_sync);
  EXPECT_EQ(synced->get_flags(), kReadWrite | DescriptorFlags::data_integrity_sync);
}

TEST_F(FilesystemTest, PathFlagsDecideAboutLinks) {
  scratch_.write("f", "text");
  EXPECT_TRUE(root().symlink_at("f", "link"));
  EXPECT_EQ(root().readlink_at("link"), "f");
  EXPECT_EQ(root().stat_at(PathFlags::none, "link")->type, DescriptorType::symbolic_link);
  EXPECT_EQ(root().stat_at(PathFlags::symlink_follow, "link")->type, DescriptorType::regular_file);
  EXPECT_EQ(root().open_at(PathFlags::none, "link", OpenFlags::none, DescriptorFlags::read).error(),
            ErrorCode::loop);
  EXPECT_EQ(root().symlink_at("/etc/passwd", "x").error(), ErrorCode::not_permitted);
  auto base = root();
  EXPECT_EQ(base.link_at(PathFlags::symlink_follow, "link", base, "hard").error(),
            ErrorCode::invalid);
  EXPECT_TRUE(base.link_at(PathFlags::none, "f", base, "hard"));
  EXPECT_EQ(root().stat_at(PathFlags::none, "f")->link_count, 2u);
}

TEST_F(FilesystemTest, ChangesDirectories) {
  EXPECT_TRUE(root().create_directory_at("d"));
  EXPECT_EQ(root().create_directory_at("d").error(), ErrorCode::exist);
  scratch_.write("d/f", "text");
  EXPECT_EQ(root().remove_directory_at("d").error(), ErrorCode::not_empty);
  EXPECT_EQ(root().unlink_file_at("d").error(), ErrorCode::is_directory);
  auto from = root();
  auto to = *open(root(), "d");
  EXPECT_TRUE(from.rename_at("d/f", to, "g"));  // the new path is relative to the new descriptor
  EXPECT_EQ(scratch_.read("d/g"), "text");
  EXPECT_TRUE(to.unlink_file_at("g"));
  EXPECT_TRUE(root().remove_directory_at("d"));
}

TEST_F(FilesystemTest, ListsDirectories) {
  scratch_.write("f", "");
  fs::create_directory(scratch_.path("d"));
  scratch_.write("\xff", "");
  auto stream = root().read_directory();
  ASSERT_TRUE(stream);
  std::vector<std::pair<std::string, DescriptorType>> seen;
  int unreadable = 0;
  while (true) {
    auto entry = stream->read_directory_entry();
    if (!entry) {
      EXPECT_EQ(entry.error(), ErrorCode::illegal_byte_sequence);
      ++unreadable;
      continue;
    }
    if (!*entry) break;
    seen.emplace_back((*entry)->name, (*entry)->type);
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(unreadable, 1);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0], (std::pair{std::string("d"), DescriptorType::directory}));
  EXPECT_EQ(seen[1], (std::pair{std::string("f"), DescriptorType::regular_file}));
}

TEST_F(FilesystemTest, ReadOnlyMeansReadOnly) {
  scratch_.write("f", "text");
  fs::create_directory(scratch_.path("d"));
  auto base = read_only_root();
  auto other = root();
  constexpr auto kRefused = ErrorCode::read_only;
  EXPECT_EQ(base.create_directory_at("x").error(), kRefused);
  EXPECT_EQ(base.remove_directory_at("d").error(), kRefused);
  EXPECT_EQ(base.unlink_file_at("f").error(), kRefused);
  EXPECT_EQ(base.symlink_at("f", "x").error(), kRefused);
  EXPECT_EQ(base.rename_at("f", base, "x").error(), kRefused);
  EXPECT_EQ(base.rename_at("f", other, "x").error(), kRefused);
  EXPECT_EQ(other.rename_at("f", base, "x").error(), kRefused);
  EXPECT_EQ(base.link_at(PathFlags::none, "f", other, "x").error(), kRefused);
  EXPECT_EQ(other.link_at(PathFlags::none, "f", base, "x").error(), kRefused);
  EXPECT_EQ(base.set_times_at(PathFlags::none, "f", Now{}, Now{}).error(), kRefused);
  EXPECT_EQ(base.set_times(Now{}, Now{}).error(), kRefused);
  EXPECT_EQ(open(base, "f", kReadWrite).error(), kRefused);
  EXPECT_EQ(open(base, "x", DescriptorFlags::read, OpenFlags::create).error(), kRefused);
  EXPECT_EQ(open(base, "f", DescriptorFlags::read, OpenFlags::truncate).error(), kRefused);
  EXPECT_EQ(open(base, "d", DescriptorFlags::mutate_directory).error(), kRefused);
  auto below = open(base, "d");
  ASSERT_TRUE(below);
  EXPECT_EQ(below->create_directory_at("x").error(), kRefused);
  auto file = open(base, "f");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->set_times(Now{}, Now{}).error(), kRefused);
  EXPECT_EQ(file->write(bytes("x"), 0).error(), ErrorCode::bad_descriptor);
  EXPECT_EQ(text(file->read(10, 0)->first), "text");
  EXPECT_EQ(scratch_.read("f"), "text");
}

TEST_F(FilesystemTest, SetsTimes) {
  scratch_.write("f", "");
  EXPECT_TRUE(root().set_times_at(PathFlags::none, "f", Datetime{5, 6}, Datetime{7, 8}));
  auto stat = root().stat_at(PathFlags::none, "f");
  EXPECT_EQ(stat->data_access_timestamp, (Datetime{5, 6}));
  EXPECT_EQ(stat->data_modification_timestamp, (Datetime{7, 8}));
  auto file = open(root(), "f", kReadWrite);
  EXPECT_TRUE(file->set_times(NoChange{}, Datetime{9, 0}));
  EXPECT_EQ(file->stat()->data_access_timestamp, (Datetime{5, 6}));
  EXPECT_EQ(file->stat()->data_modification_timestamp, (Datetime{9, 0}));
  EXPECT_EQ(file->set_times(Datetime{0, 1'000'000'000}, Now{}).error(), ErrorCode::invalid);
  EXPECT_EQ(file->set_times(Datetime{UINT64_MAX, 0}, Now{}).error(), ErrorCode::overflow);
}

TEST_F(FilesystemTest, HashesFollowTheObject) {
  scratch_.write("a", "1");
  scratch_.write("b", "1");
  auto a = open(root(), "a", kReadWrite);
  const auto before = a->metadata_hash();
  EXPECT_EQ(before, root().metadata_hash_at(PathFlags::none, "a"));
  EXPECT_NE(before, root().metadata_hash_at(PathFlags::none, "b"));
  EXPECT_TRUE(a->set_times(NoChange{}, Datetime{1, 0}));
  EXPECT_NE(before, a->metadata_hash());
  auto b = open(root(), "b");
  EXPECT_FALSE(a->is_same_object(*b));
  EXPECT_EQ(root().metadata_hash_at(PathFlags::none, "x").error(), ErrorCode::no_entry);
}

TEST(ErrorCodes, KeepTheOrderOfTheWit) {
  EXPECT_EQ(to_error_code(os::Errno::access), ErrorCode::access);
  EXPECT_EQ(to_error_code(os::Errno::no_entry), ErrorCode::no_entry);
  EXPECT_EQ(to_error_code(os::Errno::read_only), ErrorCode::read_only);
  EXPECT_EQ(to_error_code(os::Errno::cross_device), ErrorCode::cross_device);
  EXPECT_EQ(to_error_code(os::Errno::too_many_open_files), ErrorCode::io);
}

}  // namespace
}  // namespace reprise::wasi::p2
