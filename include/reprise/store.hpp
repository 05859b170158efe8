// Store: where instances live, together with the embedder's own data.
//
//   struct App { int greeted = 0; };
//   auto store = Store<App>::create(engine, App{}, {.memory_bytes = 64 << 20});
//   store->record({.path = "run.trace"});       // before anything is instantiated
//   …
//   Outcome<uint32_t> n = store->run(f.call(*store, "Ada"));
//   store->data().greeted;
//   store->close_recording();
//
// The store owns its T, whose address stays the same however the Store is moved. Host functions
// reach it through Call<T>::data(). Destroying a store destroys its instances, then the host
// resources that guests still held, then T; Tasks made for it must be gone before.
//
// A Task made for a store is either awaited in a coroutine, or run: run() is for programs without
// an event loop. It refuses, before anything of the guest runs, when a host function that may
// suspend (a coroutine) has been linked, and names it.
//
// Errors: `usage` for what comes in the wrong order or from the wrong thread; `io` from recording.
// Thread rules: a store belongs to the thread that made it; calls from another one are refused.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "reprise/engine.hpp"
#include "reprise/limits.hpp"
#include "reprise/metering.hpp"
#include "reprise/outcome.hpp"
#include "reprise/resources.hpp"
#include "reprise/result.hpp"
#include "reprise/statistics.hpp"
#include "reprise/task.hpp"

namespace reprise {

namespace detail {
class StoreState;
}

struct RecordOptions {
  /// The trace file. It is replaced if it is there.
  std::string path;

  /// How arguments of host calls are recorded. Results always are in full: a replay needs them.
  enum class Arguments : uint8_t {
    values,        // in full
    short_values,  // in full up to 256 bytes, else as a digest
    digests,
  };
  Arguments arguments = Arguments::short_values;

  enum class Codec : uint8_t { none, lz4, zstd };
  Codec codec = Codec::none;

  /// Guests may be interrupted: ticks are counted, so that a replay is interrupted at the same
  /// place. An interruption of a recording without this makes it no faithful one.
  bool interruptible = false;

  /// False: the trace only names the component, by location and digest.
  bool embed_component = true;
  /// Left out of the trace, wherever they would stand in it: the values of environment variables,
  /// the arguments behind the program's name, what is read from standard input. See
  /// docs/recording.md.
  bool omit_environment = false;
  bool omit_arguments = false;
  bool omit_input = false;
  /// Where the component is found again; its name is used when this is empty.
  std::string component_location{};
};

/// A store as far as it does not depend on the type of its data.
class AnyStore {
 public:
  AnyStore(AnyStore&&) noexcept;
  AnyStore& operator=(AnyStore&&) noexcept;
  ~AnyStore();

  /// From here on everything that crosses the boundary is recorded. Before the first
  /// instantiation; a recorded store holds one component.
  Result<void> record(const RecordOptions& options);
  /// Completes the trace: it ends with how the last call ended. Fails if the recording ended early
  /// or could not be faithful, and says why. A trace that is never closed counts as cut short; it
  /// can be replayed as far as it goes.
  Result<void> close_recording();

  /// Fuel, epochs, deadlines.
  Metering metering();
  Statistics statistics();

  /// The host resources that guests hold.
  ResourceTable& resources();

  /// Runs `task`, made for this store, to its end. See above for what it refuses.
  template <class R>
  Outcome<R> run(Task<Outcome<R>> task) {
    if (auto allowed = may_run(); !allowed)
      return std::unexpected(Failure(std::move(allowed.error())));
    std::optional<Outcome<R>> outcome = std::move(task).run_if_ready();
    if (!outcome) return std::unexpected(Failure(would_wait()));
    return *std::move(outcome);
  }

 protected:
  static Result<AnyStore> create(const Engine& engine, std::shared_ptr<void> data,
                                 const Limits& limits);

 private:
  friend struct detail::Access;
  explicit AnyStore(std::unique_ptr<detail::StoreState> state);
  Result<void> may_run() const;
  static Error would_wait();

  std::unique_ptr<detail::StoreState> state_;
};

template <class T>
class Store : public AnyStore {
 public:
  static Result<Store> create(const Engine& engine, T data = T(), const Limits& limits = {}) {
    auto owned = std::make_shared<T>(std::move(data));
    T* const place = owned.get();
    REPRISE_ASSIGN(AnyStore store, AnyStore::create(engine, std::move(owned), limits));
    return Store(std::move(store), place);
  }

  T& data() { return *data_; }
  const T& data() const { return *data_; }

 private:
  Store(AnyStore&& store, T* data) : AnyStore(std::move(store)), data_(data) {}

  T* data_;
};

}  // namespace reprise
