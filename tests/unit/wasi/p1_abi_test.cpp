// How WASI 0.1's values lie in a guest's memory, and the table that says so.

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "wasi/p1/abi.hpp"
#include "wasi/p1/imports.hpp"

namespace reprise::wasi::p1 {
namespace {

struct Memory {
  std::vector<uint8_t> bytes = std::vector<uint8_t>(65536);

  template <class T>
  void put(size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  template <class T>
  T get(size_t at) const {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  }
  void put_text(size_t at, std::string_view text) {
    std::memcpy(bytes.data() + at, text.data(), text.size());
  }
  std::string text(size_t at, size_t length) const {
    return {bytes.begin() + static_cast<ptrdiff_t>(at),
            bytes.begin() + static_cast<ptrdiff_t>(at + length)};
  }
};

template <class T>
std::vector<uint8_t> encoded(const T& value) {
  ByteWriter out;
  Describe<T>::encode(out, value);
  return out.take();
}

template <class... A>
TrapOr<std::tuple<A...>> lift(std::string_view name, Memory& memory, std::vector<uint64_t> slots) {
  ByteWriter out;
  auto lifted = lift_arguments(*find_function(name), memory.bytes, slots.data(), out);
  if (!lifted) return std::unexpected(std::move(lifted.error()));
  std::tuple<A...> arguments;
  ByteReader in(out.view());
  EXPECT_TRUE(Describe<std::tuple<A...>>::decode(in, arguments));
  EXPECT_TRUE(in.at_end());
  return arguments;
}

template <class T>
TrapOr<uint32_t> lower(std::string_view name, Memory& memory, std::vector<uint64_t> slots,
                       const Outcome<T>& result) {
  return lower_result(*find_function(name), memory.bytes, slots.data(), encoded(result));
}

TEST(P1Abi, CoreTypesAreTheSpecifications) {
  const auto text = [](std::string_view name) {
    const wasm::FuncType type = find_function(name)->core_type();
    std::string out;
    for (const auto parameter : type.parameters) out += parameter == wasm::kI64 ? 'I' : 'i';
    return out + ":" + std::string(type.results.size(), 'i');
  };
  EXPECT_EQ(text("args_get"), "ii:i");
  EXPECT_EQ(text("clock_time_get"), "iIi:i");
  EXPECT_EQ(text("fd_advise"), "iIIi:i");
  EXPECT_EQ(text("fd_fdstat_set_rights"), "iII:i");
  EXPECT_EQ(text("fd_filestat_set_times"), "iIIi:i");
  EXPECT_EQ(text("fd_pread"), "iiiIi:i");
  EXPECT_EQ(text("fd_prestat_dir_name"), "iii:i");
  EXPECT_EQ(text("fd_pwrite"), "iiiIi:i");
  EXPECT_EQ(text("fd_read"), "iiii:i");
  EXPECT_EQ(text("fd_readdir"), "iiiIi:i");
  EXPECT_EQ(text("fd_seek"), "iIii:i");
  EXPECT_EQ(text("fd_write"), "iiii:i");
  EXPECT_EQ(text("path_filestat_get"), "iiiii:i");
  EXPECT_EQ(text("path_filestat_set_times"), "iiiiIIi:i");
  EXPECT_EQ(text("path_link"), "iiiiiii:i");
  EXPECT_EQ(text("path_open"), "iiiiiIIii:i");
  EXPECT_EQ(text("path_readlink"), "iiiiii:i");
  EXPECT_EQ(text("path_rename"), "iiiiii:i");
  EXPECT_EQ(text("path_symlink"), "iiiii:i");
  EXPECT_EQ(text("poll_oneoff"), "iiii:i");
  EXPECT_EQ(text("proc_exit"), "i:");
  EXPECT_EQ(text("random_get"), "ii:i");
  EXPECT_EQ(text("sched_yield"), ":i");
  EXPECT_EQ(text("sock_accept"), "iii:i");
  EXPECT_EQ(text("sock_recv"), "iiiiii:i");
  EXPECT_EQ(text("sock_send"), "iiiii:i");
  EXPECT_EQ(text("sock_shutdown"), "ii:i");
  EXPECT_EQ(functions().size(), 46u);
}

TEST(P1Abi, WritesGatherAndReadsScatter) {
  Memory memory;
  memory.put_text(100, "hello");
  memory.put_text(200, "world");
  const uint32_t iovecs[] = {100, 5, 300, 0, 200, 3};
  std::memcpy(memory.bytes.data() + 16, iovecs, sizeof iovecs);
  auto write = lift<uint32_t, ByteList>("fd_write", memory, {1, 16, 3, 8});
  ASSERT_TRUE(write);
  EXPECT_EQ(std::get<1>(*write), (ByteList{'h', 'e', 'l', 'l', 'o', 'w', 'o', 'r'}));
  EXPECT_EQ(lower<uint32_t>("fd_write", memory, {1, 16, 3, 8}, 8), 0u);
  EXPECT_EQ(memory.get<uint32_t>(8), 8u);

  auto read = lift<uint32_t, uint64_t>("fd_read", memory, {1, 16, 3, 8});
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<1>(*read), 8u);
  EXPECT_EQ(
      lower<ByteList>("fd_read", memory, {1, 16, 3, 8}, ByteList{'H', 'E', 'L', 'L', 'O', 'W'}),
      0u);
  EXPECT_EQ(memory.text(100, 5), "HELLO");
  EXPECT_EQ(memory.text(200, 5), "World");
  EXPECT_EQ(memory.get<uint32_t>(8), 6u);
}

TEST(P1Abi, AWriteTakesALimitedAmount) {
  Memory memory;
  for (uint32_t i = 0; i < 200; ++i) {  // the same 60'000 bytes, 200 times
    memory.put<uint32_t>(i * 8, 2000);
    memory.put<uint32_t>(i * 8 + 4, 60'000);
  }
  auto write = lift<uint32_t, ByteList>("fd_write", memory, {1, 0, 200, 8});
  ASSERT_TRUE(write);
  EXPECT_EQ(std::get<1>(*write).size(), kMaxWrite);
}

TEST(P1Abi, PointersOutsideTrap) {
  Memory memory;
  const auto kind = [](const auto& result) {
    EXPECT_FALSE(result.has_value());
    return result ? TrapKind::host : result.error().kind;
  };
  const auto kOutside = TrapKind::memory_out_of_bounds;
  memory.put<uint32_t>(0, 65530);
  memory.put<uint32_t>(4, 7);
  EXPECT_EQ(kind(lift<uint32_t, ByteList>("fd_write", memory, {1, 0, 1, 8})), kOutside);
  EXPECT_EQ(kind(lift<uint32_t, uint64_t>("fd_read", memory, {1, 0, 1, 8})), kOutside);
  EXPECT_EQ(kind(lift<uint32_t, uint64_t>("fd_read", memory, {1, 0, UINT32_MAX, 8})), kOutside);
  EXPECT_EQ(kind(lift<uint32_t, std::string>("path_unlink_file", memory, {3, 65535, 2})), kOutside);
  EXPECT_EQ(kind(lift<uint32_t>("random_get", memory, {65536, 1})), kOutside);
  EXPECT_EQ(kind(lift<uint32_t>("random_get", memory, {0, UINT32_MAX})), kOutside);
  EXPECT_TRUE(lift<uint32_t>("random_get", memory, {65536, 0}));
  EXPECT_EQ(kind(lift<std::vector<Subscription>>("poll_oneoff", memory, {0, 0, UINT32_MAX, 0})),
            kOutside);
  EXPECT_EQ(kind(lower<uint64_t>("fd_tell", memory, {3, 65529}, 1)), kOutside);
  EXPECT_EQ(kind(lower<FileStat>("fd_filestat_get", memory, {3, 65500}, FileStat{})), kOutside);
  // An errno is given without touching memory.
  EXPECT_EQ(lower<uint64_t>("fd_tell", memory, {3, 65529}, std::unexpected(Errno::badf)), 8u);
}

TEST(P1Abi, PathsAreText) {
  Memory memory;
  memory.put_text(10, "dir/\xc3\xa9");
  auto good = lift<uint32_t, std::string>("path_unlink_file", memory, {3, 10, 6});
  EXPECT_EQ(std::get<1>(*good), "dir/\xc3\xa9");
  auto cut = lift<uint32_t, std::string>("path_unlink_file", memory, {3, 10, 5});
  EXPECT_EQ(std::get<1>(*cut), std::string("dir/?\0", 6));
}

TEST(P1Abi, RightsWithoutAMeaningAreDropped) {
  Memory memory;
  auto lifted = lift<uint32_t, Rights, Rights>("fd_fdstat_set_rights", memory, {3, UINT64_MAX, 2});
  EXPECT_EQ(*lifted, (std::tuple{3u, Rights::all, Rights::fd_read}));
}

TEST(P1Abi, StructuresLieWhereTheyShould) {
  Memory memory;
  const FdStat fdstat{FileType::regular_file, 5, Rights::fd_read, Rights::sock_accept};
  EXPECT_EQ(lower<FdStat>("fd_fdstat_get", memory, {3, 64}, fdstat), 0u);
  EXPECT_EQ(memory.get<uint8_t>(64), 4u);
  EXPECT_EQ(memory.get<uint16_t>(66), 5u);
  EXPECT_EQ(memory.get<uint64_t>(72), 2u);
  EXPECT_EQ(memory.get<uint64_t>(80), 1u << 29);

  const FileStat filestat{1, 2, FileType::directory, 3, 4, 5, 6, 7};
  EXPECT_EQ(lower<FileStat>("fd_filestat_get", memory, {3, 128}, filestat), 0u);
  EXPECT_EQ(memory.get<uint64_t>(128), 1u);
  EXPECT_EQ(memory.get<uint64_t>(136), 2u);
  EXPECT_EQ(memory.get<uint8_t>(144), 3u);
  for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(memory.get<uint64_t>(152 + 8 * i), 3 + i);

  EXPECT_EQ(lower<uint32_t>("fd_prestat_get", memory, {3, 256}, 9), 0u);
  EXPECT_EQ(memory.get<uint8_t>(256), 0u);
  EXPECT_EQ(memory.get<uint32_t>(260), 9u);
}

TEST(P1Abi, StringsGetTheirZeroes) {
  Memory memory;
  const std::vector<std::string> arguments = {"a", "bc"};
  EXPECT_EQ(lower<std::vector<std::string>>("args_get", memory, {16, 100}, arguments), 0u);
  EXPECT_EQ(memory.get<uint32_t>(16), 100u);
  EXPECT_EQ(memory.get<uint32_t>(20), 102u);
  EXPECT_EQ(memory.text(100, 5), std::string("a\0bc\0", 5));
}

TEST(P1Abi, DirectoryEntriesAreCutToFit) {
  Memory memory;
  const std::vector<DirEntry> entries = {{1, 10, FileType::directory, "."},
                                         {2, 11, FileType::regular_file, "file"}};
  EXPECT_EQ(lower<std::vector<DirEntry>>("fd_readdir", memory, {3, 100, 51, 0, 8}, entries), 0u);
  EXPECT_EQ(memory.get<uint32_t>(8), 51u);
  EXPECT_EQ(memory.get<uint64_t>(100), 1u);
  EXPECT_EQ(memory.get<uint32_t>(116), 1u);
  EXPECT_EQ(memory.get<uint8_t>(120), 3u);
  EXPECT_EQ(memory.text(124, 1), ".");
  EXPECT_EQ(memory.get<uint64_t>(133), 11u);
  EXPECT_EQ(memory.text(149, 3), std::string("fi\0", 3));  // 51 bytes and no more
  EXPECT_EQ(lower<std::vector<DirEntry>>("fd_readdir", memory, {3, 100, 500, 0, 8}, entries), 0u);
  EXPECT_EQ(memory.get<uint32_t>(8), 53u);
}

TEST(P1Abi, PollingBothWays) {
  Memory memory;
  memory.put<uint64_t>(0, 77);
  memory.put<uint8_t>(8, 0);
  memory.put<uint32_t>(16, 1);
  memory.put<uint64_t>(24, 5000);
  memory.put<uint64_t>(32, 1);
  memory.put<uint16_t>(40, 1);
  memory.put<uint64_t>(48, 78);
  memory.put<uint8_t>(56, 2);
  memory.put<uint32_t>(64, 9);
  auto lifted = lift<std::vector<Subscription>>("poll_oneoff", memory, {0, 1000, 2, 500});
  ASSERT_TRUE(lifted);
  const auto& list = std::get<0>(*lifted);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(std::get<ClockSubscription>(list[0]).timeout, 5000u);
  EXPECT_EQ(std::get<ClockSubscription>(list[0]).flags, 1u);
  EXPECT_EQ(std::get<FdWriteSubscription>(list[1]).fd, 9u);

  const std::vector<Event> events = {{1, Errno::badf, EventType::fd_write, 3, true}};
  EXPECT_EQ(lower<std::vector<Event>>("poll_oneoff", memory, {0, 1000, 2, 500}, events), 0u);
  EXPECT_EQ(memory.get<uint32_t>(500), 1u);
  EXPECT_EQ(memory.get<uint64_t>(1000), 78u);
  EXPECT_EQ(memory.get<uint16_t>(1008), 8u);
  EXPECT_EQ(memory.get<uint8_t>(1010), 2u);
  EXPECT_EQ(memory.get<uint64_t>(1016), 3u);
  EXPECT_EQ(memory.get<uint16_t>(1024), 1u);
}

TEST(P1Abi, UserdataIsTheGuestsAlone) {
  // Where events overwrite the subscriptions, each still gets its own.
  Memory memory;
  for (uint64_t i = 0; i < 3; ++i) memory.put<uint64_t>(static_cast<uint32_t>(48 * i), 100 + i);
  const std::vector<Event> events = {{2, {}, {}, 0, false}, {0, {}, {}, 0, false}};
  EXPECT_EQ(lower<std::vector<Event>>("poll_oneoff", memory, {0, 0, 3, 500}, events), 0u);
  EXPECT_EQ(memory.get<uint64_t>(0), 102u);
  EXPECT_EQ(memory.get<uint64_t>(32), 100u);
}

TEST(P1Imports, HaveTypesThatAreRead) {
  auto imports = Imports::create_for_replay();
  ASSERT_TRUE(imports) << imports.error().to_string();
  ASSERT_EQ((*imports)->functions().size(), 46u);
  const auto text_of = [&](std::string_view name) {
    for (const auto& function : (*imports)->functions()) {
      if (function.name == name) return to_string(function.type);
    }
    return std::string("none");
  };
  EXPECT_EQ(text_of("sched_yield").substr(0, 26), "func() -> result<_, enum {");
  EXPECT_EQ(text_of("fd_write").substr(0, 39), "func(fd: u32, bytes: list<u8>) -> resul");
  EXPECT_EQ(text_of("proc_exit"), "func(code: u32)");
  EXPECT_EQ(text_of("fd_read").substr(0, 45), "func(fd: u32, length: u64) -> result<list<u8>");
}

TEST(P1Imports, AreFoundByNameAndType) {
  auto imports = Imports::create_for_replay();
  ASSERT_TRUE(imports);
  wasm::FuncType type = find_function("fd_write")->core_type();
  auto found = (*imports)->find(kModule, "fd_write", type);
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->function->name, "fd_write");
  EXPECT_EQ(*(*imports)->find(kModule, "no_such_function", type), nullptr);
  EXPECT_EQ(*(*imports)->find("env", "fd_write", type), nullptr);
  type.parameters.pop_back();
  auto wrong = (*imports)->find(kModule, "fd_write", type);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::link);
}

}  // namespace
}  // namespace reprise::wasi::p1
