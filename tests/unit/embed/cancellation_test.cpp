// Every row of the table of suspension points, cancelled at every poll: the work of a row is begun
// again and again, and each time one more of its waits is let go by before it is dropped. Then
// nothing waits any more, the store is what it was while the work was parked, everything that the
// work held is back where it came from, the instance is closed if its guest was in the middle of
// something, and the recording replays to the same state.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "recorded.hpp"
#include "reprise/component.hpp"
#include "reprise/linker.hpp"
#include "slow_sink.hpp"
#include "turns.hpp"

namespace reprise {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHost = "test:host/api@1.0.0";

constexpr std::string_view kModule = R"((module
  (import "host" "add" (func $add (param i32) (result i32)))
  (type $bytes (array i8))
  (memory (export "memory") 1 100)
  (memory $shared 1 1 shared)
  (table $t 1 100 funcref)
  (data (i32.const 64) "first contents")
  (global $n (mut i32) (i32.const 0))
  (func (export "grow-memory")
    (drop (memory.grow (i32.const 1))) (drop (memory.grow (i32.const 2)))
    (drop (memory.grow (i32.const 3))))
  (func (export "grow-table")
    (drop (table.grow $t (ref.null func) (i32.const 1)))
    (drop (table.grow $t (ref.null func) (i32.const 2))))
  (func (export "allocate") (local (ref null $bytes) (ref null $bytes) (ref null $bytes))
    (local.set 0 (array.new_default $bytes (i32.const 8000000)))
    (local.set 1 (array.new_default $bytes (i32.const 16000000)))
    (local.set 2 (array.new_default $bytes (i32.const 32000000)))
    (drop (array.len (local.get 0))) (drop (array.len (local.get 1))))
  (func (export "spin") (local $i i32)
    (loop $more
      (i32.store (i32.const 0) (local.get $i))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (i32.const 100)))))
  (func $sleep
    (drop (memory.atomic.wait32 $shared (i32.const 8) (i32.const 0) (i64.const 100))))
  (func (export "sleep") (call $sleep) (call $sleep) (call $sleep))
  (func (export "print") (local $i i32)
    (loop $more
      (local.set $i (call $add (local.get $i)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 50000)))))
  (func (export "count") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (global.get $n))))";

/// Has a handle of its own, and lends it.
constexpr std::string_view kLending = R"((component
  (import "test:host/api@1.0.0" (instance $host
    (export "thing" (type $thing (sub resource)))
    (export "make" (func (result (own $thing))))
    (export "look" (func (param "thing" (borrow $thing)) (result u32)))))
  (alias export $host "thing" (type $thing))
  (core func $make (canon lower (func $host "make")))
  (core func $look (canon lower (func $host "look")))
  (core module $m
    (import "" "make" (func $make (result i32)))
    (import "" "look" (func $look (param i32) (result i32)))
    (func (export "run") (result i32) (local $thing i32)
      (local.set $thing (call $make))
      (i32.add (call $look (local.get $thing)) (call $look (local.get $thing)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "make" (func $make)) (export "look" (func $look))))))
  (func (export "run") (result u32) (canon lift (core func $i "run")))
))";

constexpr std::string_view kStarting = R"((component
  (import "test:host/api@1.0.0" (instance $host
    (export "wait" (func (param "x" u32) (result u32)))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $m
    (import "" "wait" (func $wait (param i32) (result i32)))
    (func $start (drop (call $wait (call $wait (i32.const 7)))))
    (start $start))
  (core instance $i (instantiate $m (with "" (instance (export "wait" (func $wait))))))
))";

constexpr std::string_view kMany = R"((component
  (core module $m (memory 1 2) (table 3 4 funcref))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
))";

constexpr std::string_view kDestroying = R"((component
  (import "test:host/api@1.0.0" (instance $host
    (export "wait" (func (param "x" u32) (result u32)))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $m
    (import "" "wait" (func $wait (param i32) (result i32)))
    (func (export "drop") (param i32) (drop (call $wait (call $wait (local.get 0))))))
  (core instance $i (instantiate $m (with "" (instance (export "wait" (func $wait))))))
  (type $own (resource (rep i32) (dtor (core func $i "drop"))))
  (core func $new (canon resource.new $own))
  (core module $n
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "run") (result i32) (i32.const 1)))
  (core instance $j (instantiate $n (with "" (instance (export "new" (func $new))))))
  (export $thing "thing" (type $own))
  (func (export "make") (param "x" u32) (result (own $thing)) (canon lift (core func $j "make")))
  (func (export "run") (result u32) (canon lift (core func $j "run")))
))";

