#include "replay/mirror.hpp"

#include <algorithm>
#include <array>

namespace reprise::replay {

namespace {

struct Row {
  std::string_view interface;  // without its version
  std::string_view name;
  Mirror::Role role;
};

constexpr std::array kRows = {
    Row{"wasi:cli/stdout", "get-stdout", Mirror::Role::get_stdout},
    Row{"wasi:cli/stderr", "get-stderr", Mirror::Role::get_stderr},
    Row{"wasi:io/streams", "[method]output-stream.write", Mirror::Role::write},
    Row{"wasi:io/streams", "[method]output-stream.blocking-write-and-flush", Mirror::Role::write},
    Row{"wasi:io/streams", "[method]output-stream.write-zeroes", Mirror::Role::write_zeroes},
    Row{"wasi:io/streams", "[method]output-stream.blocking-write-zeroes-and-flush",
        Mirror::Role::write_zeroes},
    Row{"wasi:io/streams", "[resource-drop]output-stream", Mirror::Role::drop},
    Row{"wasi_snapshot_preview1", "fd_write", Mirror::Role::fd_write},
    Row{"wasi_snapshot_preview1", "fd_close", Mirror::Role::fd_close},
    Row{"wasi_snapshot_preview1", "fd_renumber", Mirror::Role::fd_renumber},
};

/// Zeroes are printed in pieces of this size.
constexpr std::array<uint8_t, 4096> kZeroes{};

}  // namespace

Mirror::Mirror(Print print) : print_(std::move(print)) {}

Mirror::Role Mirror::role_of(const runtime::HostFunction& function) {
  const std::string_view interface =
      std::string_view(function.interface).substr(0, function.interface.find('@'));
  for (const Row& row : kRows)
    if (row.interface == interface && row.name == function.name) return row.role;
  return Role::none;
}

void Mirror::print(const std::map<uint32_t, Stream>& where, uint32_t name, Bytes bytes) {
  if (auto stream = where.find(name); stream != where.end()) print_(stream->second, bytes);
}

void Mirror::write(ByteReader& in) {
  auto resource = in.leb_u32();
  if (!resource) return;
  auto length = in.leb_u32();
  auto bytes = length ? in.bytes(*length) : Result<Bytes>(Bytes{});
  if (bytes) print(resources_, *resource, *bytes);
}

void Mirror::interrupted(Role role, Bytes arguments) {
  ByteReader in(arguments);
  if (role == Role::write) return write(in);
  if (role != Role::fd_write) return;
  auto fd = in.u32_le();
  if (!fd) return;
  auto length = in.leb_u32();
  auto bytes = length ? in.bytes(*length) : Result<Bytes>(Bytes{});
  if (bytes) print(descriptors_, *fd, *bytes);
}

void Mirror::called(Role role, Bytes arguments, Bytes results) {
  if (role == Role::none) return;
  ByteReader in(arguments);
  ByteReader out(results);
  if (role == Role::get_stdout || role == Role::get_stderr) {
    if (auto resource = out.leb_u32())
      resources_[*resource] = role == Role::get_stdout ? Stream::out : Stream::err;
    return;
  }
  if (role == Role::drop) {
    if (auto resource = in.leb_u32()) resources_.erase(*resource);
    return;
  }
  const auto status = out.u8();  // the case of result<_, _>: 0 is ok
  if (!status || *status != 0) return;

  if (role == Role::write) return write(in);
  if (role == Role::write_zeroes) {
    auto resource = in.leb_u32();
    if (!resource) return;
    auto count = in.u64_le();
    for (uint64_t left = count ? *count : 0; left > 0;) {
      const size_t n = std::min<uint64_t>(left, kZeroes.size());
      print(resources_, *resource, Bytes(kZeroes).first(n));
      left -= n;
    }
    return;
  }

  auto fd = in.u32_le();
  if (!fd) return;
  if (role == Role::fd_write) {
    auto length = in.leb_u32();
    auto bytes = length ? in.bytes(*length) : Result<Bytes>(Bytes{});
    // Fewer bytes than asked for may have been taken: result<u32, errno>.
    auto taken = out.u32_le();
    if (bytes && taken)
      print(descriptors_, *fd, bytes->first(std::min<size_t>(*taken, bytes->size())));
  } else if (role == Role::fd_close) {
    descriptors_.erase(*fd);
  } else if (role == Role::fd_renumber) {
    auto to = in.u32_le();
    if (!to || *to == *fd) return;
    descriptors_.erase(*to);
    if (auto moved = descriptors_.extract(*fd)) {
      moved.key() = *to;
      descriptors_.insert(std::move(moved));
    }
  }
}

}  // namespace reprise::replay
