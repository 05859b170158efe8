// Records a run of a program into a file of the test's own.

#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "debug/debugger.hpp"
#include "embed/module_program.hpp"
#include "embed/program_file.hpp"
#include "travel.hpp"
#include "wasi/host.hpp"
#include "wasi/p1/imports.hpp"

namespace reprise::debug::testing {

/// A trace that is removed with it.
class Recording {
 public:
  /// Calls `_start`, or the export `entry` with these encoded arguments.
  static Recording of(embed::ProgramFile file, std::vector<std::string> arguments = {"guest"},
                      const std::string& entry = "_start", std::vector<uint8_t> encoded = {}) {
    Recording made;
    made.record(std::move(file), std::move(arguments), entry, std::move(encoded));
    return made;
  }
  static Recording of_text(std::string_view wat, const std::string& entry = "_start",
                           std::vector<uint8_t> encoded = {}) {
    const auto bytes = reinterpret_cast<const uint8_t*>(wat.data());
    auto file = embed::load_program("test.wat", std::vector<uint8_t>(bytes, bytes + wat.size()));
    if (!file) ADD_FAILURE() << file.error().to_string();
    return of(std::move(*file), {"guest"}, entry, std::move(encoded));
  }
  static Recording of_guest(const std::string& name, std::vector<std::string> arguments = {"guest"},
                            const std::string& entry = "_start",
                            std::vector<uint8_t> encoded = {}) {
    auto file = embed::load_program(REPRISE_SOURCE_DIR "/tests/guests/" + name);
    if (!file) ADD_FAILURE() << file.error().to_string();
    return of(std::move(*file), std::move(arguments), entry, std::move(encoded));
  }

  Recording(Recording&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Recording& operator=(Recording&&) = delete;
  ~Recording() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  const std::string& path() const { return path_; }

  std::unique_ptr<Debugger> open(DebuggerOptions options = {}) const {
    return open_debugger(path_, std::move(options));
  }

 private:
  Recording() {
    path_ = ::testing::TempDir() + "reprise-debug-XXXXXX";
    const int fd = ::mkstemp(path_.data());
    if (fd >= 0) ::close(fd);
  }

  void record(embed::ProgramFile file, std::vector<std::string> arguments, const std::string& entry,
              std::vector<uint8_t> encoded) {
    WasiOptions options;
    options.arguments = std::move(arguments);
    auto host = wasi::Host::create(std::move(options));
    ASSERT_TRUE(host) << host.error().to_string();
    std::shared_ptr<wasi::Host> shared = std::move(*host);
    auto imports = wasi::p1::Imports::create(shared);
    ASSERT_TRUE(imports) << imports.error().to_string();
    auto session = embed::Session::create(file.engine, {}, shared.get());
    ASSERT_TRUE(session) << session.error().to_string();
    auto sink = trace::FileSink::create(path_);
    ASSERT_TRUE(sink) << sink.error().to_string();
    auto recorder = replay::Recorder::create(std::move(*sink), {});
    ASSERT_TRUE(recorder) << recorder.error().to_string();
    (*recorder)->component(trace::BinaryForm::module, trace::Storage::embedded, file.path,
                           file.path, file.bytes, *file.bytes);
    ASSERT_TRUE((*session)->record(std::move(*recorder)));
    auto program = embed::ModuleProgram::link(
        **session, file.module,
        [&](std::string_view module, std::string_view name, const wasm::FuncType& type) {
          return (*imports)->find(module, name, type);
        });
    ASSERT_TRUE(program) << program.error().to_string();
    call(*shared, **session, **program, entry, std::move(encoded));
  }

  void call(wasi::Host& host, embed::Session& session, embed::Program& program,
            const std::string& entry, std::vector<uint8_t> encoded) {
    embed::Calls calls(session, program);
    auto instantiating = calls.instantiate();
    ASSERT_TRUE(host.loop()->run(instantiating));
    ASSERT_TRUE(instantiating.take());
    const embed::Exported* found = program.find("", entry);
    ASSERT_TRUE(found) << entry;
    auto calling = calls.call(*found, std::move(encoded));
    ASSERT_TRUE(host.loop()->run(calling));
    auto outcome = calling.take();
    replay::Recorder& recorder = *session.recorder();
    if (outcome) {
      ASSERT_TRUE(recorder.close_clean());
    } else if (outcome.error().trap()->kind == TrapKind::exit) {
      ASSERT_TRUE(recorder.close_exit(outcome.error().trap()->exit_code));
    } else {
      ASSERT_TRUE(recorder.close_trap(*outcome.error().trap()));
    }
  }

  std::string path_;
};

}  // namespace reprise::debug::testing
