#include "trace/calls.hpp"

#include <algorithm>

namespace reprise::trace {

std::optional<uint64_t> OpenCalls::close(uint64_t reference) {
  if (ids_.empty()) return std::nullopt;
  if (reference == 0) {
    const uint64_t id = ids_.back();
    ids_.pop_back();
    return id;
  }
  // Open calls are few; the one that is answered is mostly among the newest.
  const auto found = std::find(ids_.rbegin(), ids_.rend(), reference - 1);
  if (found == ids_.rend()) return std::nullopt;
  ids_.erase(std::next(found).base());
  return reference - 1;
}

CallEffect call_effect(Kind kind) {
  switch (kind) {
    case Kind::call:
    case Kind::call_digest:
      return CallEffect::opens_call;
    case Kind::result:
    case Kind::result_of:
    case Kind::result_trap:
    case Kind::result_exit:
    case Kind::result_exception:
    case Kind::cancelled:
      return CallEffect::closes_call;
    case Kind::guest_call:
      return CallEffect::opens_guest_call;
    case Kind::guest_return:
    case Kind::guest_return_digest:
    case Kind::guest_trap:
    case Kind::guest_exit:
      return CallEffect::closes_guest_call;
    default:
      return CallEffect::none;
  }
}

uint64_t call_reference(Kind kind, Bytes payload) {
  if (kind == Kind::result) return 0;
  return ByteReader(payload).leb_u64().value_or(0);
}

}  // namespace reprise::trace
