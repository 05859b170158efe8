// WASI 0.1's typed functions: descriptors, rights, directories, polling.

#include <unistd.h>

#include <set>

#include "wasi/p1/preview1.hpp"
#include "wasi_fixture.hpp"

namespace reprise::wasi::p1 {
namespace {

namespace fs = std::filesystem;

constexpr Fd kRoot = 3;
constexpr Fd kReadOnlyRoot = 4;
constexpr Rights kReadWrite = Rights::fd_read | Rights::fd_write | Rights::fd_seek |
                              Rights::fd_tell | Rights::fd_filestat_get |
                              Rights::fd_fdstat_set_flags | Rights::poll_fd_readwrite;

class Preview1Test : public WasiTest {
 protected:
  Preview1& wasi() {
    if (!preview1_) {
      host();
      preview1_ = std::make_unique<Preview1>(std::move(host_));
    }
    return *preview1_;
  }

  Fd open(const std::string& path, uint16_t open_flags = 0, Rights rights = kReadWrite,
          uint16_t fd_flags = 0, Fd base = kRoot) {
    auto fd = wasi().path_open(base, 0, path, open_flags, rights, Rights::none, fd_flags);
    EXPECT_TRUE(fd) << path << ": errno " << static_cast<int>(fd.error());
    return fd.value_or(UINT32_MAX);
  }
  Errno open_error(const std::string& path, uint16_t open_flags = 0, Rights rights = kReadWrite,
                   Fd base = kRoot, uint32_t lookup = 0) {
    auto fd = wasi().path_open(base, lookup, path, open_flags, rights, Rights::none, 0);
    EXPECT_FALSE(fd) << path;
    return fd ? Errno::success : fd.error();
  }
  Outcome<std::string> read(Fd fd, uint64_t length = 1000) {
    auto bytes = run(wasi().fd_read(suspend_, fd, length));
    if (!bytes) return std::unexpected(bytes.error());
    return text(*bytes);
  }
  Outcome<uint32_t> write(Fd fd, std::string_view what) {
    return run(wasi().fd_write(suspend_, fd, list(what)));
  }

