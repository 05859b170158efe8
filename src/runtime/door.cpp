#include "runtime/door.hpp"

#include <exception>

#include "runtime/call_buffers.hpp"

namespace reprise::runtime {

namespace {

template <class F>
auto guarded(F work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    return std::unexpected(Trap::host(std::string("host exception: ") + thrown.what()));
  } catch (...) {
    return std::unexpected(Trap::host("host exception of an unknown type"));
  }
}

NativeStep lower_results(NativeCall& call, HostImport& import, Bytes results) {
  if (auto lowered = import.lower(call, results); !lowered)
    return call.trap(std::move(lowered.error()));
  return NativeStep::done;
}

}  // namespace

HostFunction::Started start_host(HostImport& import, Bytes arguments, ByteWriter& results) {
  return guarded([&]() -> HostFunction::Started {
    return import.function->start(*import.context, arguments, results);
  });
}

TrapOr<void> ParkedCall::finish(ByteWriter& results) {
  const std::unique_ptr<PendingHostCall> pending = std::move(pending_);
  return guarded([&]() -> TrapOr<void> { return pending->finish(results); });
}

NativeStep direct_door(NativeCall& call) {
  auto& import = call.data_as<HostImport>();
  if (!import.door) [[unlikely]]
    import.door = std::make_shared<CallBuffers>();
  LentBuffers buffers(*static_cast<CallBuffers*>(import.door.get()));
  ByteWriter& results = buffers.results();
  if (call.phase() == 0) {
    ByteWriter& arguments = buffers.arguments();
    if (auto lifted = import.lift(call, arguments); !lifted)
      return call.trap(std::move(lifted.error()));
    auto started = start_host(import, arguments.view(), results);
    if (!started) return call.trap(std::move(started.error()));
    if (*started) {
      call.emplace_scratch<ParkedCall>(call, import, std::move(*started));
      return NativeStep::suspend;
    }
  } else {
    auto finished = call.scratch<ParkedCall>().finish(results);
    if (!finished) return call.trap(std::move(finished.error()));
  }
  return lower_results(call, import, results.view());
}

}  // namespace reprise::runtime
