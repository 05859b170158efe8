// From an encoded result to a guest's memory and the errno that the call returns.

#include <algorithm>

#include "base/check.hpp"
#include "reprise/values.hpp"
#include "wasi/p1/abi.hpp"
#include "wasi/p1/guest.hpp"
#include "wasi/p1/types.hpp"

namespace reprise::wasi::p1 {

namespace {

constexpr size_t kFdStatSize = 24;
constexpr size_t kFileStatSize = 64;
constexpr size_t kPrestatSize = 8;
constexpr uint16_t kEventHangup = 1;

/// The next value. Results are checked against their type before they come here.
template <class T>
T decode(ByteReader& in) {
  T value{};
  REPRISE_CHECK(Describe<T>::decode(in, value));
  return value;
}

/// The bytes of a list<u8> or string, where they are.
Bytes decode_bytes(ByteReader& in) {
  const auto length = in.leb_u32();
  REPRISE_CHECK(length.has_value());
  const auto bytes = in.bytes(*length);
  REPRISE_CHECK(bytes.has_value());
  return *bytes;
}

template <class T, size_t kSize>
void put(std::array<uint8_t, kSize>& out, size_t at, T value) {
  std::memcpy(out.data() + at, &value, sizeof value);
}

class Lower {
 public:
  Lower(const FunctionAbi& function, const Guest& guest, ByteReader& in)
      : function_(function), guest_(guest), in_(in) {}

  TrapOr<void> result() {
    switch (function_.out) {
      case Out::nothing:
      case Out::no_return:
        return {};
      case Out::u32:
        return guest_.store(at(0), decode<uint32_t>(in_));
      case Out::u64:
        return guest_.store(at(0), decode<uint64_t>(in_));
      case Out::two_u32:
        REPRISE_TRY(guest_.store(at(0), decode<uint32_t>(in_)));
        return guest_.store(at(1), decode<uint32_t>(in_));
      case Out::strings:
        return strings();
      case Out::fdstat:
        return fdstat();
      case Out::filestat:
        return filestat();
      case Out::prestat:
        return prestat();
      case Out::text:
        return text();
      case Out::bytes:
        return counted_bytes();
      case Out::directory:
        return directory();
      case Out::scatter:
        return scatter();
      case Out::received:
        REPRISE_TRY(scatter());
        return guest_.store(at(2), decode<uint16_t>(in_));
      case Out::events:
        return events();
    }
    return {};
  }

 private:
  /// The pointer in the row's i-th slot.
  uint64_t at(size_t i) const { return guest_.u32(function_.slots[i]); }
  /// The length that stands behind it.
  uint32_t length_at(size_t i) const { return guest_.u32(function_.slots[i] + size_t{1}); }

  TrapOr<void> strings() {
    uint64_t pointer = at(0);
    uint64_t address = at(1);
    const auto count = in_.leb_u32();
    REPRISE_CHECK(count.has_value());
    for (uint32_t i = 0; i < *count; ++i) {
      const Bytes text = decode_bytes(in_);
      REPRISE_TRY(guest_.store(pointer, static_cast<uint32_t>(address)));
      REPRISE_TRY(guest_.store_bytes(address, text));
      REPRISE_TRY(guest_.store(address + text.size(), uint8_t{0}));
      pointer += 4;
      address += text.size() + 1;
    }
    return {};
  }

  TrapOr<void> fdstat() {
    const auto stat = decode<FdStat>(in_);
    std::array<uint8_t, kFdStatSize> out{};
    put(out, 0, static_cast<uint8_t>(stat.filetype));
    put(out, 2, stat.flags);
    put(out, 8, static_cast<uint64_t>(stat.rights_base));
    put(out, 16, static_cast<uint64_t>(stat.rights_inheriting));
    return guest_.store_bytes(at(0), out);
  }

  TrapOr<void> filestat() {
    const auto stat = decode<FileStat>(in_);
    std::array<uint8_t, kFileStatSize> out{};
    put(out, 0, stat.device);
    put(out, 8, stat.inode);
    put(out, 16, static_cast<uint8_t>(stat.filetype));
    put(out, 24, stat.link_count);
    put(out, 32, stat.size);
    put(out, 40, stat.accessed);
    put(out, 48, stat.modified);
    put(out, 56, stat.changed);
    return guest_.store_bytes(at(0), out);
  }