  std::unique_ptr<Preview1> preview1_;
};

TEST_F(Preview1Test, ArgumentsAndEnvironment) {
  options_.arguments = {"program", "x"};
  options_.environment = {{"A", "1"}, {"LONG", "value"}};
  EXPECT_EQ(wasi().args_get(), options_.arguments);
  EXPECT_EQ(wasi().args_sizes_get(), (std::pair{2u, 10u}));
  EXPECT_EQ(wasi().environ_get(), (std::vector<std::string>{"A=1", "LONG=value"}));
  EXPECT_EQ(wasi().environ_sizes_get(), (std::pair{2u, 15u}));
}

TEST_F(Preview1Test, Clocks) {
  clock_->advance(7);
  EXPECT_EQ(wasi().clock_time_get(kClockMonotonic, 0), 7u);
  EXPECT_EQ(wasi().clock_time_get(kClockRealtime, 0), 1'700'000'000'000'000'012u);
  EXPECT_EQ(wasi().clock_res_get(kClockMonotonic), 1u);
  EXPECT_EQ(wasi().clock_res_get(kClockRealtime), 1u);
  EXPECT_EQ(wasi().clock_time_get(2, 0).error(), Errno::inval);
  EXPECT_EQ(wasi().clock_res_get(3).error(), Errno::inval);
}

TEST_F(Preview1Test, TheProcess) {
  EXPECT_EQ(wasi().proc_exit(3).error().kind, TrapKind::exit);
  EXPECT_EQ(wasi().proc_exit(3).error().exit_code, 3);
  EXPECT_EQ(wasi().proc_raise(2).error(), Errno::notsup);
  EXPECT_TRUE(wasi().sched_yield());
  EXPECT_EQ(wasi().random_get(100)->size(), 100u);
  EXPECT_NE(*wasi().random_get(100), *wasi().random_get(100));
  EXPECT_EQ(wasi().random_get(UINT32_MAX).error(), Errno::inval);
}

TEST_F(Preview1Test, PreopensAreNamed) {
  EXPECT_EQ(wasi().fd_prestat_get(kRoot), 1u);
  EXPECT_EQ(wasi().fd_prestat_get(kReadOnlyRoot), 3u);
  EXPECT_EQ(wasi().fd_prestat_get(5).error(), Errno::badf);
  EXPECT_EQ(wasi().fd_prestat_get(1).error(), Errno::badf);
  EXPECT_EQ(wasi().fd_prestat_dir_name(kReadOnlyRoot, 3), "/ro");
  EXPECT_EQ(wasi().fd_prestat_dir_name(kReadOnlyRoot, 9), "/ro");
  EXPECT_EQ(wasi().fd_prestat_dir_name(kReadOnlyRoot, 2).error(), Errno::nametoolong);
}

TEST_F(Preview1Test, FilesHaveAPosition) {
  const Fd fd = open("f", kOpenCreate);
  EXPECT_EQ(fd, 5u);
  EXPECT_EQ(write(fd, "hello"), 5u);
  EXPECT_EQ(wasi().fd_tell(fd), 5u);
  EXPECT_EQ(wasi().fd_seek(fd, -4, 1), 1u);
  EXPECT_EQ(read(fd, 3), "ell");
  EXPECT_EQ(wasi().fd_seek(fd, 0, 2), 5u);
  EXPECT_EQ(read(fd), "");
  EXPECT_EQ(wasi().fd_seek(fd, -6, 2).error(), Errno::inval);
  EXPECT_EQ(wasi().fd_seek(fd, 0, 3).error(), Errno::inval);
  EXPECT_EQ(wasi().fd_seek(fd, INT64_MAX, 2).error(), Errno::inval);
  EXPECT_EQ(wasi().fd_pwrite(fd, list("J"), 0), 1u);
  EXPECT_EQ(text(*wasi().fd_pread(fd, 2, 0)), "Je");
  EXPECT_EQ(wasi().fd_tell(fd), 5u);  // neither moves it
  EXPECT_EQ(wasi().fd_filestat_get(fd)->size, 5u);
  EXPECT_EQ(wasi().fd_filestat_get(fd)->filetype, FileType::regular_file);
}

TEST_F(Preview1Test, AppendingGoesToTheEnd) {
  const Fd fd = open("f", kOpenCreate, kReadWrite, kFdAppend);
  EXPECT_EQ(write(fd, "ab"), 2u);
  EXPECT_EQ(wasi().fd_seek(fd, 0, 0), 0u);
  EXPECT_EQ(write(fd, "cd"), 2u);
  EXPECT_EQ(wasi().fd_tell(fd), 4u);
  EXPECT_EQ(wasi().fd_pwrite(fd, list("X"), 0), 1u);
  EXPECT_EQ(scratch_.read("f"), "Xbcd");
  EXPECT_EQ(wasi().fd_fdstat_get(fd)->flags, kFdAppend);
  EXPECT_TRUE(wasi().fd_fdstat_set_flags(fd, 0));
  EXPECT_EQ(wasi().fd_seek(fd, 0, 0), 0u);
  EXPECT_EQ(write(fd, "Y"), 1u);
  EXPECT_EQ(scratch_.read("f"), "Ybcd");
  EXPECT_EQ(wasi().fd_fdstat_set_flags(fd, kFdSync).error(), Errno::notsup);
  EXPECT_EQ(wasi().fd_fdstat_set_flags(fd, 32).error(), Errno::inval);
}

TEST_F(Preview1Test, RightsOnlyShrink) {
  const Fd fd = open("f", kOpenCreate, Rights::fd_read | Rights::fd_write);
  EXPECT_EQ(wasi().fd_fdstat_get(fd)->rights_base, Rights::fd_read | Rights::fd_write);
  EXPECT_EQ(wasi().fd_seek(fd, 0, 0).error(), Errno::notcapable);
  EXPECT_TRUE(wasi().fd_fdstat_set_rights(fd, Rights::fd_read, Rights::none));
  EXPECT_EQ(write(fd, "x").error(), Errno::notcapable);
  EXPECT_EQ(read(fd), "");
  EXPECT_EQ(wasi().fd_fdstat_set_rights(fd, Rights::fd_write, Rights::none).error(),
            Errno::notcapable);
  // A directory hands on no more than it may.
  EXPECT_TRUE(wasi().fd_fdstat_set_rights(kRoot, directory_rights(), Rights::fd_read));
  const Fd limited = open("f", 0, kReadWrite);
  EXPECT_EQ(wasi().fd_fdstat_get(limited)->rights_base, Rights::fd_read);
  EXPECT_TRUE(wasi().fd_fdstat_set_rights(
      kRoot, directory_rights() & ~Rights::path_filestat_set_size, Rights::none));
  EXPECT_EQ(open_error("f", kOpenTruncate), Errno::notcapable);
}

TEST_F(Preview1Test, DirectoriesAreNotFiles) {
  EXPECT_EQ(read(kRoot).error(), Errno::isdir);
  EXPECT_EQ(write(kRoot, "x").error(), Errno::isdir);
  EXPECT_EQ(wasi().fd_pread(kRoot, 1, 0).error(), Errno::isdir);
  EXPECT_EQ(wasi().fd_seek(kRoot, 0, 1).error(), Errno::isdir);
  EXPECT_EQ(wasi().fd_tell(kRoot).error(), Errno::isdir);
  EXPECT_EQ(wasi().fd_allocate(kRoot, 0, 1).error(), Errno::isdir);
  EXPECT_EQ(wasi().fd_filestat_set_size(kRoot, 0).error(), Errno::isdir);
  EXPECT_EQ(open_error(".", kOpenDirectory, Rights::fd_read | Rights::fd_write), Errno::isdir);
  const Fd dir = open(".", kOpenDirectory, Rights::fd_seek | Rights::fd_read);
  EXPECT_EQ(wasi().fd_fdstat_get(dir)->filetype, FileType::directory);
  EXPECT_EQ(wasi().fd_fdstat_get(dir)->rights_base, Rights::none);
  const Fd file = open("f", kOpenCreate);
  EXPECT_EQ(open_error("x", 0, kReadWrite, file), Errno::notdir);
  EXPECT_EQ(wasi().fd_readdir(file, 100, 0).error(), Errno::notdir);
}

TEST_F(Preview1Test, OpeningFails) {
  EXPECT_EQ(open_error("missing"), Errno::noent);
  EXPECT_EQ(open_error("/etc/passwd"), Errno::perm);
  EXPECT_EQ(open_error("../x"), Errno::perm);
  EXPECT_EQ(open_error(std::string("x\0", 2)), Errno::ilseq);
  EXPECT_EQ(open_error("x", 16), Errno::inval);
  EXPECT_EQ(open_error("x", 0, kReadWrite, 99), Errno::badf);
  fs::create_symlink("target", scratch_.path("link"));
  EXPECT_EQ(open_error("link"), Errno::loop);
  EXPECT_EQ(open_error("link", 0, kReadWrite, kRoot, kLookupFollow), Errno::noent);
  scratch_.write("f", "");
  EXPECT_EQ(open_error("f", kOpenCreate | kOpenExclusive), Errno::exist);
  EXPECT_EQ(open_error("f/"), Errno::notdir);
}

TEST_F(Preview1Test, ReadOnlyMeansReadOnly) {
  scratch_.write("f", "text");
  const Fd ro = kReadOnlyRoot;
  EXPECT_EQ(open_error("f", 0, kReadWrite, ro), Errno::rofs);
  EXPECT_EQ(open_error("x", kOpenCreate, Rights::fd_read, ro), Errno::rofs);
  EXPECT_EQ(open_error("f", kOpenTruncate, Rights::fd_read, ro), Errno::rofs);
  EXPECT_EQ(wasi().path_create_directory(ro, "d").error(), Errno::rofs);
  EXPECT_EQ(wasi().path_unlink_file(ro, "f").error(), Errno::rofs);
  EXPECT_EQ(wasi().path_remove_directory(ro, "d").error(), Errno::rofs);
  EXPECT_EQ(wasi().path_rename(ro, "f", kRoot, "g").error(), Errno::rofs);
  EXPECT_EQ(wasi().path_rename(kRoot, "f", ro, "g").error(), Errno::rofs);
  EXPECT_EQ(wasi().path_link(ro, 0, "f", kRoot, "g").error(), Errno::rofs);
  EXPECT_EQ(wasi().path_link(kRoot, 0, "f", ro, "g").error(), Errno::rofs);
  EXPECT_EQ(wasi().path_symlink("f", ro, "g").error(), Errno::rofs);
  EXPECT_EQ(wasi().path_filestat_set_times(ro, 0, "f", 1, 1, kTimeModified).error(), Errno::rofs);
  const Fd fd = open("f", 0, Rights::fd_read | Rights::fd_filestat_set_times, 0, ro);
  EXPECT_EQ(wasi().fd_filestat_set_times(fd, 1, 1, kTimeModified).error(), Errno::rofs);
  EXPECT_EQ(read(fd), "text");
  // What is opened beneath it is no freer.
  fs::create_directory(scratch_.path("d"));
  auto below = wasi().path_open(ro, 0, "d", kOpenDirectory, directory_rights(),
                                directory_rights() | file_rights(), 0);
  ASSERT_TRUE(below);
  EXPECT_EQ(wasi().path_create_directory(*below, "x").error(), Errno::rofs);
}

TEST_F(Preview1Test, PathsAndTimes) {
  EXPECT_TRUE(wasi().path_create_directory(kRoot, "d"));
  scratch_.write("d/f", "text");
  EXPECT_EQ(wasi().path_filestat_get(kRoot, 0, "d/f")->size, 4u);
  EXPECT_TRUE(wasi().path_symlink("d/f", kRoot, "link"));
  EXPECT_EQ(wasi().path_filestat_get(kRoot, 0, "link")->filetype, FileType::symbolic_link);
  EXPECT_EQ(wasi().path_filestat_get(kRoot, kLookupFollow, "link")->size, 4u);
  EXPECT_EQ(text(*wasi().path_readlink(kRoot, "link", 100)), "d/f");
  EXPECT_EQ(text(*wasi().path_readlink(kRoot, "link", 2)), "d/");
  EXPECT_TRUE(wasi().path_filestat_set_times(kRoot, 0, "d/f", 5, 1'000'000'007,
                                             kTimeAccessed | kTimeModified));
  EXPECT_EQ(wasi().path_filestat_get(kRoot, 0, "d/f")->accessed, 5u);
  EXPECT_EQ(wasi().path_filestat_get(kRoot, 0, "d/f")->modified, 1'000'000'007u);
  EXPECT_EQ(wasi()
                .path_filestat_set_times(kRoot, 0, "d/f", 0, 0, kTimeModified | kTimeModifiedNow)
                .error(),
            Errno::inval);
  EXPECT_EQ(wasi().path_link(kRoot, kLookupFollow, "link", kRoot, "x").error(), Errno::inval);
  EXPECT_TRUE(wasi().path_link(kRoot, 0, "d/f", kRoot, "hard"));
  EXPECT_TRUE(wasi().path_rename(kRoot, "hard", kRoot, "moved"));
  EXPECT_TRUE(wasi().path_unlink_file(kRoot, "moved"));
  EXPECT_EQ(wasi().path_remove_directory(kRoot, "d").error(), Errno::notempty);
}

TEST_F(Preview1Test, CookiesContinueADirectory) {
  fs::create_directory(scratch_.path("d"));
  for (int i = 0; i < 50; ++i) scratch_.write("d/file" + std::to_string(i), "");
  auto fd = wasi().path_open(kRoot, 0, "d", kOpenDirectory, directory_rights(), Rights::none, 0);
  ASSERT_TRUE(fd);
  std::vector<std::string> names;
  uint64_t cookie = 0;
  while (true) {
    auto entries = wasi().fd_readdir(*fd, 256, cookie);
    ASSERT_TRUE(entries);
    uint64_t size = 0;
    for (const DirEntry& entry : *entries) {
      names.push_back(entry.name);
      size += 24 + entry.name.size();
      EXPECT_EQ(entry.next, ++cookie);
    }
    if (size < 256) break;
  }
  ASSERT_EQ(names.size(), 52u);
  EXPECT_EQ(names[0], ".");
  EXPECT_EQ(names[1], "..");
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 52u);
  // A cookie names the same entry again, and 0 looks afresh.
  EXPECT_EQ(wasi().fd_readdir(*fd, 25, 10)->front().name, names[10]);
  fs::remove(scratch_.path("d/file0"));
  EXPECT_EQ(wasi().fd_readdir(*fd, UINT32_MAX, 0)->size(), 51u);
  EXPECT_EQ(wasi().fd_readdir(*fd, UINT32_MAX, UINT64_MAX)->size(), 0u);
  EXPECT_EQ(wasi().fd_readdir(*fd, 0, 0)->size(), 0u);
}

TEST_F(Preview1Test, RenumberingMovesADescriptor) {
  scratch_.write("a", "from a");
  scratch_.write("b", "from b");
  const Fd a = open("a");
  const Fd b = open("b");
  EXPECT_TRUE(wasi().fd_renumber(a, b));
  EXPECT_EQ(read(b), "from a");
  EXPECT_EQ(wasi().fd_close(a).error(), Errno::badf);
  EXPECT_EQ(wasi().fd_renumber(b, a).error(), Errno::badf);
  EXPECT_TRUE(wasi().fd_renumber(b, b));
  EXPECT_TRUE(wasi().fd_renumber(1, b));
  EXPECT_EQ(write(b, "out"), 3u);
  EXPECT_EQ(write(1, "out").error(), Errno::badf);
  EXPECT_EQ(output_->text(), "out");
  EXPECT_EQ(open("a"), 1u);  // the lowest that is free
}

TEST_F(Preview1Test, StandardStreams) {
  options_.standard_input = os::memory_source("typed");
  EXPECT_EQ(read(0, 2), "ty");
  EXPECT_EQ(read(0), "ped");
  EXPECT_EQ(read(0), "");
  EXPECT_EQ(read(1).error(), Errno::notcapable);
  EXPECT_EQ(write(0, "x").error(), Errno::notcapable);
  EXPECT_EQ(write(1, "out"), 3u);
  EXPECT_EQ(write(2, "err"), 3u);
  EXPECT_EQ(output_->text(), "out");
  EXPECT_EQ(error_output_->text(), "err");
  EXPECT_EQ(wasi().fd_seek(1, 0, 0).error(), Errno::spipe);
  EXPECT_EQ(wasi().fd_fdstat_get(1)->filetype, FileType::unknown);
  EXPECT_EQ(wasi().fd_filestat_get(1)->size, 0u);
  EXPECT_EQ(wasi().sock_shutdown(1, 1).error(), Errno::notsock);
  EXPECT_EQ(wasi().sock_recv(99, 1, 0).error(), Errno::badf);
  EXPECT_EQ(wasi().sock_send(0, {}, 0).error(), Errno::notsock);
  EXPECT_EQ(wasi().sock_accept(kRoot, 0).error(), Errno::notsock);
}

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(fds.data()), 0); }
  ~Pipe() {
    close(fds[0]);
    close(fds[1]);
  }
  std::array<int, 2> fds{};
};

