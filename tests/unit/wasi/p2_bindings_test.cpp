// WASI 0.2's functions as they are offered: their names, their WIT types, and that they work
// through encoded values.

#include <map>
#include <set>

#include "wasi/p2/bindings.hpp"
#include "wasi/p2/describe.hpp"
#include "wasi_fixture.hpp"
#include "wit/type.hpp"

namespace reprise::wasi::p2 {
namespace {

class BindingsTest : public WasiTest {
 protected:
  const Binding& find(std::string_view interface, std::string_view name) {
    if (all_.empty()) {
      host();
      all_ = bindings(std::shared_ptr<Host>(std::move(host_)));
    }
    for (const Binding& binding : all_) {
      if (binding.interface == std::string(interface) + "@0.2.12" && binding.name == name) {
        return binding;
      }
    }
    ADD_FAILURE() << interface << " " << name;
    return all_.front();
  }

  /// Calls with typed arguments and gives the decoded result.
  template <class R, class... A>
  R call(std::string_view interface, std::string_view name, const A&... arguments) {
    ByteWriter in;
    (Describe<A>::encode(in, arguments), ...);
    ByteWriter out;
    auto started = find(interface, name).function.start(context_, in.view(), out);
    EXPECT_TRUE(started.has_value()) << name << ": " << started.error().message;
    if (started && *started) {
      PendingHostCall& pending = **started;
      EXPECT_TRUE(loop_->run_until([&] { return pending.done(); }));
      EXPECT_TRUE(pending.finish(out));
    }
    R result{};
    ByteReader reader(out.view());
    EXPECT_TRUE(Describe<R>::decode(reader, result)) << name;
    EXPECT_TRUE(reader.at_end()) << name;
    return result;
  }

  HostContext context_;
  std::vector<Binding> all_;
};

TEST_F(BindingsTest, EveryFunctionOfTheWit) {
  find("wasi:io/poll", "poll");
  std::map<std::string, int> count;
  std::set<std::string> names;
  for (const Binding& binding : all_) {
    ++count[binding.interface.substr(0, binding.interface.find('@'))];
    EXPECT_TRUE(names.insert(binding.interface + "#" + binding.name).second) << binding.name;
  }
  const std::map<std::string, int> expected = {{"wasi:io/error", 1},
                                               {"wasi:io/poll", 3},
                                               {"wasi:io/streams", 15},
                                               {"wasi:cli/environment", 3},
                                               {"wasi:cli/exit", 2},
                                               {"wasi:cli/stdin", 1},
                                               {"wasi:cli/stdout", 1},
                                               {"wasi:cli/stderr", 1},
                                               {"wasi:cli/terminal-stdin", 1},
                                               {"wasi:cli/terminal-stdout", 1},
                                               {"wasi:cli/terminal-stderr", 1},
                                               {"wasi:clocks/monotonic-clock", 4},
                                               {"wasi:clocks/wall-clock", 2},
                                               {"wasi:clocks/timezone", 2},
                                               {"wasi:random/random", 2},
                                               {"wasi:random/insecure", 2},
                                               {"wasi:random/insecure-seed", 1},
                                               {"wasi:filesystem/types", 29},
                                               {"wasi:filesystem/preopens", 1}};
  EXPECT_EQ(count, expected);
}

TEST_F(BindingsTest, SignaturesAreWit) {
  find("wasi:io/poll", "poll");
  wit::TypeTable types;
  for (const Binding& binding : all_) {
    auto type = wit::parse_func_type(binding.function.signature, types);
    EXPECT_TRUE(type) << binding.name << ": " << binding.function.signature << "\n"
                      << type.error().to_string();
  }
  const auto signature = [&](std::string_view interface, std::string_view name) {
    return find(interface, name).function.signature;
  };
  EXPECT_EQ(signature("wasi:io/streams", "[method]input-stream.read"),
            "func(self: borrow<wasi:io/streams.input-stream>, len: u64) -> result<list<u8>, "
            "variant { last-operation-failed(own<wasi:io/error.error>), closed }>");
  EXPECT_EQ(signature("wasi:io/poll", "poll"),
            "func(in: list<borrow<wasi:io/poll.pollable>>) -> list<u32>");
  EXPECT_EQ(signature("wasi:cli/exit", "exit"), "func(status: result)");
  EXPECT_EQ(signature("wasi:cli/environment", "get-environment"),
            "func() -> list<tuple<string, string>>");
  EXPECT_EQ(signature("wasi:clocks/wall-clock", "now"),
            "func() -> record { seconds: u64, nanoseconds: u32 }");
  EXPECT_TRUE(find("wasi:io/poll", "poll").function.suspends);
  EXPECT_FALSE(find("wasi:io/poll", "[method]pollable.ready").function.suspends);
}

TEST_F(BindingsTest, AProgramsCalls) {
  scratch_.write("f", "contents");
  using Preopens = std::vector<std::pair<Own<Descriptor>, std::string>>;
  auto preopens = call<Preopens>("wasi:filesystem/preopens", "get-directories");
  ASSERT_EQ(preopens.size(), 2u);
  const Borrow<Descriptor> root{preopens[0].first.ordinal};
  using Opened = std::expected<Own<Descriptor>, ErrorCode>;
  auto missing =
      call<Opened>("wasi:filesystem/types", "[method]descriptor.open-at", root, PathFlags::none,
                   std::string("x"), OpenFlags::none, DescriptorFlags::read);
  EXPECT_EQ(missing.error(), ErrorCode::no_entry);
  auto file =
      call<Opened>("wasi:filesystem/types", "[method]descriptor.open-at", root, PathFlags::none,
                   std::string("f"), OpenFlags::none, DescriptorFlags::read);
  ASSERT_TRUE(file);
  using Streamed = std::expected<Own<InputStream>, ErrorCode>;
  auto stream = call<Streamed>("wasi:filesystem/types", "[method]descriptor.read-via-stream",
                               Borrow<Descriptor>{file->ordinal}, uint64_t{2});
  ASSERT_TRUE(stream);
  using Read = std::expected<ByteList, StreamError>;
  auto bytes = call<Read>("wasi:io/streams", "[method]input-stream.blocking-read",
                          Borrow<InputStream>{stream->ordinal}, uint64_t{100});
  EXPECT_EQ(bytes, list("ntents"));
  auto end = call<Read>("wasi:io/streams", "[method]input-stream.read",
                        Borrow<InputStream>{stream->ordinal}, uint64_t{100});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().index(), 1u);  // closed

