// A C program, start to end: it reads from the host, grows its memory, calls through a table,
// reports.

#include <fstream>
#include <iterator>
#include <map>

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::NativeCall;
using runtime::NativeStep;
using wasm::kI32;

struct Host {
  std::string text;
  size_t at = 0;
  std::vector<std::pair<std::string, uint32_t>> reported;
};

runtime::Memory& memory_of(NativeCall& call) {
  return *call.caller()->memories[0];
}

NativeStep read_text(NativeCall& call) {
  auto& host = call.data_as<Host>();
  const auto to = static_cast<uint32_t>(call.args()[0]);
  const size_t size =
      std::min<size_t>(static_cast<uint32_t>(call.args()[1]), host.text.size() - host.at);
  if (!memory_of(call).contains(to, size)) return call.trap(Trap::host("no such memory"));
  std::copy_n(host.text.data() + host.at, size, memory_of(call).base() + to);
  host.at += size;
  call.results()[0] = size;
  return NativeStep::done;
}

NativeStep report(NativeCall& call) {
  const auto at = static_cast<uint32_t>(call.args()[0]);
  const auto length = static_cast<uint32_t>(call.args()[1]);
  if (!memory_of(call).contains(at, length)) return call.trap(Trap::host("no such memory"));
  const auto* text = reinterpret_cast<const char*>(memory_of(call).base() + at);
  call.data_as<Host>().reported.emplace_back(std::string(text, length),
                                             static_cast<uint32_t>(call.args()[2]));
  return NativeStep::done;
}

class Words : public testing::TestWithParam<runtime::Bounds> {};

TEST_P(Words, AreCounted) {
  std::ifstream file(REPRISE_SOURCE_DIR "/tests/guests/core/words.wasm", std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(bytes.empty());

  World world({GetParam()});
  Host host;
  host.text = "the cat saw the dog; the dog saw a cat, a bird and the sun";
  const FuncId imports[] = {
      world.native(world.type({kI32, kI32}, {kI32}), {.step = read_text, .data = &host}),
      world.native(world.type({kI32, kI32, kI32}, {}), {.step = report, .data = &host}),
  };
  auto module = wasm::read_module(std::move(bytes), world.engine->types());
  ASSERT_TRUE(module) << module.error().to_string();
  const Extern externs[] = {imports[0], imports[1]};
  const auto made = runtime::instantiate(*world.store, world.engine->load(*module), externs);
  ASSERT_TRUE(made) << made.error().to_string();

  EXPECT_EQ(world.value(made->instance, "count", {0}), 8u);
  const std::vector<std::pair<std::string, uint32_t>> expected = {
      {"the", 4}, {"a", 2},   {"cat", 2},  {"dog", 2},
      {"saw", 2}, {"and", 1}, {"bird", 1}, {"sun", 1}};
  ASSERT_EQ(host.reported.size(), 8u);
  EXPECT_EQ(host.reported, expected);
  const auto memory =
      std::get<runtime::MemoryId>(*world.store->find_export(made->instance, "memory"));
  EXPECT_GT(world.store->memory(memory).pages(), 5u);
}

INSTANTIATE_TEST_SUITE_P(Bounds, Words,
                         testing::Values(runtime::Bounds::guard_pages,
                                         runtime::Bounds::explicit_checks));

}  // namespace
}  // namespace reprise::code