TEST_F(Preview1Test, ReadingAStreamWaits) {
  Pipe pipe;
  options_.standard_input = os::fd_source(pipe.fds[0]);
  auto task = wasi().fd_read(suspend_, 0, 10);
  EXPECT_FALSE(task.start());
  ASSERT_EQ(::write(pipe.fds[1], "abc", 3), 3);
  EXPECT_TRUE(loop_->run(task));
  EXPECT_EQ(task.take(), list("abc"));
  EXPECT_TRUE(wasi().fd_fdstat_set_flags(0, kFdNonblock));
  EXPECT_EQ(read(0).error(), Errno::again);
}

Subscription clock_after(uint64_t timeout, uint16_t flags = 0, uint32_t clock = kClockMonotonic) {
  return ClockSubscription{clock, timeout, 0, flags};
}

TEST_F(Preview1Test, PollWaitsForTheFirst) {
  Pipe pipe;
  options_.standard_input = os::fd_source(pipe.fds[0]);
  auto events =
      run(wasi().poll_oneoff(suspend_, {clock_after(500), clock_after(100), FdSubscription{0}}));
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().subscription, 1u);
  EXPECT_EQ(events->front().type, EventType::clock);
  EXPECT_EQ(clock_->now(), 100u);

  ASSERT_EQ(::write(pipe.fds[1], "x", 1), 1);
  events = run(
      wasi().poll_oneoff(suspend_, {clock_after(500), FdSubscription{0}, FdWriteSubscription{1}}));
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].subscription, 1u);
  EXPECT_EQ((*events)[0].type, EventType::fd_read);
  EXPECT_EQ((*events)[1].type, EventType::fd_write);
  EXPECT_EQ(clock_->now(), 100u);
}