  auto out = call<Own<OutputStream>>("wasi:cli/stdout", "get-stdout");
  using Written = std::expected<void, StreamError>;
  EXPECT_TRUE(call<Written>("wasi:io/streams", "[method]output-stream.blocking-write-and-flush",
                            Borrow<OutputStream>{out.ordinal}, list("printed")));
  EXPECT_EQ(output_->text(), "printed");
}

TEST_F(BindingsTest, ASleepSuspends) {
  auto pollable =
      call<Own<Pollable>>("wasi:clocks/monotonic-clock", "subscribe-duration", uint64_t{1'000'000});
  EXPECT_FALSE(
      call<bool>("wasi:io/poll", "[method]pollable.ready", Borrow<Pollable>{pollable.ordinal}));
  const std::vector<Borrow<Pollable>> list = {{pollable.ordinal}};
  EXPECT_EQ(call<std::vector<uint32_t>>("wasi:io/poll", "poll", list), std::vector<uint32_t>{0});
  EXPECT_EQ(clock_->now(), 1'000'000u);
}

TEST_F(BindingsTest, ExitAndMisuseTrap) {
  ByteWriter status;
  status.u8(1);
  ByteWriter out;
  auto exited = find("wasi:cli/exit", "exit").function.start(context_, status.view(), out);
  ASSERT_FALSE(exited);
  EXPECT_EQ(exited.error().kind, TrapKind::exit);
  EXPECT_EQ(exited.error().exit_code, 1);
  ByteWriter empty_list;
  empty_list.leb_u32(0);
  auto polled = find("wasi:io/poll", "poll").function.start(context_, empty_list.view(), out);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().kind, TrapKind::host);
}

}  // namespace
}  // namespace reprise::wasi::p2
