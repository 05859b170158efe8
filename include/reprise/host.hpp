// What a host function sees of the store it is called from.
//
// A host function takes a Call<T> first: a small handle, passed by value, good until the call has
// returned. Through it the function reaches the embedder's data, the table of host resources, and,
// if it is a coroutine, the capability to suspend.
//
//   Task<uint64_t> wait_a_little(Call<App> call, Borrow<Timer> timer) {
//     co_await call.data().loop->sleep(call.suspend(), call.get(timer).duration);
//     co_return ++call.data().waited;
//   }
//
// Thread rules: on the store's thread only.

#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "reprise/bytes.hpp"
#include "reprise/resources.hpp"
#include "reprise/task.hpp"
#include "reprise/trap.hpp"

namespace reprise {

/// The rows of reprise/suspension_points.def.
enum class SuspensionPoint : uint8_t {
#define SUSPENSION_POINT(name, ...) name,
#include "reprise/suspension_points.def"
#undef SUSPENSION_POINT
};
std::string_view to_string(SuspensionPoint point);

/// Something that suspended work waits for. Destroying it takes the wait back.
class Pending {
 public:
  virtual ~Pending() = default;
  virtual bool done() const = 0;
  /// Resumes `waiter` when it is done. Not called when it is done already.
  virtual void on_done(std::coroutine_handle<> waiter) = 0;
  virtual SuspensionPoint point() const = 0;
};

/// A host call that was started and is not finished. Destroying it cancels it.
class PendingHostCall : public Pending {
 public:
  SuspensionPoint point() const override { return SuspensionPoint::host_function; }
  /// Appends the results of a call that is done.
  virtual TrapOr<void> finish(ByteWriter& results) = 0;
};

class Scheduler;
namespace detail {
class StoreState;
}

/// What the host functions of one store share.
struct HostContext {
  Suspend suspend;
  ResourceTable resources;
  /// The embedder's data, Store<T>'s T.
  void* data = nullptr;
  /// Set when somebody must hear of bytes that a host function writes to standard output (1) or
  /// error (2) without the guest's having had them, as a splice does.
  std::function<void(uint8_t stream, std::span<const uint8_t> bytes)> on_passed = {};
  /// Set by a door that suspends, taken by the driver of the activation that parked.
  Pending* parked = nullptr;
  /// What the task that runs now lends to the host functions that it calls: each task has a Suspend
  /// of its own, with its own frames.
  Suspend* task = &suspend;
  /// What it may wait on for space in the recording; null: it blocks the thread.
  Scheduler* patience = nullptr;
  /// The public store, if there is one.
  detail::StoreState* store = nullptr;
};

/// A handle that gives the resource away, or takes it over. `ordinal` names it in the store.
template <class R>
struct Own {
  uint32_t ordinal = 0;
  bool operator==(const Own&) const = default;
};

/// A handle that lends the resource for the length of the call.
template <class R>
struct Borrow {
  uint32_t ordinal = 0;
  bool operator==(const Borrow&) const = default;
};

template <class T>
class Call {
 public:
  explicit Call(HostContext& context) : context_(&context), suspend_(context.task) {}

  T& data() const { return *static_cast<T*>(context_->data); }
  Suspend& suspend() const { return *suspend_; }
  ResourceTable& resources() const { return context_->resources; }

  /// The resource that a handle of this call names. A handle that names none is a defect of the
  /// host's bindings; it ends the call with a trap.
  template <class R>
  R& get(Borrow<R> handle) const {
    return find<R>(handle.ordinal);
  }
  template <class R>
  R& get(Own<R> handle) const {
    return find<R>(handle.ordinal);
  }

  /// See HostContext::on_passed.
  void passed(uint8_t stream, std::span<const uint8_t> bytes) const {
    if (context_->on_passed) context_->on_passed(stream, bytes);
  }

  /// Takes a resource in, to be given to the guest. Traps when the store holds too many.
  template <class R>
  Own<R> push(R resource) const {
    auto ordinal = context_->resources.push(std::make_unique<R>(std::move(resource)));
    if (!ordinal) throw std::length_error(ordinal.error().to_string());
    return {*ordinal};
  }
  /// Takes the resource out that the guest has given away.
  template <class R>
  std::unique_ptr<R> take(Own<R> handle) const {
    find<R>(handle.ordinal);
    return context_->resources.take<R>(handle.ordinal);
  }

 private:
  template <class R>
  R& find(uint32_t ordinal) const {
    R* found = context_->resources.get<R>(ordinal);
    if (!found) throw std::logic_error("a handle names no resource of this type");
    return *found;
  }

  friend class StoreRef;

  HostContext* context_;
  Suspend* suspend_;
};

}  // namespace reprise