  TrapOr<void> prestat() {
    std::array<uint8_t, kPrestatSize> out{};  // tag 0: a directory
    put(out, 4, decode<uint32_t>(in_));
    return guest_.store_bytes(at(0), out);
  }

  TrapOr<uint32_t> bytes_into_buffer() {
    const Bytes bytes = decode_bytes(in_);
    const size_t n = std::min<size_t>(bytes.size(), length_at(0));
    REPRISE_TRY(guest_.store_bytes(at(0), bytes.first(n)));
    return static_cast<uint32_t>(n);
  }

  TrapOr<void> text() {
    REPRISE_TRY(bytes_into_buffer());
    return {};
  }

  TrapOr<void> counted_bytes() {
    REPRISE_ASSIGN(const uint32_t n, bytes_into_buffer());
    return guest_.store(at(1), n);
  }

  TrapOr<void> directory() {
    const uint32_t length = length_at(0);
    uint32_t used = 0;
    const auto append = [&](Bytes bytes) -> TrapOr<void> {
      const auto n = std::min<uint32_t>(static_cast<uint32_t>(bytes.size()), length - used);
      REPRISE_TRY(guest_.store_bytes(at(0) + used, bytes.first(n)));
      used += n;
      return {};
    };
    for (const DirEntry& entry : decode<std::vector<DirEntry>>(in_)) {
      std::array<uint8_t, kDirentSize> out{};
      put(out, 0, entry.next);
      put(out, 8, entry.inode);
      put(out, 16, static_cast<uint32_t>(entry.name.size()));
      put(out, 20, static_cast<uint8_t>(entry.filetype));
      REPRISE_TRY(append(out));
      REPRISE_TRY(append(as_bytes(entry.name)));
    }
    return guest_.store(at(1), used);
  }

  TrapOr<void> scatter() {
    Bytes rest = decode_bytes(in_);
    const auto total = static_cast<uint32_t>(rest.size());
    const size_t slot = function_.slots[0];
    for (uint32_t i = 0; i < length_at(0) && !rest.empty(); ++i) {
      REPRISE_ASSIGN(const Iovec part, guest_.iovec(slot, i));
      const size_t n = std::min<size_t>(part.length, rest.size());
      REPRISE_TRY(guest_.store_bytes(part.address, rest.first(n)));
      rest = rest.subspan(n);
    }
    return guest_.store(at(1), total - static_cast<uint32_t>(rest.size()));
  }

  TrapOr<void> events() {
    const auto list = decode<std::vector<Event>>(in_);
    // All of them first: the events may go where the subscriptions are.
    std::vector<uint64_t> userdata;
    for (const Event& event : list) {
      if (event.subscription >= length_at(0) || list.size() > length_at(0))
        return std::unexpected(Trap::host("events of subscriptions that were not made"));
      REPRISE_ASSIGN(const auto own,
                     guest_.load<uint64_t>(at(2) + event.subscription * kSubscriptionSize));
      userdata.push_back(own);
    }
    uint64_t to = at(0);
    for (size_t i = 0; i < list.size(); ++i) {
      const Event& event = list[i];
      std::array<uint8_t, kEventSize> out{};
      put(out, 0, userdata[i]);
      put(out, 8, static_cast<uint16_t>(event.error));
      put(out, 10, static_cast<uint8_t>(event.type));
      put(out, 16, event.available);
      put(out, 24, event.hangup ? kEventHangup : uint16_t{0});
      REPRISE_TRY(guest_.store_bytes(to, out));
      to += kEventSize;
    }
    return guest_.store(at(1), static_cast<uint32_t>(list.size()));
  }

  const FunctionAbi& function_;
  const Guest& guest_;
  ByteReader& in_;
};

}  // namespace

TrapOr<uint32_t> lower_result(const FunctionAbi& function, std::span<uint8_t> memory,
                              const uint64_t* slots, Bytes result) {
  if (function.out == Out::no_return) return 0u;
  ByteReader in(result);
  if (decode<uint8_t>(in) != 0) return static_cast<uint32_t>(decode<Errno>(in));
  const Guest guest(memory, slots);
  REPRISE_TRY(Lower(function, guest, in).result());
  return 0u;
}

}  // namespace reprise::wasi::p1
