// Store: where instances live, together with the embedder's own data.
//
//   struct App { int greeted = 0; };
//   Linker<App> linker;
//   auto store = Store<App>::create(engine, App{}, {.memory_bytes = 64 << 20});
//   Result<void> began = store->record({.path = "run.trace"});  // before it is instantiated
//   Outcome<Instance> instance = linker.instantiate(*store, component).run();
//   Outcome<uint32_t> n = f.call(*store, "Ada").run();
//   int greeted = store->data().greeted;
//   Result<void> ended = store->close_recording();
//
// The store owns its T, whose address stays the same however the Store is moved. Host functions
// reach it through Call<T>::data(). Destroying a store destroys its instances, then the host
// resources that guests still held, then T; operations that are still there are cancelled before.
//
// What runs in a store is an Operation (operation.hpp): awaited in a coroutine, run by a loop, or,
// in a program without one, run() on the spot.
//
// Errors: `usage` for what comes in the wrong order or from the wrong thread; `io` from recording.
// Thread rules: a store belongs to the thread that made it. On another one what can fail is
// refused, and the rest, destroying it included, ends the program with a message; in every build.
// It goes to another thread with move_here(), which exists only for a T that says it may: `template
// <> inline constexpr bool reprise::sendable<App> = true;`. Such a store may also be destroyed
// anywhere.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "reprise/call_hook.hpp"
#include "reprise/engine.hpp"
#include "reprise/host.hpp"
#include "reprise/limiter.hpp"
#include "reprise/limits.hpp"
#include "reprise/metering.hpp"
#include "reprise/operation.hpp"
#include "reprise/outcome.hpp"
#include "reprise/resources.hpp"
#include "reprise/result.hpp"
#include "reprise/scheduler.hpp"
#include "reprise/statistics.hpp"

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

  /// Guests may be interrupted, or yield to epochs where no fuel is charged: ticks are counted, so
  /// that a replay stops at the same place. Without this, that may make it no faithful one.
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
  /// instantiation.
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

  /// Asked from now on before anything grows or is created; null: nobody is. Instead of the one
  /// before, who still answers what it was asked, and hears what came of it.
  void set_limiter(std::shared_ptr<Limiter> limiter);
  void set_limiter(std::shared_ptr<AsyncLimiter> limiter);
  /// Told of every crossing between host and guest. Before anything is instantiated.
  Result<void> set_call_hook(std::shared_ptr<CallHook> hook);
  Result<void> set_call_hook(std::shared_ptr<AsyncCallHook> hook);

  /// Resumes what waits for nobody else, and brings deadlines to guests that wait; see there. Null:
  /// from now on nothing does. Fails with `usage` while anything waits.
  Result<void> set_scheduler(std::shared_ptr<Scheduler> scheduler);

 protected:
  static Result<AnyStore> create(const Engine& engine, std::shared_ptr<void> data,
                                 const Limits& limits, bool is_sendable);
  Result<void> bind_to_this_thread();

 private:
  friend struct detail::Access;
  friend class StoreRef;
  explicit AnyStore(std::unique_ptr<detail::StoreState> state);

  std::unique_ptr<detail::StoreState> state_;
};

/// A store, for the length of a call: of an AnyStore, or the one that a host function is called
/// from.
class StoreRef {
 public:
  StoreRef(AnyStore& store) : state_(store.state_.get()) {}  // NOLINT(google-explicit-constructor)
  template <class T>
  StoreRef(const Call<T>& call)  // NOLINT(google-explicit-constructor)
      : state_(call.context_->store) {}

 private:
  friend struct detail::Access;
  detail::StoreState* state_;
};

/// Whether stores with this T may go from one thread to another.
template <class T>
inline constexpr bool sendable = false;

template <class T>
class Store : public AnyStore {
 public:
  static Result<Store> create(const Engine& engine, T data = T(), const Limits& limits = {}) {
    auto owned = std::make_shared<T>(std::move(data));
    T* const place = owned.get();
    REPRISE_ASSIGN(AnyStore store, AnyStore::create(engine, std::move(owned), limits, sendable<T>));
    return Store(std::move(store), place);
  }

  T& data() { return *data_; }
  const T& data() const { return *data_; }

  /// From here on the store belongs to the calling thread. Refused while anything runs in it; what
  /// is suspended goes along, and must then be resumed on this thread.
  Result<void> move_here()
    requires(sendable<T>)
  {
    return bind_to_this_thread();
  }

 private:
  Store(AnyStore&& store, T* data) : AnyStore(std::move(store)), data_(data) {}

  T* data_;
};

}  // namespace reprise
