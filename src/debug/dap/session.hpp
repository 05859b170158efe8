// A debugging session for an editor, by the Debug Adapter Protocol. What an editor shows as a
// process with one thread is the recorded run.
//
// The protocol has two requests that go backwards, `stepBack` and `reverseContinue`. All else that
// a recording makes possible (seek, events, last-write, origin, reverse-finish) are commands of the
// terminal, which the editor's debug console passes on as `evaluate`; and, for editors that want to
// make buttons of them, requests of our own: "reprise/seek", "reprise/when", "reprise/events",
// "reprise/lastWrite", "reprise/origin", "reprise/reverseStepIn", "reprise/reverseStepOut".
//
// Source paths go through SourceText both ways: what the debug information calls /src/a.c is, for
// the editor, where a.c was found.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debug/dap/json.hpp"
#include "debug/debugger.hpp"
#include "debug/inbox.hpp"
#include "debug/interruption.hpp"
#include "debug/terminal/terminal.hpp"

namespace reprise::debug::dap {

struct SessionOptions {
  /// What a `launch` that names no trace is about.
  DebuggerOptions debugger;
  std::vector<std::string> source_directories;
  /// How a live run is started, if the session is about one. By default a trace is opened.
  std::function<Result<std::unique_ptr<Debugger>>(DebuggerOptions)> open;
  /// Starts the live run that a `launch` describes by the words that follow `reprise run`.
  std::function<Result<std::unique_ptr<Debugger>>(std::vector<std::string>, DebuggerOptions)> run;
};

class Session {
 public:
  /// `send` gets messages without their header.
  Session(SessionOptions options, std::function<void(const Json&)> send);
  ~Session();

  /// Debugs this run; what `launch` does with the one that it opens.
  void adopt(std::unique_ptr<Debugger> debugger);
  /// Answers one message. What is no request is passed over.
  void handle(std::string_view message);
  /// The client has said good-bye.
  bool over() const { return over_; }
  /// Who wants which messages to stop.
  Interruption& interruption() { return interruption_; }

 private:
  struct Row {
    std::string_view command;
    Result<Json> (Session::*handler)(const Json& arguments);
  };
  static const Row kRequests[];

  // Starting and ending.
  Result<Json> initialize(const Json& arguments);
  Result<Json> launch(const Json& arguments);
  Result<Json> attach(const Json& arguments);
  Result<Json> configuration_done(const Json& arguments);
  Result<Json> disconnect(const Json& arguments);
  // Stopping places.
  Result<Json> set_breakpoints(const Json& arguments);
  Result<Json> set_function_breakpoints(const Json& arguments);
  Result<Json> set_instruction_breakpoints(const Json& arguments);
  Result<Json> set_data_breakpoints(const Json& arguments);
  Result<Json> data_breakpoint_info(const Json& arguments);
  Result<Json> set_exception_breakpoints(const Json& arguments);
  Result<Json> breakpoint_locations(const Json& arguments);
  // Moving.
  Result<Json> go_on(const Json& arguments);
  Result<Json> go_back(const Json& arguments);
  Result<Json> next(const Json& arguments);
  Result<Json> step_in(const Json& arguments);
  Result<Json> step_out(const Json& arguments);
  Result<Json> step_back(const Json& arguments);
  Result<Json> reverse_step_in(const Json& arguments);
  Result<Json> reverse_step_out(const Json& arguments);
  Result<Json> pause(const Json& arguments);
  Result<Json> seek(const Json& arguments);
  // Looking.
  Result<Json> threads(const Json& arguments);
  Result<Json> stack_trace(const Json& arguments);
  Result<Json> scopes(const Json& arguments);
  Result<Json> variables(const Json& arguments);
  Result<Json> evaluate(const Json& arguments);
  Result<Json> completions(const Json& arguments);
  Result<Json> exception_info(const Json& arguments);
  Result<Json> read_memory(const Json& arguments);
  Result<Json> disassemble(const Json& arguments);
  Result<Json> modules(const Json& arguments);
  Result<Json> loaded_sources(const Json& arguments);
  Result<Json> when(const Json& arguments);
  Result<Json> events(const Json& arguments);
  Result<Json> last_write(const Json& arguments);
  Result<Json> origin(const Json& arguments);

  /// What a `variablesReference` stands for, until the run moves.
  struct Handle {
    enum class Kind : uint8_t {
      scope,
      globals,
      wasm_locals,
      wasm_operands,
      wasm_globals,
      handles,
      children
    };
    Kind kind = Kind::scope;
    size_t frame = 0;
    VariableInfo::Scope scope = VariableInfo::Scope::local;
    std::string path;
  };

  Result<Json> open(const Json& arguments, const std::vector<std::string>& words);
  void respond(const Json& request, const Result<Json>& body);
  void event(std::string_view name, Json body);
  /// After the answer to the request at hand is on its way: moves, and says where it stopped.
  Result<Json> move(std::function<Result<Stop>()> step);
  void arrived(const Result<Stop>& stop);
  void stopped(const Stop& stop);
  int64_t handle_for(Handle handle);
  Json variable(const VariableInfo& info, size_t frame);
  Json source(const std::string& path);
  /// The path in the debug information that the editor means; its own if there is none.
  std::string recorded_path(const std::string& path);
  Result<Json> set_all(std::string_view group, const Json& wanted,
                       const std::function<Result<Breakpoint>(const Json&)>& make);
  void remove_all(std::string_view group);
  std::string run_command(std::string_view command, bool& moved);

  SessionOptions options_;
  std::function<void(const Json&)> send_;
  std::string printed_;  // by the terminal, for the request at hand
  Interruption interruption_;
  std::unique_ptr<Debugger> debugger_;
  std::unique_ptr<Terminal> terminal_;
  std::optional<SourceText> sources_;
  std::vector<Handle> handles_;
  /// What the client has set, by kind: "source /a.c", "function", "instruction", "data".
  std::map<std::string, std::vector<uint32_t>, std::less<>> set_;
  std::function<Result<Stop>()> pending_;  // the move to make when the answer is sent
  int64_t sequence_ = 0;
  bool from_one_ = true;  // lines
  bool columns_from_one_ = true;
  bool stop_on_entry_ = false;
  bool over_ = false;
};

/// Serves one client until it goes.
void serve(SessionOptions options, const ClientWire& wire);

}  // namespace reprise::debug::dap
