// Steps: by instruction, by line, over calls and out of them, both ways.
//
// Forward and over calls, only the functions on the stack can hold the moment that a step leads to,
// as long as the call from the host lasts: the others run folded.

#include "debug/core.hpp"

namespace reprise::debug {

Result<Stop> Debugger::Core::forward_to(const Sought& sought) {
  if (target_ && !in_past()) return forward_to_live(sought);
  Found found;
  if (sought.functions) {
    // Behind the present call from the host, other functions matter.
    REPRISE_ASSIGN(const uint64_t call, log_.next_guest_call(run_->now().event));
    REPRISE_ASSIGN(found, find_first(sought, call));
    if (found || run_->is_over() || interrupted_ || run_->now().event < call) {
      if (in_past() && !found && !interrupted_) return forward_to_live(sought);
      return stopped(Stop::Reason::step);
    }
  }
  REPRISE_ASSIGN(found, find_first({.watches = {}, .accepts = sought.accepts}, UINT64_MAX));
  if (in_past() && !found && !interrupted_) return forward_to_live(sought);
  return stopped(Stop::Reason::step);
}

Result<std::optional<Time>> Debugger::Core::find_before(const Sought& sought) {
  const Time here = run_->now();
  Found found;
  if (sought.functions) {
    REPRISE_ASSIGN(const uint64_t call, log_.last_guest_call(here.event));
    REPRISE_ASSIGN(found, find_last(here, sought, call));
  }
  if (!found && !interrupted_) {
    REPRISE_ASSIGN(found, find_last(here, {.watches = {}, .accepts = sought.accepts}));
  }
  return found.accepted;
}

Result<Stop> Debugger::Core::backward_to(const Sought& sought) {
  REPRISE_ASSIGN(const std::optional<Time> found, find_before(sought));
  REPRISE_TRY(go_to(found.value_or(beginning_)));
  return stopped(found ? Stop::Reason::step : Stop::Reason::start);
}

Result<Stop> Debugger::Core::step_instruction(Direction direction) {
  const Sought any{.watches = {}, .accepts = [](const Moment&) { return true; }};
  return direction == Direction::forward ? forward_to(any) : backward_to(any);
}

/// Without any line, a search for the next one would go through the whole run, instruction by
/// instruction.
Result<void> Debugger::Core::need_lines() const {
  if (interrupted_) return ok();  // then the search ends as it begins, and says that
  for (const ModuleInfo& module : modules_.all())
    if (module.info->has_debug_info()) return ok();
  return fail(ErrorKind::usage,
              "the program has no source lines to step by; `stepi` goes by instructions, `finish` "
              "out of the function");
}

Result<Stop> Debugger::Core::step_line(Direction direction) {
  REPRISE_TRY(need_lines());
  const Sought line{.watches = {}, .accepts = [this](const Moment& m) { return begins_line(m); }};
  return direction == Direction::forward ? forward_to(line) : backward_to(line);
}

Result<Stop> Debugger::Core::next_line(Direction direction) {
  REPRISE_TRY(need_lines());
  const auto frame = guest_frame();
  if (!frame) return step_line(direction);
  if (direction == Direction::backward) return previous_line(*frame);
  const ptrdiff_t depth = frame->fp - run_->bottom();
  return forward_to({.watches = {},
                     .accepts =
                         [this, depth](const Moment& m) {
                           return m.frame() - run_->bottom() <= depth && begins_line(m);
                         },
                     .functions = functions_on_stack()});
}

/// Before the first line of a call there is the line of the caller that the call is on; but where
/// that line has called the function before, as in a loop, there is the call itself: the line began
/// before the other one.
Result<Stop> Debugger::Core::previous_line(const runtime::Activation::FrameView& frame) {
  const ptrdiff_t depth = frame.fp - run_->bottom();
  const runtime::InstanceId instance = frame.instance->id;
  const wasm::Module& module = frame.code->module->module();
  const uint32_t function = frame.code->index;
  const Sought line_or_call{.watches = {},
                            .accepts =
                                [this, depth](const Moment& m) {
                                  const ptrdiff_t there = m.frame() - run_->bottom();
                                  return there < depth || (there == depth && begins_line(m));
                                },
                            .functions = functions_on_stack()};
  REPRISE_ASSIGN(const std::optional<Time> found, find_before(line_or_call));
  REPRISE_TRY(go_to(found.value_or(beginning_)));
  if (!found) return stopped(Stop::Reason::start);
  const auto caller = guest_frame();
  const auto code = innermost_code();
  const bool is_line = code && code_.begins_line(*code);
  if (interrupted_ || is_line || !caller || caller->fp - run_->bottom() == depth)
    return stopped(Stop::Reason::step);

  const ptrdiff_t outer = caller->fp - run_->bottom();
  runtime::FunctionSet functions = functions_on_stack();
  functions.add(module, function);
  const Sought line_or_other_call{.watches = {},
                                  .accepts =
                                      [&](const Moment& m) {
                                        if (m.frame() - run_->bottom() <= outer)
                                          return begins_line(m);
                                        return m.view.function == function &&
                                               m.view.instance->id == instance;
                                      },
                                  .functions = std::move(functions)};
  REPRISE_ASSIGN(const std::optional<Time> line, find_before(line_or_other_call));
  REPRISE_TRY(go_to(line.value_or(*found)));
  const auto there = guest_frame();
  if (there && there->fp - run_->bottom() > outer) REPRISE_TRY(go_to(*found));
  return stopped(Stop::Reason::step);
}

Result<Stop> Debugger::Core::step_out(Direction direction) {
  const auto frame = guest_frame();
  if (!frame) return step_instruction(direction);
  const ptrdiff_t depth = frame->fp - run_->bottom();
  const Sought outside{
      .watches = {},
      .accepts = [this, depth](const Moment& m) { return m.frame() - run_->bottom() < depth; },
      .functions = functions_on_stack()};
  return direction == Direction::forward ? forward_to(outside) : backward_to(outside);
}

bool Debugger::Core::begins_line(const Moment& moment) {
  const auto location = code_.location(moment);
  return location && code_.begins_line(*location);
}

runtime::FunctionSet Debugger::Core::functions_on_stack() const {
  runtime::FunctionSet functions;
  const runtime::Activation* activation = run_->activation();
  if (activation == nullptr || activation->is_idle()) return functions;
  activation->walk([&](const runtime::Activation::FrameView& view) {
    if (view.code->native == nullptr) functions.add(view.code->module->module(), view.code->index);
    return true;
  });
  return functions;
}

std::optional<runtime::Activation::FrameView> Debugger::Core::guest_frame() const {
  const runtime::Activation* activation = run_->activation();
  std::optional<runtime::Activation::FrameView> frame;
  if (activation == nullptr || activation->is_idle()) return frame;
  activation->walk([&](const runtime::Activation::FrameView& view) {
    if (view.code->native == nullptr) frame = view;
    return !frame;
  });
  return frame;
}

}  // namespace reprise::debug
