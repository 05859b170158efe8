#include "embed/replay_run.hpp"

#include "code/frozen_stack.hpp"

namespace reprise::embed {

using replay::Entry;
using replay::Playback;

namespace {

// outlives: program: the loop that runs this holds the program by reference for longer
Task<EncodedOutcome> instantiate_encoded(Program* program) {
  Outcome<void> outcome = co_await program->instantiate();
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  co_return std::vector<uint8_t>();
}

}  // namespace

ReplayLoop::ReplayLoop(Playback& playback, Program& program, const ReplayChecks& checks,
                       LinkAnother another)
    : playback_(playback),
      player_(playback.player),
      program_(program),
      another_(std::move(another)) {
  if (checks.state) playback_.state = [&program] { return program.state_digest(); };
}

ReplayLoop::~ReplayLoop() {
  while (!calls_.empty()) calls_.pop_back();  // the innermost first
}

bool ReplayLoop::run() {
  playback_.hold.resume();
  while (!over_) {
    if (playback_.hold.is_held() || settle_finished()) return false;
    if (over_) break;
    over_ = !playback_.settle_state();
    if (over_) break;
    if (is_held()) return false;
    if (drop_cancelled()) {
      playback_.end_pauses();
    } else {
      enter_next();
    }
  }
  return true;
}

/// Asked before an event is taken here; the doors ask for theirs.
bool ReplayLoop::is_held() {
  return !playback_.ended && !player_.divergence() && player_.event() >= playback_.hold.event;
}

ReplayOutcome ReplayLoop::outcome() {
  outcome_.events = player_.events_consumed();
  outcome_.state_compared = playback_.state_compared;
  if (player_.error()) {
    outcome_.kind = ReplayOutcome::Kind::failed;
    outcome_.error = *player_.error();
  } else if (player_.divergence()) {
    outcome_.kind = ReplayOutcome::Kind::divergence;
    outcome_.divergence = player_.divergence();
  }
  return outcome_;
}

void ReplayLoop::enter_next() {
  const uint64_t event = player_.event();
  Entry entry = player_.next_entry();
  switch (entry.kind) {
    case Entry::Kind::guest_call:
      if (entry.function->name == kInstantiate) {
        ready_event_.reset();
      } else if (!ready_event_) {
        ready_event_ = event;
      }
      begin(entry);
      break;
    case Entry::Kind::resume:
      if (entry.answer.kind != replay::Answer::Kind::trap && drop_cancelled()) break;
      if (!playback_.arrive(entry.call, entry.answer))
        fail_with("the trace answers a call that this run has not made");
      break;
    case Entry::Kind::interrupted:
      playback_.interrupt_parked();
      break;
    case Entry::Kind::changed:
      if (!program_.apply(*entry.record))
        fail_with("the recorded change cannot be made in this run");
      break;
    case Entry::Kind::answered:
      if (entry.verdict != trace::Verdict::cancelled && drop_cancelled()) break;
      if (!playback_.decide(entry.call, entry.verdict))
        fail_with("the trace answers a request that this run has not made");
      break;
    case Entry::Kind::end:
      // A component may fail without a trap: its `run` returns an error.
      if (entry.outcome == trace::Outcome::exit)
        outcome_.exit_code = static_cast<uint8_t>(entry.code);
      over_ = true;
      break;
    case Entry::Kind::cut:
      outcome_.cut = true;
      over_ = true;
      break;
    case Entry::Kind::divergence:
      over_ = true;
      break;
  }
}

void ReplayLoop::fail_with(std::string message) {
  if (!player_.divergence() && !player_.error())
    outcome_.error = Error{ErrorKind::malformed, std::move(message), player_.event(), {}};
  if (outcome_.error) outcome_.kind = ReplayOutcome::Kind::failed;
  over_ = true;
}

/// The instance that the recording numbers so; null, and the replay over, if there cannot be one.
Program* ReplayLoop::instance(const Entry& entry) {
  if (entry.instance == 0) return &program_;
  if (entry.instance <= others_.size()) return others_[entry.instance - 1].get();
  if (another_ && entry.instance == others_.size() + 1 && entry.function->name == kInstantiate) {
    auto linked = another_(entry.instance);
    if (linked) return others_.emplace_back(std::move(*linked)).get();
    outcome_.error = std::move(linked.error());
  }
  fail_with("the trace calls an instance that this run has not made");
  return nullptr;
}

void ReplayLoop::begin(const Entry& entry) {
  OpenCall call{};
  call.number = begun_++;
  call.instance = entry.instance;
  Program* const program = instance(entry);
  if (!program) return;
  if (entry.function->name == kInstantiate) {
    call.task = instantiate_encoded(program);
  } else {
    call.function = program->find(entry.function->interface, entry.function->name);
    if (!call.function)
      return fail_with("the program has no export " + entry.function->full_name() +
                       ", which the recording calls");
    if (!wit::equal_by_name(call.function->type, entry.function->type))
      return fail_with("the export " + entry.function->full_name() +
                       " has another type than in the recording");
    call.arguments.assign(entry.values.begin(), entry.values.end());
    call.task = program->call(*call.function,
                              std::vector<uint8_t>(entry.values.begin(), entry.values.end()));
  }
  calls_.push_back(std::move(call));
  if (!drop_cancelled()) calls_.back().task.start();
}

/// The recorded run was cancelled while guest code ran on from here, at a place that the trace
/// doesn't tell: nothing that can be observed came of it. Drops the call likewise.
bool ReplayLoop::drop_cancelled() {
  const std::optional<uint64_t> named = player_.cancels_next();
  if (!named || calls_.empty()) return false;
  size_t place = calls_.size() - 1;
  if (*named != 0)
    while (place != 0 && calls_[place].number != *named - 1) --place;
  calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(place));
  outcome_.trap = Trap::of(TrapKind::cancelled);
  if (!player_.trapped(*outcome_.trap)) over_ = true;
  return true;
}

