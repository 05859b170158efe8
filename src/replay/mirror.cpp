#include "replay/mirror.hpp"

#include <algorithm>
#include <array>

namespace reprise::replay {

namespace {

/// Zeroes are printed in pieces of this size.
constexpr std::array<uint8_t, 4096> kZeroes{};

}  // namespace

/// Prints the second argument of a call that writes, or the zeroes that it counts.
void Mirror::write(Role role, Bytes arguments, uint64_t most) {
  const std::optional<Stream> stream = streams_.of(role, arguments);
  if (!stream || *stream == Stream::in) return;
  ByteReader in(arguments);
  if (!(role == Role::fd_write ? in.u32_le() : in.leb_u32())) return;
  if (role != Role::write_zeroes) {
    auto length = in.leb_u32();
    auto bytes = length ? in.bytes(*length) : Result<Bytes>(Bytes{});
    if (bytes) print_(*stream, bytes->first(std::min<uint64_t>(most, bytes->size())));
    return;
  }
  auto count = in.u64_le();
  for (uint64_t left = count ? *count : 0; left > 0;) {
    const size_t n = std::min<uint64_t>(left, kZeroes.size());
    print_(*stream, Bytes(kZeroes).first(n));
    left -= n;
  }
}

void Mirror::interrupted(Role role, Bytes arguments) {
  if (role == Role::write || role == Role::fd_write) write(role, arguments, UINT64_MAX);
}

void Mirror::called(Role role, Bytes arguments, Bytes results) {
  if (role == Role::none) return;
  streams_.called(role, arguments, results);
  if (role != Role::write && role != Role::write_zeroes && role != Role::fd_write) return;
  ByteReader out(results);
  const auto status = out.u8();  // the case of result<_, _>: 0 is ok
  if (!status || *status != 0) return;
  uint64_t most = UINT64_MAX;
  if (role == Role::fd_write) {
    // Fewer bytes than asked for may have been taken: result<u32, errno>.
    auto taken = out.u32_le();
    if (!taken) return;
    most = *taken;
  }
  write(role, arguments, most);
}

void Mirror::freeze(ByteWriter& out) const {
  streams_.freeze(out);
}

Result<void> Mirror::thaw(ByteReader& in) {
  return streams_.thaw(in);
}

}  // namespace reprise::replay
