// The examples in the public headers' opening comments, compiled: tests/tidy/examples.py compares
// each line of them with the section of its header here. Most want a guest to do anything, so they
// are compiled and not run; the programs in examples/embed are run.

#include <gtest/gtest.h>

#include <cassert>
#include <chrono>
#include <cstdio>
#include <thread>

#include "reprise/linker.hpp"
#include "reprise/loop.hpp"
#include "reprise/replay.hpp"

struct File {
  explicit File(std::string n) : name(std::move(n)) {}
  uint64_t size() const { return name.size(); }
  void rename(std::string n) { name = std::move(n); }
  std::string name;
};

// clang-format off: the examples stand here as they do there

// ---- values.hpp
struct Point { int32_t x = 0, y = 0; };
enum class Color : uint8_t { red, light_green };
REPRISE_RECORD(Point, x, y)
REPRISE_ENUM(Color, red, light_green)
REPRISE_RESOURCE(File, "example:files/api.file")
// ----

namespace reprise {
namespace {

/// What the examples take for granted.
struct Timer {
  std::chrono::nanoseconds duration{1};
  Task<void> sleep(Suspend&, std::chrono::nanoseconds) { co_return; }
};
struct App {
  std::vector<std::string> lines;
  EventLoop* loop = nullptr;
  uint64_t waited = 0;
  int greeted = 0;
};
struct World {
  Engine engine = *Engine::create();
  Store<App> store = *Store<App>::create(engine);
  Linker<App> linker;
  Component component = *Component::read(engine, "(component)");
};

}  // namespace
}  // namespace reprise

REPRISE_RESOURCE(reprise::Timer, "example:app/host.timer")

