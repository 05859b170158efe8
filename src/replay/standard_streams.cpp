#include "replay/standard_streams.hpp"

#include <array>

namespace reprise::replay {

namespace {

struct Row {
  std::string_view interface;  // without its version
  std::string_view name;
  StreamRole role;
};

constexpr std::array kRows = {
    Row{"wasi:cli/stdin", "get-stdin", StreamRole::get_stdin},
    Row{"wasi:cli/stdout", "get-stdout", StreamRole::get_stdout},
    Row{"wasi:cli/stderr", "get-stderr", StreamRole::get_stderr},
    Row{"wasi:io/streams", "[method]input-stream.read", StreamRole::read},
    Row{"wasi:io/streams", "[method]input-stream.blocking-read", StreamRole::read},
    Row{"wasi:io/streams", "[method]input-stream.skip", StreamRole::skip},
    Row{"wasi:io/streams", "[method]input-stream.blocking-skip", StreamRole::skip},
    Row{"wasi:io/streams", "[method]output-stream.write", StreamRole::write},
    Row{"wasi:io/streams", "[method]output-stream.blocking-write-and-flush", StreamRole::write},
    Row{"wasi:io/streams", "[method]output-stream.write-zeroes", StreamRole::write_zeroes},
    Row{"wasi:io/streams", "[method]output-stream.blocking-write-zeroes-and-flush",
        StreamRole::write_zeroes},
    Row{"wasi:io/streams", "[method]output-stream.splice", StreamRole::splice},
    Row{"wasi:io/streams", "[method]output-stream.blocking-splice", StreamRole::splice},
    Row{"wasi:io/streams", "[resource-drop]input-stream", StreamRole::drop},
    Row{"wasi:io/streams", "[resource-drop]output-stream", StreamRole::drop},
    Row{"wasi_snapshot_preview1", "fd_read", StreamRole::fd_read},
    Row{"wasi_snapshot_preview1", "fd_pread", StreamRole::fd_pread},
    Row{"wasi_snapshot_preview1", "fd_write", StreamRole::fd_write},
    Row{"wasi_snapshot_preview1", "fd_close", StreamRole::fd_close},
    Row{"wasi_snapshot_preview1", "fd_renumber", StreamRole::fd_renumber},
};

bool names_descriptor(StreamRole role) {
  return role >= StreamRole::fd_read;
}

}  // namespace

StreamRole stream_role_of(std::string_view interface, std::string_view name) {
  const std::string_view plain = interface.substr(0, interface.find('@'));
  for (const Row& row : kRows)
    if (row.interface == plain && row.name == name) return row.role;
  return StreamRole::none;
}

std::optional<Stream> StandardStreams::of(StreamRole role, Bytes arguments) const {
  if (role <= StreamRole::get_stderr) return std::nullopt;
  ByteReader in(arguments);
  auto name = names_descriptor(role) ? in.u32_le() : in.leb_u32();
  if (name && role == StreamRole::splice) name = in.leb_u32();
  if (!name) return std::nullopt;
  const auto& known = names_descriptor(role) ? descriptors_ : resources_;
  const auto found = known.find(*name);
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

void StandardStreams::called(StreamRole role, Bytes arguments, Bytes results) {
  ByteReader in(arguments);
  ByteReader out(results);
  switch (role) {
    case StreamRole::get_stdin:
    case StreamRole::get_stdout:
    case StreamRole::get_stderr:
      if (auto resource = out.leb_u32())
        resources_[*resource] = role == StreamRole::get_stdin    ? Stream::in
                                : role == StreamRole::get_stdout ? Stream::out
                                                                 : Stream::err;
      return;
    case StreamRole::drop:
      if (auto resource = in.leb_u32()) resources_.erase(*resource);
      return;
    case StreamRole::fd_close:
    case StreamRole::fd_renumber:
      break;
    default:
      return;
  }
  const auto status = out.u8();  // the case of result<_, _>: 0 is ok
  auto fd = in.u32_le();
  if (!status || *status != 0 || !fd) return;
  if (role == StreamRole::fd_close) {
    descriptors_.erase(*fd);
    return;
  }
  auto to = in.u32_le();
  if (!to || *to == *fd) return;
  descriptors_.erase(*to);
  if (auto moved = descriptors_.extract(*fd)) {
    moved.key() = *to;
    descriptors_.insert(std::move(moved));
  }
}

void StandardStreams::freeze(ByteWriter& out) const {
  for (const auto* streams : {&resources_, &descriptors_}) {
    out.leb_u64(streams->size());
    for (const auto& [name, stream] : *streams) {
      out.leb_u64(name);
      out.u8(static_cast<uint8_t>(stream));
    }
  }
}

Result<void> StandardStreams::thaw(ByteReader& in) {
  for (auto* streams : {&resources_, &descriptors_}) {
    streams->clear();
    REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
    for (uint64_t i = 0; i < count; ++i) {
      REPRISE_ASSIGN(const uint32_t name, in.leb_u32());
      REPRISE_ASSIGN(const uint8_t stream, in.u8());
      if (stream > static_cast<uint8_t>(Stream::err)) return in.malformed("no such stream");
      (*streams)[name] = static_cast<Stream>(stream);
    }
  }
  return ok();
}

}  // namespace reprise::replay
