// Each function of WASI 0.2, tied to its WIT name. A row turns handles into what they stand for,
// calls the logic, and turns new resources into handles. Coroutines get shared objects by value:
// what a handle names may be gone when they resume.

#include "wasi/p2/bindings.hpp"

#include "wasi/p2/describe.hpp"

namespace reprise::wasi::p2 {

namespace {

using HostCall = Call<Host>;
using Input_ = Borrow<InputStream>;
using Output_ = Borrow<OutputStream>;
using File_ = Borrow<Descriptor>;

template <class T>
using StreamAnswer = std::expected<T, StreamError>;
template <class T>
using FileAnswer = std::expected<T, ErrorCode>;

StreamError to_error(const HostCall& call, const StreamFailure& failure) {
  if (!failure.last_operation_failed) return StreamClosed{};
  return call.push(*failure.last_operation_failed);
}

template <class T>
StreamAnswer<T> told(const HostCall& call, StreamResult<T> result) {
  if (!result) return std::unexpected(to_error(call, result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

template <class T>
TrapOr<StreamAnswer<T>> told(const HostCall& call, TrapOr<StreamResult<T>> result) {
  if (!result) return std::unexpected(std::move(result.error()));
  return told(call, std::move(*result));
}

// outlives: call: it points to the store's host and tables, which outlive its tasks
template <class R>
auto told_later(HostCall call, Task<R> task) -> Task<decltype(told(call, std::declval<R>()))> {
  co_return told(call, co_await task);
}

/// A new resource in place of an object.
template <class R>
FileAnswer<Own<R>> given(const HostCall& call, FileResult<R> result) {
  if (!result) return std::unexpected(result.error());
  return call.push(std::move(*result));
}

template <class R>
std::optional<Own<R>> given(const HostCall& call, std::optional<R> result) {
  if (!result) return std::nullopt;
  return call.push(std::move(*result));
}

/// Collects rows; `names` are the WIT's parameter names.
class Rows {
 public:
  explicit Rows(std::vector<Binding>& out) : out_(out) {}

  void interface(std::string_view name) {
    interface_ = std::string(name) + "@" + std::string(kVersion);
  }
  template <class F>
  void row(std::string name, std::string_view names, F f) {
    auto bound = detail::bind<Host>(std::move(f));
    bound.signature = with_parameter_names(bound.signature, names);
    out_.push_back({interface_, std::move(name), std::move(bound)});
  }

 private:
  std::vector<Binding>& out_;
  std::string interface_;
};

void add_io(Rows& rows, const std::shared_ptr<os::Loop>& loop) {
  rows.interface("wasi:io/error");
  rows.row("[method]error.to-debug-string", "self",
           [](HostCall call, Borrow<IoError> self) { return call.get(self).to_debug_string(); });

  rows.interface("wasi:io/poll");
  rows.row("[method]pollable.ready", "self",
           [](HostCall call, Borrow<Pollable> self) { return call.get(self).ready(); });
  rows.row("[method]pollable.block", "self", [loop](HostCall call, Borrow<Pollable> self) {
    return block(call.suspend(), loop, call.get(self).readiness);
  });
  rows.row("poll", "in", [loop](HostCall call, std::vector<Borrow<Pollable>> in) {
    std::vector<std::shared_ptr<Readiness>> list;
    list.reserve(in.size());
    for (const auto pollable : in) list.push_back(call.get(pollable).readiness);
    return poll(call.suspend(), loop, std::move(list));
  });
}

void add_input_streams(Rows& rows, const std::shared_ptr<os::Loop>& loop) {
  rows.interface("wasi:io/streams");
  rows.row("[method]input-stream.read", "self, len", [](HostCall call, Input_ self, uint64_t len) {
    return told(call, call.get(self).input->read(len));
  });
  rows.row("[method]input-stream.blocking-read", "self, len",
           [loop](HostCall call, Input_ self, uint64_t len) {
             return told_later(call,
                               blocking_read(call.suspend(), loop, call.get(self).input, len));
           });
  rows.row("[method]input-stream.skip", "self, len", [](HostCall call, Input_ self, uint64_t len) {
    return told(call, call.get(self).input->skip(len));
  });
  rows.row("[method]input-stream.blocking-skip", "self, len",
           [loop](HostCall call, Input_ self, uint64_t len) {
             return told_later(call,
                               blocking_skip(call.suspend(), loop, call.get(self).input, len));
           });
  rows.row("[method]input-stream.subscribe", "self",
           [](HostCall call, Input_ self) { return call.push(call.get(self).subscribe()); });
}

/// What a splice moves to a standard stream is told to whoever records: a replay has to print it.
SpliceObserver splice_observer(const HostCall& call, Output_ self) {
  const uint8_t standard = call.get(self).standard;
  if (standard == 0) return {};
  return [call, standard](std::span<const uint8_t> bytes) { call.passed(standard, bytes); };
}

void add_output_streams(Rows& rows, const std::shared_ptr<os::Loop>& loop) {
  rows.row("[method]output-stream.check-write", "self", [](HostCall call, Output_ self) {
    return told(call, call.get(self).output->check_write());
  });
  rows.row("[method]output-stream.write", "self, contents",
           [](HostCall call, Output_ self, ByteList contents) {
             return told(call, call.get(self).output->write(contents));
           });
  rows.row("[method]output-stream.blocking-write-and-flush", "self, contents",
           [loop](HostCall call, Output_ self, ByteList contents) {
             return told_later(call,
                               blocking_write_and_flush(call.suspend(), loop, call.get(self).output,
                                                        std::move(contents)));
           });
  rows.row("[method]output-stream.flush", "self",
           [](HostCall call, Output_ self) { return told(call, call.get(self).output->flush()); });
  rows.row("[method]output-stream.blocking-flush", "self", [loop](HostCall call, Output_ self) {
    return told_later(call, blocking_flush(call.suspend(), loop, call.get(self).output));
  });
  rows.row("[method]output-stream.subscribe", "self",
           [](HostCall call, Output_ self) { return call.push(call.get(self).subscribe()); });
  rows.row("[method]output-stream.write-zeroes", "self, len",
           [](HostCall call, Output_ self, uint64_t len) {
             return told(call, call.get(self).output->write_zeroes(len));
           });
  rows.row("[method]output-stream.blocking-write-zeroes-and-flush", "self, len",
           [loop](HostCall call, Output_ self, uint64_t len) {
             return told_later(call, blocking_write_zeroes_and_flush(call.suspend(), loop,
                                                                     call.get(self).output, len));
           });
  rows.row("[method]output-stream.splice", "self, src, len",
           [](HostCall call, Output_ self, Input_ src, uint64_t len) {
             return told(call, splice(*call.get(self).output, *call.get(src).input, len,
                                      splice_observer(call, self)));
           });
  rows.row("[method]output-stream.blocking-splice", "self, src, len",
           [loop](HostCall call, Output_ self, Input_ src, uint64_t len) {
             return told_later(
                 call, blocking_splice(call.suspend(), loop, call.get(self).output,
                                       call.get(src).input, len, splice_observer(call, self)));
           });
}

void add_cli(Rows& rows, const std::shared_ptr<Host>& host) {
  rows.interface("wasi:cli/environment");
  rows.row("get-environment", "", [host](HostCall) { return host->environment(); });
  rows.row("get-arguments", "", [host](HostCall) { return host->arguments(); });
  rows.row("initial-cwd", "", [host](HostCall) { return host->working_directory(); });

  rows.interface("wasi:cli/exit");
  rows.row("exit", "status", [](HostCall, std::expected<void, Unit> status) -> TrapOr<void> {
    return std::unexpected(exit(status.has_value()));
  });
  rows.row("exit-with-code", "status-code", [](HostCall, uint8_t code) -> TrapOr<void> {
    return std::unexpected(exit_with_code(code));
  });

  rows.interface("wasi:cli/stdin");
  rows.row("get-stdin", "", [host](HostCall call) { return call.push(get_stdin(*host)); });
  rows.interface("wasi:cli/stdout");
  rows.row("get-stdout", "", [host](HostCall call) { return call.push(get_stdout(*host)); });
  rows.interface("wasi:cli/stderr");
  rows.row("get-stderr", "", [host](HostCall call) { return call.push(get_stderr(*host)); });

  rows.interface("wasi:cli/terminal-stdin");
  rows.row("get-terminal-stdin", "",
           [host](HostCall call) { return given(call, get_terminal_stdin(*host)); });
  rows.interface("wasi:cli/terminal-stdout");
  rows.row("get-terminal-stdout", "",
           [host](HostCall call) { return given(call, get_terminal_stdout(*host)); });
  rows.interface("wasi:cli/terminal-stderr");
  rows.row("get-terminal-stderr", "",
           [host](HostCall call) { return given(call, get_terminal_stderr(*host)); });
}

void add_clocks(Rows& rows, const std::shared_ptr<Host>& host) {
  rows.interface("wasi:clocks/monotonic-clock");
  rows.row("now", "", [host](HostCall) { return monotonic_now(*host); });
  rows.row("resolution", "", [host](HostCall) { return monotonic_resolution(*host); });
  rows.row("subscribe-instant", "when", [host](HostCall call, uint64_t when) {
    return call.push(subscribe_instant(*host, when));
  });
  rows.row("subscribe-duration", "when", [host](HostCall call, uint64_t when) {
    return call.push(subscribe_duration(*host, when));
  });

  rows.interface("wasi:clocks/wall-clock");
  rows.row("now", "", [host](HostCall) { return wall_now(*host); });
  rows.row("resolution", "", [host](HostCall) { return wall_resolution(*host); });

  rows.interface("wasi:clocks/timezone");
  rows.row("display", "when",
           [host](HostCall, Datetime when) { return timezone_display(*host, when); });
  rows.row("utc-offset", "when",
           [host](HostCall, Datetime when) { return timezone_utc_offset(*host, when); });
}

void add_random(Rows& rows, const std::shared_ptr<Host>& host) {
  rows.interface("wasi:random/random");
  rows.row("get-random-bytes", "len",
           [host](HostCall, uint64_t len) { return get_random_bytes(*host, len); });
  rows.row("get-random-u64", "", [host](HostCall) { return get_random_u64(*host); });

  rows.interface("wasi:random/insecure");
  rows.row("get-insecure-random-bytes", "len",
           [host](HostCall, uint64_t len) { return get_insecure_random_bytes(*host, len); });
  rows.row("get-insecure-random-u64", "",
           [host](HostCall) { return get_insecure_random_u64(*host); });

  rows.interface("wasi:random/insecure-seed");
  rows.row("insecure-seed", "", [host](HostCall) { return host->insecure_seed(); });
}

void add_descriptor_io(Rows& rows) {
  rows.interface("wasi:filesystem/types");
  rows.row("[method]descriptor.read-via-stream", "self, offset",
           [](HostCall call, File_ self, uint64_t offset) {
             return given(call, call.get(self).read_via_stream(offset));
           });
  rows.row("[method]descriptor.write-via-stream", "self, offset",
           [](HostCall call, File_ self, uint64_t offset) {
             return given(call, call.get(self).write_via_stream(offset));
           });
  rows.row("[method]descriptor.append-via-stream", "self", [](HostCall call, File_ self) {
    return given(call, call.get(self).append_via_stream());
  });
  rows.row("[method]descriptor.advise", "self, offset, length, advice",
           [](HostCall call, File_ self, uint64_t offset, uint64_t length, Advice advice) {
             return call.get(self).advise(offset, length, advice);
           });
  rows.row("[method]descriptor.sync-data", "self",
           [](HostCall call, File_ self) { return call.get(self).sync_data(); });
  rows.row("[method]descriptor.get-flags", "self",
           [](HostCall call, File_ self) { return call.get(self).get_flags(); });
  rows.row("[method]descriptor.get-type", "self",
           [](HostCall call, File_ self) { return call.get(self).get_type(); });
  rows.row("[method]descriptor.set-size", "self, size",
           [](HostCall call, File_ self, uint64_t size) { return call.get(self).set_size(size); });
  rows.row("[method]descriptor.set-times",
           "self, data-access-timestamp, data-modification-timestamp",
           [](HostCall call, File_ self, NewTimestamp accessed, NewTimestamp modified) {
             return call.get(self).set_times(accessed, modified);
           });
  rows.row("[method]descriptor.read", "self, length, offset",
           [](HostCall call, File_ self, uint64_t length, uint64_t offset) {
             return call.get(self).read(length, offset);
           });
  rows.row("[method]descriptor.write", "self, buffer, offset",
           [](HostCall call, File_ self, ByteList buffer, uint64_t offset) {
             return call.get(self).write(buffer, offset);
           });
  rows.row("[method]descriptor.read-directory", "self",
           [](HostCall call, File_ self) { return given(call, call.get(self).read_directory()); });
  rows.row("[method]descriptor.sync", "self",
           [](HostCall call, File_ self) { return call.get(self).sync(); });
}

void add_descriptor_paths(Rows& rows) {
  rows.row("[method]descriptor.create-directory-at", "self, path",
           [](HostCall call, File_ self, std::string path) {
             return call.get(self).create_directory_at(path);
           });
  rows.row("[method]descriptor.stat", "self",
           [](HostCall call, File_ self) { return call.get(self).stat(); });
  rows.row("[method]descriptor.stat-at", "self, path-flags, path",
           [](HostCall call, File_ self, PathFlags path_flags, std::string path) {
             return call.get(self).stat_at(path_flags, path);
           });
  rows.row("[method]descriptor.set-times-at",
           "self, path-flags, path, data-access-timestamp, data-modification-timestamp",
           [](HostCall call, File_ self, PathFlags path_flags, std::string path,
              NewTimestamp accessed, NewTimestamp modified) {
             return call.get(self).set_times_at(path_flags, path, accessed, modified);
           });
  rows.row("[method]descriptor.link-at", "self, old-path-flags, old-path, new-descriptor, new-path",
           [](HostCall call, File_ self, PathFlags old_path_flags, std::string old_path,
              File_ new_descriptor, std::string new_path) {
             return call.get(self).link_at(old_path_flags, old_path, call.get(new_descriptor),
                                           new_path);
           });
  rows.row("[method]descriptor.open-at", "self, path-flags, path, open-flags, flags",
           [](HostCall call, File_ self, PathFlags path_flags, std::string path,
              OpenFlags open_flags, DescriptorFlags flags) {
             return given(call, call.get(self).open_at(path_flags, path, open_flags, flags));
           });
  rows.row(
      "[method]descriptor.readlink-at", "self, path",
      [](HostCall call, File_ self, std::string path) { return call.get(self).readlink_at(path); });
  rows.row("[method]descriptor.remove-directory-at", "self, path",
           [](HostCall call, File_ self, std::string path) {
             return call.get(self).remove_directory_at(path);
           });
  rows.row("[method]descriptor.rename-at", "self, old-path, new-descriptor, new-path",
           [](HostCall call, File_ self, std::string old_path, File_ new_descriptor,
              std::string new_path) {
             return call.get(self).rename_at(old_path, call.get(new_descriptor), new_path);
           });
  rows.row("[method]descriptor.symlink-at", "self, old-path, new-path",
           [](HostCall call, File_ self, std::string old_path, std::string new_path) {
             return call.get(self).symlink_at(old_path, new_path);
           });
  rows.row("[method]descriptor.unlink-file-at", "self, path",
           [](HostCall call, File_ self, std::string path) {
             return call.get(self).unlink_file_at(path);
           });
  rows.row("[method]descriptor.is-same-object", "self, other",
           [](HostCall call, File_ self, File_ other) {
             return call.get(self).is_same_object(call.get(other));
           });
  rows.row("[method]descriptor.metadata-hash", "self",
           [](HostCall call, File_ self) { return call.get(self).metadata_hash(); });
  rows.row("[method]descriptor.metadata-hash-at", "self, path-flags, path",
           [](HostCall call, File_ self, PathFlags path_flags, std::string path) {
             return call.get(self).metadata_hash_at(path_flags, path);
           });
}

void add_filesystem(Rows& rows, const std::shared_ptr<Host>& host) {
  add_descriptor_io(rows);
  add_descriptor_paths(rows);
  rows.row("[method]directory-entry-stream.read-directory-entry", "self",
           [](HostCall call, Borrow<DirectoryEntryStream> self) {
             return call.get(self).read_directory_entry();
           });
  rows.row("filesystem-error-code", "err",
           [](HostCall call, Borrow<IoError> err) { return filesystem_error_code(call.get(err)); });

  rows.interface("wasi:filesystem/preopens");
  rows.row("get-directories", "", [host](HostCall call) {
    std::vector<std::pair<Own<Descriptor>, std::string>> directories;
    for (auto& [descriptor, path] : get_directories(*host)) {
      directories.emplace_back(call.push(std::move(descriptor)), std::move(path));
    }
    return directories;
  });
}

}  // namespace

std::vector<Binding> bindings(const std::shared_ptr<Host>& host) {
  std::vector<Binding> all;
  Rows rows(all);
  add_io(rows, host->loop());
  add_input_streams(rows, host->loop());
  add_output_streams(rows, host->loop());
  add_cli(rows, host);
  add_clocks(rows, host);
  add_random(rows, host);
  add_filesystem(rows, host);
  return all;
}

}  // namespace reprise::wasi::p2