namespace reprise {
namespace {

TEST(HeaderExamples, Bind) {
  // ---- bind.hpp
  auto bound = detail::bind<App>([](Call<App>, std::string name) { return name.empty(); });
  std::string signature = bound.signature;
  // ----
  EXPECT_EQ(signature, "func(p0: string) -> bool");
}

TEST(HeaderExamples, Bytes) {
  // ---- bytes.hpp
  ByteWriter out;
  out.leb_u32(300);
  out.name("Ada");
  ByteReader in(out.view());
  Result<uint32_t> number = in.leb_u32();
  Result<std::string_view> name = in.name();
  // ----
  EXPECT_EQ(*number, 300u);
  EXPECT_EQ(*name, "Ada");
}

TEST(HeaderExamples, CallHook) {
  Store<App> store = std::move(World().store);
  // ---- call_hook.hpp
  class Timer final : public CallHook {
   public:
    TrapOr<void> crossing(Crossing crossing, std::string_view function) override {
      std::printf("%d %s\n", static_cast<int>(crossing), std::string(function).c_str());
      return {};
    }
  };
  std::shared_ptr<CallHook> hook = std::make_shared<Timer>();
  Result<void> hooked = store.set_call_hook(hook);
  // ----
  EXPECT_TRUE(hooked);
}

TEST(HeaderExamples, Component) {
  const auto bytes = as_bytes("\0asm");
  const Engine engine = World().engine;
  // ---- component.hpp
  auto hello = Component::read(engine, "(component)", "hello.wat");
  auto app = Component::read(engine, bytes, "app.wasm");
  // ----
  EXPECT_TRUE(hello);
  EXPECT_FALSE(app);
}

TEST(HeaderExamples, Engine) {
  // ---- engine.hpp
  auto engine = Engine::create();
  if (!engine) std::fputs(engine.error().to_string().c_str(), stderr);
  // ----
  EXPECT_TRUE(engine);
}

namespace of_frame_arena {
// ---- frame_arena.hpp
Task<int> later(Suspend&) { co_return 3; }
// ----
}  // namespace of_frame_arena

TEST(HeaderExamples, FrameArena) {
  Suspend suspend;
  EXPECT_EQ(of_frame_arena::later(suspend).run_if_ready(), 3);
  EXPECT_EQ(suspend.frames().counts().frames, 1u);
}

namespace of_host {
// ---- host.hpp
Task<uint64_t> wait_a_little(Call<App> call, Borrow<Timer> timer) {
  co_await call.data().loop->sleep(call.suspend(), call.get(timer).duration);
  co_return ++call.data().waited;
}
// ----
}  // namespace of_host

TEST(HeaderExamples, Host) {
  EXPECT_EQ(detail::bind<App>(of_host::wait_a_little).signature,
            "func(p0: borrow<example:app/host.timer>) -> u64");
}

[[maybe_unused]] void of_instance(Instance instance, Store<App>& store) {
  // ---- instance.hpp
  auto greet = instance.func<std::string(std::string)>("example:app/greeter@1.0.0", "greet");
  if (!greet) std::fputs(greet.error().to_string().c_str(), stderr);
  Outcome<std::string> said = greet->call(store, "Ada").run();
  // ----
}

TEST(HeaderExamples, Limiter) {
  Store<App> store = std::move(World().store);
  const auto ask_the_service = [](Suspend&, const ResourceRequest&) { return true; };
  static_cast<void>(ask_the_service);
  // ---- limiter.hpp
  class Budget final : public Limiter {
   public:
    bool allow(const ResourceRequest& request) override { return request.to <= 100; }
  };
  std::shared_ptr<Limiter> budget = std::make_shared<Budget>();
  store.set_limiter(budget);
  // ----
}

namespace of_limiter {
Task<bool> ask_the_service(Suspend&, ResourceRequest) { co_return true; }
// ---- limiter.hpp
class Quota final : public AsyncLimiter {
 public:
  Decision allow(Suspend& suspend, ResourceRequest request) override {
    if (request.to <= held_) return true;
    return ask_the_service(suspend, request);
  }
  uint64_t held_ = 0;
};
// ----
[[maybe_unused]] Quota quota;
}  // namespace of_limiter

TEST(HeaderExamples, Limits) {
  const Engine engine = World().engine;
  // ---- limits.hpp
  auto store = Store<App>::create(engine, App{}, {.memory_bytes = 64 << 20, .instances = 4});
  // ----
  EXPECT_TRUE(store);
}

TEST(HeaderExamples, Linker) {
  World world;
  Store<App>& store = world.store;
  const Component& component = world.component;
  // ---- linker.hpp
  Linker<App> linker;
  auto log = [](Call<App> call, std::string line) { call.data().lines.push_back(line); };
  auto make = [](Call<App> call, std::string name) { return call.push(File(name)); };
  auto size = [](Call<App> call, Borrow<File> file) { return call.get(file).size(); };
  Result<void> added = linker.func("example:files/api@1.0.0", "log", log);
  added = linker.resource<File>("example:files/api@1.0.0", "file");
  added = linker.func("example:files/api@1.0.0", "[constructor]file", make);
  added = linker.func("example:files/api@1.0.0", "[method]file.size", size);
  linker.trap_missing("wasi:sockets/", "this host has no network");
  Outcome<Instance> instance = linker.instantiate(store, component).run();
  // ----
  EXPECT_TRUE(added) << added.error().to_string();
  EXPECT_TRUE(instance);
}

[[maybe_unused]] void of_loop(Linker<App>& linker, TypedFunc<uint32_t(uint32_t)> f,
                              Store<App>& store) {
  // ---- loop.hpp
  auto loop = EventLoop::create();
  auto pause = [&](Call<App> call, uint32_t ms) -> Task<void> {
    co_await loop->sleep(call.suspend(), std::chrono::milliseconds(ms));
  };
  Result<void> added = linker.func("example:app/host@1.0.0", "pause", pause);
  Outcome<uint32_t> n = loop->run(f.call(store, 1));
  auto ask = [&](Call<App> call) -> Task<uint32_t> {
    auto answer = std::make_shared<uint32_t>();
    co_await loop->until_woken(call.suspend(), [answer](Waker waker) {
      std::thread([answer, waker = std::move(waker)]() mutable {
        *answer = 42;
        waker.wake();
      }).detach();
    });
    co_return *answer;
  };
  // ----
  [[maybe_unused]] Result<void> second = linker.func("example:app/host@1.0.0", "ask", ask);
}

TEST(HeaderExamples, Metering) {
  // ---- metering.hpp
  auto engine = Engine::create({.fuel = true});
  auto store = Store<App>::create(*engine, App{}, {.fuel = 1'000'000});
  uint64_t left = store->metering().fuel();
  store->metering().set_timeout(std::chrono::milliseconds(250));
  std::thread other([stop = store->metering().interrupt()] { stop.raise(); });
  // ----
  other.join();
  EXPECT_EQ(left, 1'000'000u);
}

TEST(HeaderExamples, Module) {
  World world;
  const Engine& engine = world.engine;
  Store<App>& store = world.store;
  const std::string_view text = R"((module
    (import "env" "add" (func $add (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "f") (param i32) (result i32) (call $add (local.get 0) (local.get 0)))))";
  const Bytes bytes = as_bytes("bytes");
  // ---- module.hpp
  auto module = Module::read(engine, text, "calc.wat");
  Linker<App> linker;
  auto add = [](Call<App>, int32_t a, int32_t b) { return a + b; };
  Result<void> added = linker.core_func("env", "add", add);
  Outcome<CoreInstance> calc = linker.instantiate(store, *module).run();
  auto f = calc->func<int32_t(int32_t)>("f");
  Memory memory = *calc->memory("memory");
  Result<void> written = memory.write(store, 16, bytes);
  // ----
  EXPECT_EQ(f->call(store, 4).run().value(), 8);
  EXPECT_TRUE(written);
  // ---- statistics.hpp
  const Statistics before = store.statistics();
  Outcome<uint64_t> grown = memory.grow(store, 1).run();
  assert(store.statistics().activations == before.activations);
  // ----
  EXPECT_EQ(store.statistics().activations, before.activations);
  EXPECT_TRUE(grown);
}

[[maybe_unused]] Task<void> of_operation(Suspend& suspend, EventLoop& loop, Store<App>& store,
                                         TypedFunc<int(int)> f) {
  static_cast<void>(suspend);
  // ---- operation.hpp
  Outcome<int> a = co_await f.call(store, 1);
  Outcome<int> b = f.call(store, 1).run();
  auto c = f.call(store, 1).run_if_ready();
  Outcome<int> d = loop.run(f.call(store, 1));
  // ----
}

[[maybe_unused]] void of_outcome(TypedFunc<uint32_t(uint32_t)> f, Store<App>& store) {
  // ---- outcome.hpp
  Outcome<uint32_t> outcome = f.call(store, 1).run();
  if (!outcome) {
    const Trap* trap = outcome.error().trap();
    const Error* error = outcome.error().error();
    std::fputs((trap ? trap->to_string() : error->to_string()).c_str(), stderr);
  }
  // ----
}

[[maybe_unused]] bool of_replay() {
  // ---- replay.hpp
  Result<Replay> replay = Replay::open("run.trace");
  ReplayReport report = *replay->run();
  bool differs = report.kind == ReplayReport::Kind::divergence;
  // ----
  return differs;
}

TEST(HeaderExamples, Resources) {
  // ---- resources.hpp
  ResourceTable table;
  uint32_t file = table.push(std::make_unique<File>("a")).value();
  if (File* f = table.get<File>(file)) f->rename("b");
  std::unique_ptr<File> last = table.take<File>(file);
  // ----
  EXPECT_EQ(last->name, "b");
}

namespace of_result {
// ---- result.hpp
Result<int> parse(std::string_view text);
// ----
Result<int> parse(std::string_view text) { return static_cast<int>(text.size()); }
}  // namespace of_result

TEST(HeaderExamples, Result) {
  using of_result::parse;
  // ---- result.hpp
  auto n = parse("12");
  if (!n) std::fputs(n.error().to_string().c_str(), stderr);
  // ----
  EXPECT_EQ(*n, 2);
}

[[maybe_unused]] void of_scheduler(Result<Store<App>> store, TypedFunc<uint32_t(uint32_t)> f) {
  // ---- scheduler.hpp
  auto loop = EventLoop::create();
  Result<void> set = store->set_scheduler(loop->scheduler());
  store->metering().set_timeout(std::chrono::milliseconds(250));
  auto outcome = loop->run(f.call(*store, 1));
  // ----
}

[[maybe_unused]] void of_store(const Engine& engine, Component component,
                               TypedFunc<uint32_t(std::string)> f) {
  // ---- store.hpp
  struct App { int greeted = 0; };
  Linker<App> linker;
  auto store = Store<App>::create(engine, App{}, {.memory_bytes = 64 << 20});
  Result<void> began = store->record({.path = "run.trace"});
  Outcome<Instance> instance = linker.instantiate(*store, component).run();
  Outcome<uint32_t> n = f.call(*store, "Ada").run();
  int greeted = store->data().greeted;
  Result<void> ended = store->close_recording();
  // ----
  static_cast<void>(greeted);
}

namespace of_task {
// ---- task.hpp
Task<int> twice(Suspend& suspend, Timer& timer) {
  co_await timer.sleep(suspend, std::chrono::milliseconds(10));
  co_return 2;
}
// ----
[[maybe_unused]] Task<void> use(Suspend& suspend, Timer& timer) {
  // ---- task.hpp
  int a = co_await twice(suspend, timer);
  std::optional<int> b = twice(suspend, timer).run_if_ready();
  // ----
  EXPECT_EQ(a, b);
}
}  // namespace of_task

[[maybe_unused]] void of_trap(Failure failure) {
  // ---- trap.hpp
  if (const Trap* trap = failure.trap()) std::fputs(trap->to_string().c_str(), stderr);
  // ----
}

TEST(HeaderExamples, Value) {
  // ---- value.hpp
  Value point{Value::List{{uint64_t{3}}, {uint64_t{4}}}};
  Value some{Value::Case{1, {std::string("a")}}};
  // ----
  EXPECT_EQ(std::get<Value::List>(point.data).size(), 2u);
  EXPECT_EQ(std::get<Value::Case>(some.data).index, 1u);
}

[[maybe_unused]] void of_wasi() {
  // ---- wasi.hpp
  WasiOptions options;
  options.arguments = {"app.wasm", "--verbose"};
  options.preopens.push_back({.host_path = "/srv", .guest_path = "/data", .read_only = true});
  inherit_standard_streams(options);
  // ----
}

}  // namespace
}  // namespace reprise
// clang-format on
