// Cancelling: dropping an Operation ends what is in flight, wherever it waits. Here a call gets
// 20 ms, and is dropped when they are over.

#include <chrono>
#include <cstdint>

#include "example.hpp"
#include "reprise/linker.hpp"
#include "reprise/loop.hpp"

namespace {

constexpr std::string_view kComponent = R"((component
  (import "example:app/database@1.0.0" (instance $db
    (export "query" (func (param "rows" u32) (result u32)))))
  (core func $query (canon lower (func $db "query")))
  (core module $m
    (import "" "query" (func $query (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $query (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "query" (func $query))))))
  (func (export "run") (param "rows" u32) (result u32) (canon lift (core func $i "run")))
))";

struct App {
  reprise::EventLoop loop;
  int open_queries = 0;
};

/// What a query holds is given back however it ends: coroutines that are cancelled are destroyed,
/// and so is all that lives in them.
class Query {
 public:
  explicit Query(int& open) : open_(&open) { ++*open_; }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() { --*open_; }

 private:
  int* open_;
};

reprise::Task<uint32_t> query(reprise::Call<App> call, uint32_t rows) {
  const Query running(call.data().open_queries);
  co_await call.data().loop.sleep(call.suspend(), std::chrono::milliseconds(rows));
  co_return rows;
}

/// Runs an operation for so long, and no longer.
template <class R>
std::optional<reprise::Outcome<R>> run_within(reprise::EventLoop& loop,
                                              std::chrono::milliseconds time,
                                              reprise::Operation<R> operation) {
  auto deadline = loop.sleep(loop.suspend(), time);
  if (operation.start()) return operation.take();
  deadline.start();
  while (!operation.done() && !deadline.done()) loop.turn();
  if (operation.done()) return operation.take();
  return std::nullopt;  // dropped: cancelled
}

}  // namespace

int main() {
  using namespace reprise;
  using example::need;
  using std::chrono::milliseconds;
  const Engine engine = need(Engine::create());
  const Component component = need(Component::read(engine, kComponent, "query.wat"));
  auto store = need(Store<App>::create(engine, App{.loop = need(EventLoop::create())}));
  EventLoop& loop = store.data().loop;
  Linker<App> linker;
  need(linker.func("example:app/database@1.0.0", "query", query));

  const Instance instance = need(loop.run(linker.instantiate(store, component)));
  const auto run = need(instance.func<uint32_t(uint32_t)>("", "run"));
  auto quick = run_within(loop, milliseconds(2000), run.call(store, 1));
  auto slow = run_within(loop, milliseconds(20), run.call(store, 60000));
  std::printf("quick: %s, slow: %s, open queries: %d\n", quick ? "done" : "cancelled",
              slow ? "done" : "cancelled", store.data().open_queries);

  // The guest was in the middle of something: nobody sees that instance again.
  std::printf("again: %s\n", loop.run(run.call(store, 1)).error().to_string().c_str());
  const Instance fresh = need(loop.run(linker.instantiate(store, component)));
  const auto again = need(fresh.func<uint32_t(uint32_t)>("", "run"));
  std::printf("a new instance: %u\n", need(loop.run(again.call(store, 1))));
}