TEST_F(Preview1Test, PollKnowsBothClocks) {
  const uint64_t wall = *wasi().clock_time_get(kClockRealtime, 0);
  auto due =
      run(wasi().poll_oneoff(suspend_, {clock_after(wall + 300, kClockAbsolute, kClockRealtime)}));
  EXPECT_EQ(due->size(), 1u);
  EXPECT_EQ(clock_->now(), 300u);
  EXPECT_EQ(run(wasi().poll_oneoff(suspend_, {clock_after(300, kClockAbsolute)}))->size(), 1u);
  EXPECT_EQ(clock_->now(), 300u);
  EXPECT_EQ(run(wasi().poll_oneoff(suspend_, {clock_after(0)}))->size(), 1u);
}

TEST_F(Preview1Test, PollReportsFilesAndErrors) {
  scratch_.write("f", "0123");
  const Fd fd = open("f");
  EXPECT_EQ(wasi().fd_seek(fd, 1, 0), 1u);
  auto events = run(
      wasi().poll_oneoff(suspend_, {FdSubscription{fd}, FdSubscription{99}, FdSubscription{1}}));
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ((*events)[0].available, 3u);
  EXPECT_FALSE((*events)[0].hangup);
  EXPECT_EQ((*events)[1].error, Errno::badf);
  EXPECT_EQ((*events)[2].error, Errno::badf);
  EXPECT_EQ(wasi().fd_seek(fd, 0, 2), 4u);
  events = run(wasi().poll_oneoff(suspend_, {FdSubscription{fd}}));
  EXPECT_TRUE(events->front().hangup);

  EXPECT_EQ(run(wasi().poll_oneoff(suspend_, {})).error(), Errno::inval);
  EXPECT_EQ(run(wasi().poll_oneoff(suspend_, {clock_after(1, 0, 2)})).error(), Errno::inval);
  EXPECT_EQ(run(wasi().poll_oneoff(suspend_, {UnknownSubscription{9}})).error(), Errno::inval);
}

TEST(Preview1Errno, NumbersAreTheSpecifications) {
  EXPECT_EQ(static_cast<int>(Errno::notcapable), 76);
  EXPECT_EQ(to_errno(os::Errno::access), Errno::acces);
  EXPECT_EQ(to_errno(os::Errno::no_entry), Errno::noent);
  EXPECT_EQ(to_errno(os::Errno::cross_device), Errno::xdev);
  EXPECT_EQ(to_errno(os::Errno::too_many_open_files), Errno::mfile);
  EXPECT_EQ(to_errno(os::Errno::file_table_full), Errno::nfile);
  EXPECT_EQ(to_errno(os::Errno::read_only), Errno::rofs);
  EXPECT_EQ(to_errno(os::Errno::would_block), Errno::again);
}

}  // namespace
}  // namespace reprise::wasi::p1