/// Compares what has ended with the recording, the innermost call first; calls into several
/// instances may end in another order than they began. True when it is held before an ending.
bool ReplayLoop::settle_finished() {
  for (size_t i = calls_.size(); !over_ && i-- != 0;) {
    if (!calls_[i].task.done()) continue;
    if (is_held()) return true;
    OpenCall call = std::move(calls_[i]);
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(i));
    settle(call);
  }
  return false;
}

void ReplayLoop::settle(OpenCall& call) {
  EncodedOutcome result = call.task.take();
  if (playback_.ended) {
    outcome_.cut = true;
    over_ = true;
    return;
  }
  if (player_.divergence()) {
    over_ = true;
    return;
  }
  if (result) {
    outcome_.trap.reset();
    static const wit::FuncType kNothing;
    if (!player_.returned(call.function ? call.function->type : kNothing, *result)) over_ = true;
    return;
  }
  if (const Trap* trap = result.error().trap()) {
    outcome_.trap = *trap;
    if (!player_.trapped(*trap)) {
      if (auto& divergence = player_.divergence(); divergence && divergence->frames.empty())
        divergence->frames = trap->frames;
      over_ = true;
    }
    return;
  }
  // An error is no event. Where the recorded host met it as well, it gave the call up.
  if (player_.cancels_next()) {
    outcome_.trap = Trap::of(TrapKind::cancelled);
    if (!player_.trapped(*outcome_.trap)) over_ = true;
    return;
  }
  outcome_.error = *result.error().error();
  outcome_.kind = ReplayOutcome::Kind::failed;
  over_ = true;
}

std::vector<Program*> ReplayLoop::programs() {
  std::vector<Program*> all{&program_};
  for (const auto& other : others_) all.push_back(other.get());
  return all;
}

Result<void> ReplayLoop::freeze(ByteWriter& out) const {
  const auto activations = program_.session().core().activations();
  const auto& turns = playback_.turns;
  if (!ready_event_ || playback_.requests.size() != turns.size() ||
      activations.size() != calls_.size())
    return fail(ErrorKind::unsupported, "a call waits for its instance, or for memory");
  out.leb_u64(*ready_event_);
  out.leb_u64(begun_);
  out.leb_u64(calls_.size());
  for (size_t i = 0; i < calls_.size(); ++i) {
    const OpenCall& call = calls_[i];
    if (!call.function || call.task.done())
      return fail(ErrorKind::unsupported, "a call instantiates, or has ended");
    out.leb_u64(call.number);
    out.leb_u32(call.instance);
    out.name(call.function->interface);
    out.name(call.function->name);
    out.leb_u64(call.arguments.size());
    out.bytes(call.arguments);
    ByteWriter stack;
    REPRISE_TRY(code::freeze_activation(*activations[i], stack));
    out.sized(stack);
    const auto turn = turns.find(activations[i]);
    out.leb_u64(turn == turns.end() ? 0 : turn->second + 1);
  }
  return ok();
}

void ReplayLoop::give_up() {
  playback_.hold.forget();
  while (!calls_.empty()) calls_.pop_back();
  playback_.ended = false;
  outcome_ = {};
  over_ = false;
}

Result<void> ReplayLoop::thaw(Session& session, ByteReader& in) {
  REPRISE_ASSIGN(ready_event_, in.leb_u64());
  REPRISE_ASSIGN(const uint64_t begun, in.leb_u64());
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  for (uint64_t i = 0; i < count; ++i) REPRISE_TRY(thaw_call(session, in));
  begun_ = begun;
  return ok();
}

Result<void> ReplayLoop::thaw_call(Session& session, ByteReader& in) {
  OpenCall call{};
  REPRISE_ASSIGN(call.number, in.leb_u64());
  REPRISE_ASSIGN(call.instance, in.leb_u32());
  REPRISE_ASSIGN(const std::string_view interface, in.name());
  REPRISE_ASSIGN(const std::string_view name, in.name());
  REPRISE_ASSIGN(const uint32_t size, in.leb_u32());
  REPRISE_ASSIGN(const Bytes arguments, in.bytes(size));
  REPRISE_ASSIGN(const uint32_t stack_size, in.leb_u32());
  REPRISE_ASSIGN(const Bytes stack, in.bytes(stack_size));
  REPRISE_ASSIGN(const uint64_t turn, in.leb_u64());
  const auto all = programs();
  if (call.instance >= all.size())
    return fail(ErrorKind::malformed, "the snapshot is of another program");
  call.function = all[call.instance]->find(interface, name);
  if (!call.function) return fail(ErrorKind::malformed, "the snapshot is of another program");
  call.arguments.assign(arguments.begin(), arguments.end());
  if (turn != 0 && playback_.requests.contains(turn - 1))
    return fail(ErrorKind::malformed, "the snapshot has two calls that yield as one");
  session.adopt({stack.begin(), stack.end()}, turn == 0 ? std::nullopt : std::optional(turn - 1));
  call.task = all[call.instance]->call(*call.function, call.arguments);
  calls_.push_back(std::move(call));
  calls_.back().task.start();
  if (calls_.back().task.done())
    return fail(ErrorKind::malformed, "the snapshot's stack cannot be put back");
  return ok();
}

ReplayOutcome run_replay(Playback& playback, Program& program, const ReplayChecks& checks,
                         LinkAnother another) {
  ReplayLoop loop(playback, program, checks, std::move(another));
  while (!loop.run()) {
  }
  return loop.outcome();
}

}  // namespace reprise::embed
