#include "tool/debugged_run.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/os/stdio.hpp"

namespace reprise::tool {

namespace {

/// Bytes for an editor to show.
class ToldSink final : public os::ByteSink {
 public:
  using Told = std::function<void(replay::Stream, Bytes)>;
  ToldSink(Told told, replay::Stream stream) : told_(std::move(told)), stream_(stream) {}
  os::Expected<size_t> write(std::span<const uint8_t> bytes) override {
    told_(stream_, bytes);
    return bytes.size();
  }

 private:
  Told told_;
  replay::Stream stream_;
};

constexpr std::string_view kTraceEnding = ".trace";

/// An empty file of its own for a trace that nobody has named.
Result<std::string> temporary_trace() {
  std::error_code error;
  std::string path = std::filesystem::temp_directory_path(error) / "reprise-XXXXXX.trace";
  const int file = error ? -1 : mkstemps(path.data(), static_cast<int>(kTraceEnding.size()));
  if (file < 0) return fail(ErrorKind::io, "cannot make " + path + "; name one with --record");
  close(file);
  return path;
}

}  // namespace

Result<std::unique_ptr<DebuggedRun>> DebuggedRun::create(RunOptions options) {
  if (digest_interval(options.check) != 0)
    return fail(ErrorKind::usage, "--check state:N does not go with a debugger");
  const bool is_temporary = options.record.empty();
  if (is_temporary) {
    REPRISE_ASSIGN(options.record, temporary_trace());
  }
  std::unique_ptr<DebuggedRun> made(new DebuggedRun(std::move(options)));
  made->is_temporary_ = is_temporary;
  return made;
}

/// Whoever debugged has left. A run that is not over ends here, and its trace without an end.
DebuggedRun::~DebuggedRun() {
  if (live_ && !live_->is_over()) session_->recorder()->writer().stop("the debugger was left");
  const bool has_run = live_ != nullptr;
  live_.reset();
  if (options_.discard || (!has_run && is_temporary_)) {
    unlink(options_.record.c_str());
  } else if (has_run) {
    std::fprintf(stderr, "the run was recorded; to debug it again: reprise debug %s\n",
                 options_.record.c_str());
  }
}

Result<std::unique_ptr<debug::Debugger>> DebuggedRun::open(debug::DebuggerOptions how) {
  how.trace = options_.record;
  REPRISE_ASSIGN(WasiOptions wasi, wasi_options(options_));
  if (how.output) {  // standard input and output are the editor's
    wasi.standard_output = std::make_shared<ToldSink>(how.output, replay::Stream::out);
    wasi.standard_error = std::make_shared<ToldSink>(how.output, replay::Stream::err);
  } else {
    inherit_standard_streams(wasi);
  }
  wasi.seams.loop = std::make_shared<os::Loop>(*clock, *poller);
  REPRISE_TRY(prepare(std::move(wasi)));
  live_ = std::make_unique<embed::LiveRun>(*program_, *host_->loop(), *poller, main());
  return debug::Debugger::attach(std::move(how), {.program = file_, .run = live_.get()});
}

Result<void> DebuggedRun::recorded() {
  REPRISE_ASSIGN(recording,
                 replay::LiveRecording::follow(*session_->recorder(), options_.record,
                                               session_->recorder()->writer().ring().path()));
  session_->hold_at_doors(*recording);
  return ok();
}

}  // namespace reprise::tool
