// From a guest's parameters and memory to encoded arguments.

#include <algorithm>

#include "reprise/values.hpp"
#include "wasi/p1/abi.hpp"
#include "wasi/p1/guest.hpp"
#include "wasi/p1/types.hpp"

namespace reprise::wasi::p1 {

namespace {

template <class T>
void encode(ByteWriter& out, const T& value) {
  Describe<T>::encode(out, value);
}

/// The bytes as text; what is not UTF-8 is replaced and ends in a zero byte, which no path has, so
/// that the host refuses it with `ilseq`.
std::string to_path(std::span<const uint8_t> bytes) {
  std::string text(bytes.begin(), bytes.end());
  if (is_utf8(bytes)) return text;
  for (char& c : text) {
    if (static_cast<uint8_t>(c) >= 0x80) c = '?';
  }
  text.push_back('\0');
  return text;
}

class Lift {
 public:
  Lift(const Guest& guest, ByteWriter& out) : guest_(guest), out_(out) {}

  TrapOr<void> value(In in) {
    switch (in) {
      case In::u8:
        encode(out_, static_cast<uint8_t>(guest_.u32(slot_++)));
        return {};
      case In::u16:
        encode(out_, static_cast<uint16_t>(guest_.u32(slot_++)));
        return {};
      case In::u32:
        encode(out_, guest_.u32(slot_++));
        return {};
      case In::u64:
        encode(out_, guest_.u64(slot_++));
        return {};
      case In::rights:
        encode(out_, static_cast<Rights>(guest_.u64(slot_++)) & Rights::all);
        return {};
      case In::path:
        return path();
      case In::buffer:
        return buffer();
      case In::read_vector:
        return read_vector();
      case In::write_vector:
        return write_vector();
      case In::subscriptions:
        return subscriptions();
    }
    return {};
  }

 private:
  TrapOr<std::span<uint8_t>> pointer_and_length() {
    const size_t at = slot_;
    slot_ += 2;
    return guest_.range(guest_.u32(at), guest_.u32(at + 1));
  }

  TrapOr<void> path() {
    REPRISE_ASSIGN(const auto bytes, pointer_and_length());
    encode(out_, to_path(bytes));
    return {};
  }

  TrapOr<void> buffer() {
    REPRISE_ASSIGN(const auto bytes, pointer_and_length());
    encode(out_, static_cast<uint32_t>(bytes.size()));
    return {};
  }

  /// Sees that all of them lie in memory, and gives the sum of their lengths.
  TrapOr<uint64_t> check_iovecs(size_t slot) {
    REPRISE_TRY(guest_.range(guest_.u32(slot), uint64_t{guest_.u32(slot + 1)} * Guest::kIovecSize));
    uint64_t total = 0;
    for (uint32_t i = 0; i < guest_.u32(slot + 1); ++i) {
      REPRISE_ASSIGN(const Iovec part, guest_.iovec(slot, i));
      REPRISE_TRY(guest_.range(part.address, part.length));
      total += part.length;
    }
    return total;
  }

  TrapOr<void> read_vector() {
    REPRISE_ASSIGN(const uint64_t total, check_iovecs(slot_));
    slot_ += 2;
    encode(out_, total);
    return {};
  }

  TrapOr<void> write_vector() {
    const size_t slot = slot_;
    slot_ += 2;
    REPRISE_ASSIGN(const uint64_t total, check_iovecs(slot));
    // The same bytes may be named again and again, so their sum says nothing about memory.
    uint64_t left = std::min(total, kMaxWrite);
    out_.leb_u64(left);
    for (uint32_t i = 0; left != 0; ++i) {
      REPRISE_ASSIGN(const Iovec part, guest_.iovec(slot, i));
      const uint64_t n = std::min(part.length, left);
      REPRISE_ASSIGN(const auto bytes, guest_.range(part.address, n));
      out_.bytes(bytes);
      left -= n;
    }
    return {};
  }

  TrapOr<void> subscriptions() {
    const uint32_t count = guest_.u32(slot_ + 2);
    const uint64_t from = guest_.u32(slot_);
    REPRISE_TRY(guest_.range(from, count * kSubscriptionSize));
    REPRISE_TRY(guest_.range(guest_.u32(slot_ + 1), count * kEventSize));
    slot_ += 3;
    out_.leb_u64(count);
    for (uint64_t i = 0; i < count; ++i) {
      REPRISE_ASSIGN(const Subscription one, subscription(from + i * kSubscriptionSize));
      encode(out_, one);
    }
    return {};
  }

  TrapOr<Subscription> subscription(uint64_t at) {
    REPRISE_ASSIGN(const auto tag, guest_.load<uint8_t>(at + 8));
    const uint64_t payload = at + 16;
    if (tag == static_cast<uint8_t>(EventType::clock)) {
      ClockSubscription clock;
      REPRISE_ASSIGN(clock.clock, guest_.load<uint32_t>(payload));
      REPRISE_ASSIGN(clock.timeout, guest_.load<uint64_t>(payload + 8));
      REPRISE_ASSIGN(clock.precision, guest_.load<uint64_t>(payload + 16));
      REPRISE_ASSIGN(clock.flags, guest_.load<uint16_t>(payload + 24));
      return clock;
    }
    REPRISE_ASSIGN(const auto fd, guest_.load<uint32_t>(payload));
    if (tag == static_cast<uint8_t>(EventType::fd_read)) return FdSubscription{fd};
    if (tag == static_cast<uint8_t>(EventType::fd_write)) return FdWriteSubscription{fd};
    return UnknownSubscription{tag};
  }

  const Guest& guest_;
  ByteWriter& out_;
  size_t slot_ = 0;
};

}  // namespace

TrapOr<void> lift_arguments(const FunctionAbi& function, std::span<uint8_t> memory,
                            const uint64_t* slots, ByteWriter& arguments) {
  const Guest guest(memory, slots);
  Lift lift(guest, arguments);
  for (const In in : function.ins()) REPRISE_TRY(lift.value(in));
  return {};
}

}  // namespace reprise::wasi::p1
