// Doors: the one place where a guest's call reaches the host.
//
// A HostFunction is what the embedder (or WASI) gives: bytes in, bytes out, in the canonical value
// encoding (wit/encoding.hpp). A HostImport is how one import of one instance gets its arguments
// out of the guest and its results back: by the canonical ABI in a component, by reading pointers
// in a WASI 0.1 module. Between the two stands a door, a native step (native.hpp) chosen when the
// import is linked:
//
//   direct_door      lift → call → lower                                   (here)
//   recording door   lift → record entry → call → record result → lower    (replay/doors.hpp)
//   replaying door   lift → compare with the trace → take its result → lower
//
// so a run that is not recorded executes nothing of recording, and a replay nothing of the host.
//
// A host call may suspend: then the activation parks, `HostContext::parked` says what it waits for,
// and whoever drives it awaits that and runs it again.

#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "reprise/host.hpp"
#include "runtime/native.hpp"
#include "wit/type.hpp"

namespace reprise::runtime {

struct HostFunction {
  std::string interface;  // "wasi:io/streams@0.2.12", empty for the root
  std::string name;       // "[method]input-stream.read"
  wit::FuncType type;

  using Started = TrapOr<std::unique_ptr<PendingHostCall>>;
  /// Calls the host with encoded arguments, which are only there during the call. Null: it is done,
  /// and its results were appended.
  std::function<Started(HostContext& context, Bytes arguments, ByteWriter& results)> start;
};

/// One import of one instance. The data of its door's native function.
class HostImport {
 public:
  virtual ~HostImport() = default;
  /// Appends the encoded arguments of the call at hand.
  virtual TrapOr<void> lift(NativeCall& call, ByteWriter& arguments) = 0;
  /// Gives encoded results to the guest.
  virtual TrapOr<void> lower(NativeCall& call, Bytes results) = 0;
  /// The call that keeps this in NativeCall::locals()[kToken] was cancelled while the host had it:
  /// gives back what was lent.
  virtual void abandon(uint64_t token) { static_cast<void>(token); }

  static constexpr size_t kToken = 3;

  const HostFunction* function = nullptr;
  HostContext* context = nullptr;
  /// What the door keeps for this import: see replay/doors.hpp.
  std::shared_ptr<void> door;
  /// Of the door's frames; null if they cannot be frozen.
  const FrameFormat* frame_format = nullptr;
};

NativeStep direct_door(NativeCall& call);

/// What a parked call keeps in its frame. Destroyed before it was finished, it cancels the call.
class ParkedCall {
 public:
  ParkedCall(NativeCall& call, HostImport& import, std::unique_ptr<PendingHostCall> pending)
      : pending_(std::move(pending)), import_(import), token_(call.locals()[HostImport::kToken]) {
    import.context->parked = pending_.get();
  }
  ~ParkedCall() {
    if (!pending_) return;
    pending_.reset();
    import_.abandon(token_);
  }
  ParkedCall(const ParkedCall&) = delete;
  ParkedCall& operator=(const ParkedCall&) = delete;

  /// The results of the call, which is done.
  TrapOr<void> finish(ByteWriter& results);
  bool is_finished() const { return pending_ == nullptr; }

 private:
  std::unique_ptr<PendingHostCall> pending_;
  HostImport& import_;
  uint64_t token_;
};

/// Awaits whatever parked the activation: `co_await Parked(context);`
class Parked {
 public:
  explicit Parked(HostContext& context) : pending_(std::exchange(context.parked, nullptr)) {}
  bool await_ready() const { return !pending_ || pending_->done(); }
  void await_suspend(std::coroutine_handle<> waiter) { pending_->on_done(waiter); }
  void await_resume() {}

 private:
  Pending* pending_;
};

/// Calls the host; exceptions become traps.
HostFunction::Started start_host(HostImport& import, Bytes arguments, ByteWriter& results);

}  // namespace reprise::runtime