struct Thing {};

struct App {
  Waiters waiting;
  bool is_quick = false;
};

/// Each wait is two, so that it can be cancelled in the middle, too.
Task<void> wait_twice(Suspend& suspend, Waiters* waiting) {
  suspend.check();
  co_await WaitForTest{*waiting};
  co_await WaitForTest{*waiting};
}

class Quota final : public AsyncLimiter {
 public:
  explicit Quota(Waiters& waiting) : waiting_(waiting) {}
  Decision allow(Suspend& suspend, ResourceRequest) override {
    ++asked;
    if (!is_slow) return true;
    return ask(suspend, &waiting_);
  }
  void settled(const ResourceRequest& request, bool done) override {
    ++settled_;
    if (done && request.what == ResourceRequest::What::memory) pages += request.to - request.from;
    if (done) pages += request.memory_pages;
  }
  bool is_slow = false;
  int asked = 0;
  uint64_t pages = 0;
  int settled_count() const { return settled_; }

 private:
  static Task<bool> ask(Suspend& suspend, Waiters* waiting) {
    co_await wait_twice(suspend, waiting);
    co_return true;
  }
  Waiters& waiting_;
  int settled_ = 0;
};

class SlowHook final : public AsyncCallHook {
 public:
  SlowHook(Waiters& waiting, Crossing at) : waiting_(waiting), at_(at) {}
  Task<TrapOr<void>> crossing(Suspend& suspend, Crossing crossing, std::string) override {
    if (is_slow && crossing == at_) co_await wait_twice(suspend, &waiting_);
    co_return TrapOr<void>();
  }
  bool is_slow = false;

 private:
  Waiters& waiting_;
  const Crossing at_;
};

/// An Operation, whatever its result is.
class AnyWork {
 public:
  template <class R>
  explicit AnyWork(Operation<R> operation) : work_(std::make_unique<Of<R>>(std::move(operation))) {}
  bool start() { return work_->start(); }
  bool done() const { return work_->done(); }
  std::optional<SuspensionPoint> waits_at() const { return work_->waits_at(); }
  void drop() { work_.reset(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual bool start() = 0;
    virtual bool done() const = 0;
    virtual std::optional<SuspensionPoint> waits_at() const = 0;
  };
  template <class R>
  struct Of final : Base {
    explicit Of(Operation<R> o) : operation(std::move(o)) {}
    bool start() override { return operation.start(); }
    bool done() const override { return operation.done(); }
    std::optional<SuspensionPoint> waits_at() const override { return operation.waits_at(); }
    Operation<R> operation;
  };
  std::unique_ptr<Base> work_;
};

/// What is in a store, as far as a cancelled work must leave it alone.
struct Contents {
  std::vector<uint64_t> memories, tables;
  uint64_t digest, memory_bytes, table_elements, heap, functions;
  size_t instances;
  uint32_t resources;
  /// Instance and index of each handle.
  std::vector<std::pair<uint32_t, uint32_t>> handles;
  uint32_t lends = 0;

  Contents(AnyStore& store, const Instance* instance) {
    runtime::StoreCore& core = detail::Access::state(store).session->core();
    for (uint32_t i = 0; i < core.memory_count(); ++i)
      memories.push_back(core.memory(runtime::MemoryId(i)).pages());
    for (uint32_t i = 0; i < core.table_count(); ++i)
      tables.push_back(core.table(runtime::TableId(i)).size());
    digest = digest_of(store);
    memory_bytes = core.memory_bytes();
    table_elements = core.table_elements();
    heap = core.heap().used_bytes();
    functions = core.function_count();
    instances = core.instance_count();
    resources = store.resources().live();
    if (instance == nullptr) return;
    for (const auto& held : detail::Access::state(*instance)->program().handles()) {
      handles.emplace_back(held.instance, held.index);
      lends += held.lends;
    }
  }
};

bool same_but_for_lends(const Contents& a, const Contents& b) {
  return a.memories == b.memories && a.tables == b.tables && a.digest == b.digest &&
         a.memory_bytes == b.memory_bytes && a.table_elements == b.table_elements &&
         a.heap == b.heap && a.functions == b.functions && a.instances == b.instances &&
         a.resources == b.resources && a.handles == b.handles;
}

}  // namespace
}  // namespace reprise

