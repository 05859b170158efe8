// A debugger over a small recorded run, for fuzzing what talks to one. The program stores, makes
// objects, and traps.

#pragma once

#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "debug/debugger.hpp"
#include "embed/module_program.hpp"
#include "embed/program_file.hpp"
#include "trace/sink.hpp"
#include "wasi/library.hpp"

namespace reprise::fuzz {

inline constexpr std::string_view kDebugged = R"((module $debugged
  (rec
    (type $node (struct (field i32) (field (ref null $node)) (field (mut (ref null $row)))))
    (type $row (array (mut (ref null $node)))))
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 3))
  (global $nodes (mut (ref null $node)) (ref.null $node))
  (func $leaf (param $p i32) (result i32)
    (global.set $nodes
      (struct.new $node (local.get $p) (global.get $nodes)
        (array.new $row (global.get $nodes) (i32.const 2))))
    (i32.store (local.get $p) (struct.get $node 0 (global.get $nodes)))
    (i32.store (local.get $p) (global.get $count))
    (i32.load (local.get $p)))
  (func (export "_start") (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (call $leaf (i32.mul (local.get $i) (i32.const 4)))))
      (global.set $count (i32.sub (global.get $count) (i32.const 1)))
      (br_if $again (global.get $count)))
    unreachable)))";

/// A trace that lies there until the process ends: going back reads it again.
struct LeftTrace {
  std::string path;
  ~LeftTrace() {
    unlink(path.c_str());
    unlink((path + ".index").c_str());
  }
};

/// Records the program; gives the trace's path. Once.
inline std::string record_debugged() {
  const std::string path = "/tmp/reprise-debug-fuzz-" + std::to_string(getpid()) + ".trace";
  static const LeftTrace left{path};
  {
    const auto text = reinterpret_cast<const uint8_t*>(kDebugged.data());
    auto file =
        embed::load_program("debugged.wat", std::vector<uint8_t>(text, text + kDebugged.size()));
    REPRISE_CHECK(file.has_value());
    auto session = embed::Session::create(file->engine, {}, nullptr);
    auto sink = trace::FileSink::create(path);
    REPRISE_CHECK(session.has_value() && sink.has_value());
    replay::RecorderOptions options;
    options.writer.ring_paths = {path + ".ring"};
    options.writer.trace_path = path;
    auto recorder = replay::Recorder::create(std::move(*sink), options);
    REPRISE_CHECK(recorder.has_value());
    (*recorder)->component(trace::BinaryForm::module, trace::Storage::embedded, "debugged.wat", "",
                           file->bytes, *file->bytes);
    REPRISE_CHECK((*session)->record(std::move(*recorder)).has_value());
    auto imports = wasi::core_imports_for_replay();
    REPRISE_CHECK(imports.has_value());
    auto program = embed::ModuleProgram::link(**session, file->module, *imports);
    REPRISE_CHECK(program.has_value());
    embed::Calls calls(**session, **program);
    auto instantiated = calls.instantiate();
    instantiated.start();
    REPRISE_CHECK(instantiated.done() && instantiated.take().has_value());
    auto run = calls.call(*(*program)->find("", "_start"), {});
    run.start();
    REPRISE_CHECK(run.done());
    auto outcome = run.take();
    REPRISE_CHECK(!outcome && outcome.error().trap());
    (void)(*session)->recorder()->close_trap(*outcome.error().trap());
  }
  return path;
}

/// Records the program and opens a debugger at the end of its run.
inline std::unique_ptr<debug::Debugger> open_recording() {
  const std::string path = record_debugged();
  auto debugger = debug::Debugger::open({.trace = path});
  REPRISE_CHECK(debugger.has_value());
  REPRISE_CHECK((*debugger)->seek_end().has_value());
  return std::move(*debugger);
}

}  // namespace reprise::fuzz
