#include "debug/dap/session.hpp"

#include <fmt/format.h>

#include "debug/dap/message.hpp"
#include "debug/terminal/text.hpp"

namespace reprise::debug::dap {

const Session::Row Session::kRequests[] = {
    {"initialize", &Session::initialize},
    {"launch", &Session::launch},
    {"attach", &Session::attach},
    {"configurationDone", &Session::configuration_done},
    {"disconnect", &Session::disconnect},
    {"terminate", &Session::disconnect},
    {"setBreakpoints", &Session::set_breakpoints},
    {"setFunctionBreakpoints", &Session::set_function_breakpoints},
    {"setInstructionBreakpoints", &Session::set_instruction_breakpoints},
    {"setDataBreakpoints", &Session::set_data_breakpoints},
    {"dataBreakpointInfo", &Session::data_breakpoint_info},
    {"setExceptionBreakpoints", &Session::set_exception_breakpoints},
    {"breakpointLocations", &Session::breakpoint_locations},
    {"continue", &Session::go_on},
    {"reverseContinue", &Session::go_back},
    {"next", &Session::next},
    {"stepIn", &Session::step_in},
    {"stepOut", &Session::step_out},
    {"stepBack", &Session::step_back},
    {"pause", &Session::pause},
    {"threads", &Session::threads},
    {"stackTrace", &Session::stack_trace},
    {"scopes", &Session::scopes},
    {"variables", &Session::variables},
    {"evaluate", &Session::evaluate},
    {"completions", &Session::completions},
    {"exceptionInfo", &Session::exception_info},
    {"readMemory", &Session::read_memory},
    {"disassemble", &Session::disassemble},
    {"modules", &Session::modules},
    {"loadedSources", &Session::loaded_sources},
    {"reprise/reverseStepIn", &Session::reverse_step_in},
    {"reprise/reverseStepOut", &Session::reverse_step_out},
    {"reprise/seek", &Session::seek},
    {"reprise/when", &Session::when},
    {"reprise/events", &Session::events},
    {"reprise/lastWrite", &Session::last_write},
    {"reprise/origin", &Session::origin},
};

namespace {

/// What can be asked before there is a run.
bool is_about_starting(std::string_view command) {
  return command == "initialize" || command == "launch" || command == "attach" ||
         command == "disconnect" || command == "terminate";
}

}  // namespace

Session::Session(SessionOptions options, std::function<void(const Json&)> send)
    : options_(std::move(options)), send_(std::move(send)) {}

Session::~Session() {
  interruption_.watch(nullptr);
}

void Session::handle(std::string_view message) {
  const Json request = Json::parse(message, nullptr, false);
  if (request.is_discarded() || text(request, "type") != "request") return;
  const std::string command = text(request, "command");
  for (const Row& row : kRequests) {
    if (row.command != command) continue;
    if (!debugger_ && !is_about_starting(command))
      return respond(request, fail(ErrorKind::usage, "nothing is being debugged yet"));
    respond(request, (this->*row.handler)(member(request, "arguments")));
    if (pending_) arrived(std::exchange(pending_, nullptr)());
    // Breakpoints can be set now.
    const bool opens = row.handler == &Session::launch || row.handler == &Session::attach;
    if (opens && debugger_) event("initialized", Json::object());
    return;
  }
  respond(request, fail(ErrorKind::unsupported,
                        fmt::format("the request '{}' is not known", cut_to_width(command, 60))));
}

void Session::respond(const Json& request, const Result<Json>& body) {
  Json response = {{"seq", ++sequence_},
                   {"type", "response"},
                   {"request_seq", number(request, "seq").value_or(0)},
                   {"command", text(request, "command")},
                   {"success", body.has_value()}};
  if (body) {
    if (!body->is_null()) response["body"] = *body;
  } else {
    response["message"] = body.error().to_string();
    response["body"] = {
        {"error", {{"id", 1}, {"format", body.error().to_string()}, {"showUser", true}}}};
  }
  send_(response);
}

void Session::event(std::string_view name, Json body) {
  send_({{"seq", ++sequence_}, {"type", "event"}, {"event", name}, {"body", std::move(body)}});
}

// ---- Starting and ending ----

Result<Json> Session::initialize(const Json& arguments) {
  const Json& lines = member(arguments, "linesStartAt1");
  from_one_ = !lines.is_boolean() || lines.get<bool>();
  const Json& columns = member(arguments, "columnsStartAt1");
  columns_from_one_ = !columns.is_boolean() || columns.get<bool>();
  return Json{{"supportsConfigurationDoneRequest", true},
              {"supportsFunctionBreakpoints", true},
              {"supportsConditionalBreakpoints", true},
              {"supportsHitConditionalBreakpoints", true},
              {"supportsInstructionBreakpoints", true},
              {"supportsDataBreakpoints", true},
              {"supportsDataBreakpointBytes", true},
              {"supportsBreakpointLocationsRequest", true},
              {"supportsStepBack", true},
              {"supportsSteppingGranularity", true},
              {"supportsEvaluateForHovers", true},
              {"supportsCompletionsRequest", true},
              {"supportsReadMemoryRequest", true},
              {"supportsDisassembleRequest", true},
              {"supportsModulesRequest", true},
              {"supportsLoadedSourcesRequest", true},
              {"supportsExceptionInfoRequest", true},
              {"supportsTerminateRequest", true}};
}

void Session::adopt(std::unique_ptr<Debugger> debugger) {
  sources_.emplace(options_.source_directories);
  debugger_ = std::move(debugger);
  interruption_.watch(debugger_.get());
  terminal_ = std::make_unique<Terminal>(
      *debugger_,
      TerminalOptions{.print = [this](std::string_view printed) { printed_ += printed; },
                      .color = false,
                      .source_directories = options_.source_directories});
}

Result<Json> Session::launch(const Json& arguments) {
  std::vector<std::string> words;
  for (const Json& word : list(arguments, "run"))
    if (word.is_string()) words.push_back(word.get<std::string>());
  return open(arguments, words);
}

/// To a recording, which may still be made: nothing is started, and nothing ends with the session.
Result<Json> Session::attach(const Json& arguments) {
  if (!list(arguments, "run").empty() || options_.open)
    return fail(ErrorKind::usage,
                "a run is started by a launch; attach to its recording, \"trace\"");
  return open(arguments, {});
}

Result<Json> Session::open(const Json& arguments, const std::vector<std::string>& words) {
  if (debugger_) return fail(ErrorKind::usage, "a run is being debugged already");
  if (const std::string trace = text(arguments, "trace"); !trace.empty())
    options_.debugger.trace = trace;
  if (const std::string program = text(arguments, "program"); !program.empty())
    options_.debugger.component = program;
  for (const Json& directory : list(arguments, "symbolDirectories"))
    if (directory.is_string())
      options_.debugger.symbol_directories.push_back(directory.get<std::string>());
  for (const Json& directory : list(arguments, "sourceDirectories"))
    if (directory.is_string()) options_.source_directories.push_back(directory.get<std::string>());
  if (options_.debugger.trace.empty() && !options_.open && words.empty())
    return fail(ErrorKind::usage,
                "name a recording, \"trace\": \"run.trace\", or what to run, \"run\": "
                "[\"program.wasm\"]");
  stop_on_entry_ = text(arguments, "stopAt") == "start" || flag(arguments, "stopOnEntry");
  options_.debugger.output = [this](replay::Stream stream, Bytes bytes) {
    event("output", {{"category", stream == replay::Stream::out ? "stdout" : "stderr"},
                     {"output", std::string(as_text(bytes))}});
  };
  REPRISE_ASSIGN(auto opened, options_.run && !words.empty()
                                  ? options_.run(words, options_.debugger)
                              : options_.open ? options_.open(options_.debugger)
                                              : Debugger::open(options_.debugger));
  adopt(std::move(opened));
  return Json();
}

Result<Json> Session::configuration_done(const Json&) {
  return move([this] {
    if (stop_on_entry_) return debugger_->seek(debugger_->beginning());
    return debugger_->is_live() ? debugger_->go(Direction::forward) : debugger_->seek_end();
  });
}

Result<Json> Session::disconnect(const Json&) {
  over_ = true;
  return Json();
}

// ---- Moving ----

Result<Json> Session::move(std::function<Result<Stop>()> step) {
  pending_ = std::move(step);
  return Json();
}

void Session::arrived(const Result<Stop>& stop) {
  if (stop) return stopped(*stop);
  event("output", {{"category", "important"}, {"output", stop.error().to_string() + "\n"}});
  stopped(debugger_->last_stop());
}

void Session::stopped(const Stop& stop) {
  handles_.clear();
  // The terminal looks at the same moment; what it would print, the editor shows in its own way.
  terminal_->show_stop(stop);
  printed_.clear();
  Json body = {{"threadId", 1}, {"allThreadsStopped", true}};
  const auto tell = [&](std::string_view reason, std::string description) {
    body["reason"] = reason;
    if (!description.empty()) body["description"] = std::move(description);
  };
  switch (stop.reason) {
    case Stop::Reason::step:
      tell("step", {});
      break;
    case Stop::Reason::start:
      tell("entry", "the beginning of the recording");
      break;
    case Stop::Reason::end:
      tell("pause", stop.text.empty() ? "the end of the recording" : stop.text);
      break;
    case Stop::Reason::exit:
      tell("pause", fmt::format("the guest exits with {}", stop.exit_code));
      break;
    case Stop::Reason::trap:
      tell("exception", "the guest trapped");
      body["text"] = stop.trap ? stop.trap->message : stop.text;
      break;
    case Stop::Reason::divergence:
      tell("exception", "the run differs from its recording");
      body["text"] = stop.text;
      break;
    case Stop::Reason::interrupted:
      tell("pause", {});
      break;
    case Stop::Reason::breakpoint:
      tell("breakpoint", {});
      body["hitBreakpointIds"] = stop.breakpoints;
      if (!stop.text.empty()) body["text"] = stop.text;
      break;
    case Stop::Reason::watchpoint:
      tell("data breakpoint", {});
      if (stop.watch) body["hitBreakpointIds"] = {stop.watch->id};
      break;
  }
  event("stopped", std::move(body));
}

static bool by_instruction(const Json& arguments) {
  return text(arguments, "granularity") == "instruction";
}

Result<Json> Session::go_on(const Json&) {
  auto moving = move([this] { return debugger_->go(Direction::forward); });
  if (!moving) return moving;
  return Json{{"allThreadsContinued", true}};
}
Result<Json> Session::go_back(const Json&) {
  return move([this] { return debugger_->go(Direction::backward); });
}
Result<Json> Session::next(const Json& arguments) {
  return move([this, small = by_instruction(arguments)] {
    return small ? debugger_->step_instruction(Direction::forward)
                 : debugger_->next_line(Direction::forward);
  });
}
Result<Json> Session::step_in(const Json& arguments) {
  return move([this, small = by_instruction(arguments)] {
    return small ? debugger_->step_instruction(Direction::forward)
                 : debugger_->step_line(Direction::forward);
  });
}
Result<Json> Session::step_out(const Json&) {
  return move([this] { return debugger_->step_out(Direction::forward); });
}
// Editors often leave the granularity out; a line is what people mean.
Result<Json> Session::step_back(const Json& arguments) {
  return move([this, small = by_instruction(arguments)] {
    return small ? debugger_->step_instruction(Direction::backward)
                 : debugger_->next_line(Direction::backward);
  });
}
Result<Json> Session::reverse_step_in(const Json&) {
  return move([this] { return debugger_->step_line(Direction::backward); });
}
Result<Json> Session::reverse_step_out(const Json&) {
  return move([this] { return debugger_->step_out(Direction::backward); });
}
// What was to stop was told when the request arrived.
Result<Json> Session::pause(const Json&) {
  return Json();
}

Result<Json> Session::seek(const Json& arguments) {
  if (const auto event_number = number(arguments, "event"); event_number && *event_number >= 0)
    return move(
        [this, to = static_cast<uint64_t>(*event_number)] { return debugger_->seek_event(to); });
  REPRISE_ASSIGN(const Time time, parse_time(text(arguments, "time")));
  return move([this, time] { return debugger_->seek(time); });
}

std::string Session::run_command(std::string_view command, bool& moved) {
  const Time before = debugger_->now();
  printed_.clear();
  terminal_->execute(command);
  moved = debugger_->now() != before;
  return std::exchange(printed_, {});
}

static bool wants_to_stop(std::string_view message) {
  const Json request = Json::parse(message, nullptr, false);
  const std::string command = text(request, "command");
  return command == "pause" || command == "disconnect" || command == "terminate";
}

void serve(SessionOptions options, const ClientWire& wire) {
  Session session(std::move(options),
                  [&](const Json& message) { wire.write(frame_message(to_text(message))); });
  Inbox<MessageReader> inbox(wire, [&](uint64_t number, const std::string& message) {
    if (wants_to_stop(message)) session.interruption().wanted_by(number);
  });
  while (!session.over()) {
    const auto arrived = inbox.take();
    if (!arrived) return;
    session.interruption().begin(arrived->number);
    session.handle(arrived->message);
  }
}

}  // namespace reprise::debug::dap