REPRISE_RESOURCE(reprise::Thing, "test:host/api.thing")

namespace reprise {
namespace {

class World {
 public:
  explicit World(SuspensionPoint point) : point_(point) {
    EXPECT_TRUE(linker_.core_func("host", "add", [](Call<App>, int32_t x) { return x + 1; }));
    EXPECT_TRUE(linker_.resource<Thing>(kHost, "thing"));
    EXPECT_TRUE(linker_.func(kHost, "make", [](Call<App> call) { return call.push(Thing()); }));
    EXPECT_TRUE(linker_.func(kHost, "wait", [](Call<App> call, uint32_t x) -> Task<uint32_t> {
      co_await wait_twice(call.suspend(), &call.data().waiting);
      co_return x;
    }));
    EXPECT_TRUE(linker_.func(kHost, "look", [](Call<App> call, Borrow<Thing>) -> Task<uint32_t> {
      if (call.data().is_quick) co_return 5;
      co_await wait_twice(call.suspend(), &call.data().waiting);
      co_return 5;
    }));
    record();
    EXPECT_TRUE(store_.set_scheduler(turns_));
    store_.set_limiter(std::shared_ptr<AsyncLimiter>(quota_));
    bystander_ = instantiate_module();
    EXPECT_EQ(count(*bystander_), 1) << "its stack is there for others";
  }
  ~World() { open(); }
  World(const World&) = delete;

  AnyWork begin();
  void go_on();
  bool is_crossing() const { return hook_ != nullptr; }

  void check_after_cancelling(const Contents& parked, bool closes);

  Store<App>& store() { return store_; }
  const Instance* instance() const { return instance_ ? &*instance_ : nullptr; }
  Contents contents() { return Contents(store_, instance()); }

 private:
  void record();
  void open() {
    is_open_ = true;
    is_open_.notify_all();
  }
  CoreInstance instantiate_module() {
    const Module module = *Module::read(engine_, kModule, "bystander.wat");
    auto made = linker_.instantiate(store_, module).run_if_ready();
    EXPECT_TRUE(made && *made) << made->error().to_string();
    return **made;
  }
  int32_t count(const CoreInstance& instance) {
    return instance.func<int32_t()>("count")->call(store_).run_if_ready()->value();
  }
  Operation<Instance> instantiating(std::string_view text) {
    return linker_.instantiate(store_, *Component::read(engine_, text, "test.wat"));
  }
  AnyWork run_component(std::string_view text) {
    instance_ = **instantiating(text).run_if_ready();
    return AnyWork(instance_->func<uint32_t()>("", "run")->call(store_));
  }
  AnyWork run_module(const char* function) {
    core_ = instantiate_module();
    return AnyWork(core_->func<void()>(function)->call(store_));
  }
  AnyWork cross(Crossing at);

  const SuspensionPoint point_;
  TemporaryTrace trace_{"cancellation"};
  std::atomic<bool> is_open_ = true;
  const std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
  Engine engine_ = *Engine::create({.fuel = point_ == SuspensionPoint::fuel_yield});
  Store<App> store_ = *Store<App>::create(engine_, App{});
  std::shared_ptr<Quota> quota_ = std::make_shared<Quota>(store_.data().waiting);
  std::shared_ptr<SlowHook> hook_;
  Linker<App> linker_;
  std::optional<CoreInstance> bystander_, core_;
  std::optional<Instance> instance_;
  int epochs_ = 0, looks_ = 0;
};

void World::record() {
  if (point_ != SuspensionPoint::trace_space) {
    ASSERT_TRUE(store_.record(
        {.path = trace_.path(), .interruptible = point_ == SuspensionPoint::epoch_yield}));
    return;
  }
  replay::RecorderOptions options;
  options.writer.chunk_bytes = 4096;
  options.writer.ring_bytes = 1 << 18;
  auto sink = std::make_unique<SlowSink>(*trace::FileSink::create(trace_.path()), is_open_);
  detail::StoreState& state = detail::Access::state(store_);
  ASSERT_TRUE(state.session->record(*replay::Recorder::create(std::move(sink), options)));
  state.recording = RecordOptions{.path = trace_.path()};
}

AnyWork World::cross(Crossing at) {
  // Set before anything is instantiated: this world is another one.
  store_ = *Store<App>::create(engine_, App{});
  store_.data().is_quick = true;
  hook_ = std::make_shared<SlowHook>(store_.data().waiting, at);
  quota_ = std::make_shared<Quota>(store_.data().waiting);
  EXPECT_TRUE(store_.set_call_hook(std::shared_ptr<AsyncCallHook>(hook_)));
  record();
  store_.set_limiter(std::shared_ptr<AsyncLimiter>(quota_));
  bystander_ = instantiate_module();
  count(*bystander_);
  AnyWork work = run_component(kLending);
  hook_->is_slow = true;
  return work;
}

/// One for each row, or this does not compile.
AnyWork World::begin() {
  switch (point_) {
    case SuspensionPoint::host_function:
      return run_component(kLending);
    case SuspensionPoint::memory_growth: {
      AnyWork work = run_module("grow-memory");
      quota_->is_slow = true;
      return work;
    }
    case SuspensionPoint::table_growth: {
      AnyWork work = run_module("grow-table");
      quota_->is_slow = true;
      return work;
    }
    case SuspensionPoint::heap_growth: {
      AnyWork work = run_module("allocate");
      quota_->is_slow = true;
      return work;
    }
    case SuspensionPoint::instance_creation:
      quota_->is_slow = true;
      return AnyWork(instantiating(kMany));
    case SuspensionPoint::host_growth:
      quota_->is_slow = true;
      return AnyWork(bystander_->memory("memory")->grow(store_, 5));
    case SuspensionPoint::calling_guest:
      return cross(Crossing::calling_guest);
    case SuspensionPoint::returned_from_guest:
      return cross(Crossing::returned_from_guest);
    case SuspensionPoint::calling_host:
      return cross(Crossing::calling_host);
    case SuspensionPoint::returned_from_host:
      return cross(Crossing::returned_from_host);
    case SuspensionPoint::guest_destructor: {
      instance_ = **instantiating(kDestroying).run_if_ready();
      EXPECT_TRUE(
          *instance_->dynamic("", "make")->call(store_, {Value{uint64_t{7}}}).run_if_ready());
      return AnyWork(instance_->drop_resource(store_, "", "thing", 7));
    }
    case SuspensionPoint::start_function:
      return AnyWork(instantiating(kStarting));
    case SuspensionPoint::fuel_yield:
      EXPECT_TRUE(store_.metering().yield_every(300));
      return run_module("spin");
    case SuspensionPoint::epoch_yield: {
      AnyWork work = run_module("spin");
      store_.metering().yield_every_epochs(1);
      engine_.increment_epoch();
      return work;
    }
    case SuspensionPoint::atomic_wait:
      return run_module("sleep");
    case SuspensionPoint::trace_space: {
      AnyWork work = run_module("print");
      is_open_ = false;
      return work;
    }
  }
  std::abort();
}

/// Lets the wait go by that is the work's now.
void World::go_on() {
  switch (point_) {
    case SuspensionPoint::fuel_yield:
      ASSERT_TRUE(turns_->next());
      return;
    case SuspensionPoint::epoch_yield:
      if (++epochs_ < 4) engine_.increment_epoch();
      ASSERT_TRUE(turns_->next());
      return;
    case SuspensionPoint::atomic_wait:
      turns_->pass(100ns);
      return;
    case SuspensionPoint::trace_space:
      // Three looks at the drain, then it drains: on a thread of its own, which wants time, too.
      if (++looks_ > 3) {
        open();
        std::this_thread::sleep_for(20ms);
      }
      turns_->pass(1ms);
      return;
    default: {
      Waiters& waiting = store_.data().waiting;
      ASSERT_EQ(waiting.size(), 1u);
      const std::coroutine_handle<> first = waiting.front();
      waiting.clear();
      first.resume();
    }
  }
}

void World::check_after_cancelling(const Contents& parked, bool closes) {
  // Nobody waits, and nothing is left of the work.
  EXPECT_TRUE(store_.data().waiting.empty());
  EXPECT_EQ(turns_->sleeping(), 0u);
  turns_->run();
  detail::StoreState& state = detail::Access::state(store_);
  runtime::StoreCore& core = state.session->core();
  EXPECT_TRUE(state.works.empty());
  EXPECT_TRUE(core.activations().empty());
  EXPECT_FALSE(core.is_running());

  const Contents now = contents();
  EXPECT_TRUE(same_but_for_lends(now, parked));
  EXPECT_EQ(now.lends, 0u) << "what was lent is given back";
  EXPECT_EQ(quota_->asked, quota_->settled_count());
  uint64_t pages = 0;
  for (const uint64_t memory : now.memories) pages += memory;
  EXPECT_EQ(quota_->pages, pages) << "the limiter's accounts";

  // The instance, and those beside it.
  open();
  quota_->is_slow = false;
  if (hook_) hook_->is_slow = false;
  store_.data().is_quick = true;
  if (state.session->core().engine().charges_fuel()) EXPECT_TRUE(store_.metering().yield_every(0));
  store_.metering().yield_every_epochs(0);
  if (instance_)
    EXPECT_EQ(instance_->func<uint32_t()>("", "run")->call(store_).run_if_ready()->has_value(),
              !closes);
  if (core_)
    EXPECT_EQ(core_->func<int32_t()>("count")->call(store_).run_if_ready()->has_value(), !closes);
  const uint64_t stacks_made = store_.statistics().stacks_made;
  EXPECT_EQ(count(*bystander_), 2);
  EXPECT_EQ(store_.statistics().stacks_made, stacks_made) << "the guest's stack came back";
  auto closed = store_.close_recording();
  ASSERT_TRUE(closed) << closed.error().to_string();
  trace_.replay(store_);

  // Its slots are in the pool again, and as good as new.
  const uint64_t memories = store_.statistics().memories;
  instance_.reset();
  store_ = *Store<App>::create(engine_, App{});
  quota_ = std::make_shared<Quota>(store_.data().waiting);
  CoreInstance fresh = instantiate_module();
  const Statistics pooled = store_.statistics();
  EXPECT_GE(memories, pooled.memories);
  EXPECT_EQ(pooled.memories_pooled, pooled.memories);
  EXPECT_EQ(count(fresh), 1);
  EXPECT_EQ(store_.statistics().stacks_made, 0u);
  Engine unpooled = *Engine::create({.fuel = point_ == SuspensionPoint::fuel_yield, .pooled = 0});
  Store<App> other = *Store<App>::create(unpooled, App{});
  auto first = linker_.instantiate(other, *Module::read(unpooled, kModule, "bystander.wat"));
  first.start();
  EXPECT_EQ(first.take()->func<int32_t()>("count")->call(other).run_if_ready()->value(), 1);
  EXPECT_EQ(digest_of(store_), digest_of(other));
}

class CancellationTest : public testing::TestWithParam<SuspensionPoint> {};

TEST_P(CancellationTest, AtEveryPoll) {
  int polls = 0, at_the_row = 0;
  for (bool is_over = false; !is_over; ++polls) {
    ASSERT_LT(polls, 100);
    SCOPED_TRACE("poll " + std::to_string(polls));
    World world(GetParam());
    AnyWork work = world.begin();
    is_over = work.start();
    for (int poll = 0; poll < polls && !is_over; ++poll) {
      world.go_on();
      if (HasFatalFailure()) return;
      is_over = work.done();
    }
    if (is_over) break;
    ASSERT_TRUE(work.waits_at());
    const SuspensionPoint at = *work.waits_at();
    if (at == GetParam()) ++at_the_row;
    // Where a guest is not in the middle of something, nobody's instance is closed.
    const bool closes =
        at != SuspensionPoint::host_growth && at != SuspensionPoint::instance_creation &&
        at != SuspensionPoint::calling_guest && at != SuspensionPoint::returned_from_guest;
    const Contents parked = world.contents();
    work.drop();
    world.check_after_cancelling(parked, closes);
    if (HasFatalFailure()) return;
  }
  EXPECT_GE(at_the_row, 2);
}

std::vector<SuspensionPoint> every_row() {
  return {
#define SUSPENSION_POINT(name, ...) SuspensionPoint::name,
#include "reprise/suspension_points.def"
#undef SUSPENSION_POINT
  };
}

INSTANTIATE_TEST_SUITE_P(Rows, CancellationTest, testing::ValuesIn(every_row()),
                         [](const auto& row) { return std::string(to_string(row.param)); });

}  // namespace
}  // namespace reprise
