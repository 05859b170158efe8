#include "replay/player.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.hpp"
#include "replay/trap_name.hpp"

namespace reprise::replay {

using namespace trace;

namespace {

/// Parameters by position: the recording has the names that the host's bindings gave them, which
/// may be none, and a replay those of the component.
bool same_signature(const wit::FuncType& a, const wit::FuncType& b) {
  return a.async == b.async && wit::equal_by_name(a.result, b.result) &&
         std::ranges::equal(a.params, b.params, [](const wit::Param& x, const wit::Param& y) {
           return wit::equal_by_name(x.type, y.type);
         });
}

constexpr uint32_t kMaxFunctions = 1'000'000;

/// "wasi:io/streams@0.2.12" and "…@0.2.0" name the same interface for a replay: the part before the
/// version, and the version's compatibility track (major, or 0.minor, or 0.0.patch).
std::string compatible_name(std::string_view interface) {
  const size_t at = interface.find('@');
  if (at == std::string_view::npos) return std::string(interface);
  std::string_view version = interface.substr(at + 1);
  size_t end = 0;
  bool significant = false;
  while (end < version.size() && !significant) {
    const size_t dot = std::min(version.find('.', end), version.size());
    significant = version.substr(end, dot - end) != "0";
    end = dot + (significant || dot == version.size() ? 0 : 1);
  }
  return std::string(interface.substr(0, at + 1 + end));
}

bool is_call(Kind kind) {
  return kind == Kind::call || kind == Kind::call_digest;
}

std::string trap_text(std::string_view name, std::string_view message) {
  return message == name ? fmt::format("trap `{}`", name)
                         : fmt::format("trap `{}`: {}", name, message);
}

std::string describe_request(const Record& record) {
  const auto asked = decode<Asked>(record.payload);
  const auto is = [&](Growable what) { return asked && asked->what == static_cast<uint8_t>(what); };
  return is(Growable::yield_at_fuel) || is(Growable::yield_at_tick)
             ? "a yield of a guest"
             : "a growth or an atomic wait that was not over at once";
}

}  // namespace

std::string RecordedFunction::full_name() const {
  return interface.empty() ? name : interface + "#" + name;
}

Result<std::unique_ptr<Player>> Player::open(std::unique_ptr<Reader> reader) {
  std::unique_ptr<Player> player(new Player(std::move(reader)));
  player->peek();
  if (player->error_) return fail(std::move(*player->error_));
  if (player->session_.engine.empty())
    return fail(ErrorKind::malformed,
                "the trace holds no session: it was cut before its first chunk, "
                "or it is no trace of a run");
  return player;
}

Result<void> Player::define(const Record& record) {
  if (record.kind == Kind::session_begin) {
    REPRISE_ASSIGN(SessionBegin begin, decode<SessionBegin>(record.payload));
    session_.engine = begin.engine;
    session_.semantics = begin.semantics;
    session_.replayable = begin.replayable != 0;
    session_.omitted.assign(begin.omitted.begin(), begin.omitted.end());
    for (const Limit& limit : begin.limits) session_.limits[std::string(limit.name)] = limit.value;
    return ok();
  }
  if (record.kind == Kind::instance) {
    REPRISE_ASSIGN(const Instance instance, decode<Instance>(record.payload));
    programs_[instance.id] = instance.component;
  }
  if (record.kind != Kind::function) return ok();
  REPRISE_ASSIGN(const Function definition, decode<Function>(record.payload));
  return define(definition);
}

Result<void> Player::define(const Function& definition) {
  if (definition.id >= kMaxFunctions)
    return fail(ErrorKind::malformed,
                fmt::format("function number {} is too large", definition.id));
  // Doors hold on to what was said first; what is said again says the same.
  if (const RecordedFunction* known = function(definition.id);
      known != nullptr && known->name == definition.name &&
      known->interface == definition.interface && known->signature == definition.signature)
    return ok();
  auto made = std::make_unique<RecordedFunction>();
  made->direction = static_cast<Direction>(definition.direction);
  made->interface = definition.interface;
  made->name = definition.name;
  made->signature = definition.signature;
  auto type = wit::parse_func_type(definition.signature, types_);
  if (!type) return fail(std::move(type.error()).in("signature of " + made->full_name()));
  made->type = std::move(*type);
  if (functions_.size() <= definition.id) functions_.resize(definition.id + 1);
  functions_[definition.id] = std::move(made);
  return ok();
}

const Record* Player::peek() {
  while (!current_ && !error_) {
    auto next = reader_->next();
    if (!next) {
      error_ = std::move(next.error());
      return nullptr;
    }
    if (!*next) return nullptr;
    const Record& record = **next;
    // The chunk's first record may have begun in the one before: what follows it is whole.
    if (record.event != kNoEvent && !record.from_ring &&
        (chunks_.empty() || chunks_.back().offset < record.chunk_offset))
      chunks_.push_back({record.event + 1, record.chunk_offset,
                         requests_ + uint64_t{record.kind == Kind::asked}});
    if (role_of(record.kind) == Role::definition) {
      if (auto defined = define(record); !defined) error_ = std::move(defined.error());
      if (record.event != kNoEvent) last_event_ = record.event + 1;
      continue;
    }
    if (role_of(record.kind) != Role::event) continue;
    if (record.kind == Kind::note || record.kind == Kind::discarded) continue;
    if (record.kind == Kind::output) {
      pass(record);
      continue;
    }
    if (record.kind == Kind::poisoned) {
      last_event_ = record.event + 1;
      if (auto poisoned = decode<Poisoned>(record.payload)) poisoned_ = poisoned->reason;
      continue;
    }
    current_ = record;
    name_call();
  }
  return current_ ? &*current_ : nullptr;
}

/// Behind a jump the reader has not seen which calls are open.
void Player::name_call() {
  if (call_effect(current_->kind) == CallEffect::closes_call && current_->call == kNoCall &&
      call_reference(current_->kind, current_->payload) == 0 && !open_calls_.ids().empty())
    current_->call = open_calls_.ids().back();
}

void Player::consume() {
  switch (call_effect(current_->kind)) {
    case CallEffect::opens_call:
      open_calls_.open(current_->call);
      break;
    case CallEffect::closes_call:
      open_calls_.close(current_->call + 1);
      break;
    default:
      break;
  }
  last_event_ = current_->event + 1;
  if (current_->kind == Kind::asked) ++requests_;
  current_.reset();
  ++consumed_;
}

uint64_t Player::event() {
  const Record* record = peek();
  return record ? record->event : last_event_;
}

const RecordedFunction* Player::function(uint32_t id) const {
  return id < functions_.size() ? functions_[id].get() : nullptr;
}

const RecordedFunction* Player::find(Direction direction, std::string_view interface,
                                     std::string_view name) {
  peek();
  const std::string wanted = compatible_name(interface);
  for (const auto& f : functions_)
    if (f && f->direction == direction && f->name == name &&
        compatible_name(f->interface) == wanted)
      return f.get();
  return nullptr;
}

Answer Player::diverge(DivergenceKind kind, std::string what, std::string recorded,
                       std::string actual) {
  if (!divergence_)
    divergence_ = Divergence{
        kind, event(), std::move(what), std::move(recorded), std::move(actual), {}, poisoned_};
  Answer answer;
  answer.kind = Answer::Kind::divergence;
  return answer;
}

std::string Player::describe_call(const Record& record) const {
  if (record.kind == Kind::call_digest) {
    auto call = decode<CallDigest>(record.payload);
    const RecordedFunction* f = call ? function(call->function) : nullptr;
    if (!f) return "a call of an unknown function";
    return fmt::format("{}(…{} bytes of arguments with digest {:016x})", f->full_name(),
                       call->length, call->digest.value);
  }
  auto call = decode<Call>(record.payload);
  const RecordedFunction* f = call ? function(call->function) : nullptr;
  if (!f) return "a call of an unknown function";
  return print_call(f->full_name(), f->type, call->arguments);
}

std::string Player::describe(const Record& record) const {
  switch (record.kind) {
    case Kind::call:
    case Kind::call_digest:
      return describe_call(record);
    case Kind::guest_return:
      return "the guest returns";
    case Kind::guest_return_digest:
      return "the guest returns";
    case Kind::guest_trap: {
      auto trap = decode<GuestTrap>(record.payload);
      return trap ? trap_text(trap->trap, trap->message) : "trap";
    }
    case Kind::guest_exit: {
      auto exit = decode<GuestExit>(record.payload);
      return exit ? fmt::format("exit with code {}", static_cast<int32_t>(exit->code)) : "exit";
    }
    case Kind::growth_failed:
      return "a growth that failed";
    case Kind::asked:
      return describe_request(record);
    case Kind::answered:
      return "the answer to a growth or an atomic wait, or the end of a yield";
    case Kind::guest_call:
      return "a call into the guest";
    case Kind::interrupted:
      return "an interruption";
    case Kind::end:
      return "the end of the recording";
    default:
      return std::string(trace::to_string(record.kind));
  }
}

Answer Player::call(const RecordedFunction* wanted, std::string_view name,
                    const wit::FuncType& type, Bytes arguments) {
  const Record* record = peek();
  if (divergence_) return diverge(DivergenceKind::call, "", "", "");
  if (!record) {
    Answer answer;
    answer.kind = Answer::Kind::ended;
    return answer;
  }
  // What the guest makes of values that were left out is compared as it was recorded.
  std::vector<uint8_t> told;
  const Bytes real_arguments = arguments;
  if (restorer_ && wanted) {
    told = restorer_->told(source_of(*wanted).params, arguments);
    arguments = told;
  }
  const auto actual = [&] { return print_call(name, type, arguments); };
  if (!is_call(record->kind))
    return diverge(DivergenceKind::added_call, "a call where the recording has none",
                   describe(*record), actual());

  uint32_t id = 0;
  bool same = false;
  Bytes recorded_arguments;
  if (record->kind == Kind::call) {
    auto call = decode<Call>(record->payload);
    if (!call) return diverge(DivergenceKind::call, "the event is malformed", "", actual());
    id = call->function;
    recorded_arguments = call->arguments;
    same = std::equal(arguments.begin(), arguments.end(), recorded_arguments.begin(),
                      recorded_arguments.end());
  } else {
    auto call = decode<CallDigest>(record->payload);
    if (!call) return diverge(DivergenceKind::call, "the event is malformed", "", actual());
    id = call->function;
    same = call->length == arguments.size() && call->digest.matches(xxh3_64(arguments));
  }

  const RecordedFunction* recorded = function(id);
  if (!recorded) return diverge(DivergenceKind::call, "the event names no function", "", actual());
  if (recorded != wanted)
    return diverge(DivergenceKind::call, "another function is called", describe_call(*record),
                   actual());
  if (!same_signature(recorded->type, type))
    return diverge(DivergenceKind::signature,
                   fmt::format("`{}` has another type now", recorded->full_name()),
                   recorded->signature, wit::to_string(type));
  if (!same) {
    std::string what = "the arguments differ";
    if (record->kind == Kind::call) {
      const size_t place = first_difference(type, recorded_arguments, arguments);
      if (place < type.params.size())
        what = fmt::format("argument `{}` differs", type.params[place].name);
    }
    return diverge(DivergenceKind::argument, std::move(what), describe_call(*record), actual());
  }

  const uint64_t number = record->call;
  if (restorer_) restorer_->enter(number, source_of(*recorded), real_arguments);
  consume();
  const Record* next = peek();
  if (!next) {
    Answer answer;
    answer.kind = Answer::Kind::unanswered;
    return answer;
  }
  return answer_from(*next, number);
}

Answer Player::answer_from(const Record& record, uint64_t call) {
  Answer answer;
  answer.call = call;
  const bool mine = record.call == call;
  switch (record.kind) {
    case Kind::result:
    case Kind::result_of:
      if (!mine) break;
      answer.kind = Answer::Kind::values;
      if (record.kind == Kind::result) {
        answer.values = record.payload;
      } else if (auto of = decode<ResultOf>(record.payload)) {
        answer.values = of->values;
      }
      break;
    case Kind::result_trap:
      if (auto trap = decode<ResultTrap>(record.payload); mine && trap) {
        answer.kind = Answer::Kind::trap;
        answer.trap.kind = trap_kind_named(trap->trap).value_or(TrapKind::host);
        answer.trap.message = trap->message;
      }
      break;
    case Kind::result_exception:
      if (auto thrown = decode<ResultException>(record.payload); mine && thrown) {
        answer.kind = Answer::Kind::trap;
        answer.trap = Trap::host(std::string(thrown->message));
      }
      break;
    case Kind::result_exit:
      if (auto exit = decode<ResultExit>(record.payload); mine && exit) {
        answer.kind = Answer::Kind::trap;
        answer.trap = Trap::exit(static_cast<int32_t>(exit->code));
      }
      break;
    case Kind::cancelled:
      if (!mine) break;
      answer.kind = Answer::Kind::trap;
      answer.trap = Trap::of(TrapKind::cancelled);
      break;
    default:
      break;
  }
  if (answer.kind == Answer::Kind::divergence) {
    answer.kind = Answer::Kind::later;
    return answer;
  }
  // The views point into the reader's buffer, which stays until the next peek().
  if (restorer_ && answer.kind == Answer::Kind::values) restore(answer);
  consume();
  return answer;
}

const Source& Player::source_of(const RecordedFunction& f) {
  auto found = sources_.find(&f);
  if (found == sources_.end()) found = sources_.try_emplace(&f, f.interface, f.name, f.type).first;
  return found->second;
}

Result<void> Player::supply(Supplied supplied) {
  const Omissions what = Omissions::named(session_.omitted);
  const auto refuse = [](std::string_view kept) {
    return fail(ErrorKind::usage,
                fmt::format("the trace holds {}: there is nothing to give it", kept));
  };
  if (supplied.environment && !what.environment) return refuse("the run's environment");
  if (supplied.arguments && !what.arguments) return refuse("the run's arguments");
  if (supplied.input && !what.input) return refuse("what the run read from standard input");
  restorer_ = std::make_unique<Restorer>(what, std::move(supplied));
  return ok();
}

void Player::restore(Answer& answer) {
  auto restored = restorer_->answer(answer.call, answer.values);
  if (!restored) {
    error_ = std::move(restored.error());
    answer.kind = Answer::Kind::ended;
    return;
  }
  restored_ = std::move(*restored);
  answer.values = restored_;
}

void Player::pass(const Record& record) {
  last_event_ = record.event + 1;
  auto output = decode<Output>(record.payload);
  const bool known = output && (output->stream == static_cast<uint8_t>(Stream::out) ||
                                output->stream == static_cast<uint8_t>(Stream::err));
  if (!known || !on_output_) return;
  if (!restorer_) return on_output_(static_cast<Stream>(output->stream), output->bytes);
  auto restored = restorer_->passed(output->bytes);
  if (!restored) {
    error_ = std::move(restored.error());
  } else {
    on_output_(static_cast<Stream>(output->stream), *restored);
  }
}

bool Player::growth_fails(Growable what, uint32_t instance, uint32_t index, uint64_t old_size,
                          uint64_t delta) {
  const Record* record = peek();
  if (!record || record->kind != Kind::growth_failed) return false;
  auto failed = decode<GrowthFailed>(record->payload);
  if (!failed || failed->what != static_cast<uint8_t>(what) || failed->instance != instance ||
      failed->index != index || failed->old_size != old_size || failed->delta != delta)
    return false;
  consume();
  return true;
}

std::optional<uint64_t> Player::asks(Growable what, uint32_t index, uint64_t old_size,
                                     uint64_t delta) {
  const Record* record = peek();
  if (!record || record->kind != Kind::asked) return std::nullopt;
  auto asked = decode<Asked>(record->payload);
  if (!asked || asked->what != static_cast<uint8_t>(what) || asked->index != index ||
      asked->old_size != old_size || asked->delta != delta)
    return std::nullopt;
  consume();
  return requests_ - 1;
}

std::optional<uint64_t> Player::waits(const runtime::AtomicWait& wait) {
  return asks(Growable::atomic_wait, wait.memory.value, wait.address,
              static_cast<uint64_t>(wait.timeout));
}

std::optional<uint64_t> Player::yields(Growable measure, uint64_t at) {
  const Record* record = peek();
  if (!record || record->kind != Kind::asked) return std::nullopt;
  const auto asked = decode<Asked>(record->payload);
  if (!asked || asked->what != static_cast<uint8_t>(measure) || asked->old_size != at)
    return std::nullopt;
  consume();
  return requests_ - 1;
}

void Player::skip_cancelled(uint64_t request) {
  const Record* record = peek();
  if (!record || record->kind != Kind::answered) return;
  const auto answered = decode<Answered>(record->payload);
  if (answered && answered->request == request &&
      answered->answer == static_cast<uint8_t>(Verdict::cancelled))
    consume();
}

std::optional<uint64_t> Player::cancels_next() {
  const Record* record = peek();
  if (!record || record->kind != Kind::guest_trap) return std::nullopt;
  auto trap = decode<GuestTrap>(record->payload);
  if (!trap || trap->trap != name_of(TrapKind::cancelled)) return std::nullopt;
  return trap->call;
}

Entry Player::next_entry() {
  Entry entry;
  if (divergence_) {
    entry.kind = Entry::Kind::divergence;
    return entry;
  }
  const Record* record = peek();
  if (!record) return entry;
  switch (record->kind) {
    case Kind::guest_call: {
      auto call = decode<GuestCall>(record->payload);
      if (!call) break;
      const RecordedFunction* f = function(call->function);
      if (!f) break;
      entry.kind = Entry::Kind::guest_call;
      entry.function = f;
      entry.instance = call->instance;
      entry.call = record->call;
      entry.values = call->arguments;
      if (restorer_) {
        restored_ = restorer_->entering(source_of(*f).params, call->arguments);
        entry.values = restored_;
      }
      consume();
      return entry;
    }
    case Kind::result:
    case Kind::result_of:
    case Kind::result_trap:
    case Kind::result_exit:
    case Kind::result_exception:
    case Kind::cancelled:
      entry.kind = Entry::Kind::resume;
      entry.call = record->call;
      entry.answer = answer_from(*record, record->call);
      return entry;
    case Kind::interrupted:
      entry.kind = Entry::Kind::interrupted;
      consume();
      return entry;
    case Kind::memory_write:
    case Kind::table_write:
    case Kind::global_write:
    case Kind::grown:
    case Kind::notified:
      entry.kind = Entry::Kind::changed;
      entry.record = *record;
      consume();
      return entry;
    case Kind::answered: {
      auto answered = decode<Answered>(record->payload);
      if (!answered) break;
      entry.kind = Entry::Kind::answered;
      entry.call = answered->request;
      entry.verdict = static_cast<Verdict>(answered->answer);
      consume();
      return entry;
    }
    case Kind::end: {
      auto end = decode<End>(record->payload);
      if (!end) break;
      entry.kind = Entry::Kind::end;
      entry.outcome = static_cast<trace::Outcome>(end->outcome);
      entry.code = end->code;
      entry.message = end->message;
      consume();
      return entry;
    }
    default:
      break;
  }
  diverge(DivergenceKind::missing_call, "the recording goes on where this run has finished",
          describe(*record), "");
  entry.kind = Entry::Kind::divergence;
  return entry;
}

Result<void> Player::ending_differs(std::string_view verb, std::string actual) {
  const Record* record = peek();
  if (!record) {
    if (error_) return fail(Error(*error_));
    return ok();  // cut before the ending: there is nothing to compare with
  }
  const bool missing = is_call(record->kind);
  diverge(missing ? DivergenceKind::missing_call : DivergenceKind::ending,
          missing ? fmt::format("this run {} where the recording has another call", verb)
                  : fmt::format("this run {} where the recording ends otherwise", verb),
          describe(*record), std::move(actual));
  return fail(ErrorKind::divergence, divergence_->what);
}

Result<void> Player::returned(const wit::FuncType& type, Bytes values) {
  const Record* record = peek();
  if (divergence_) return fail(ErrorKind::divergence, divergence_->what);
  std::vector<uint8_t> told;
  if (restorer_ && type.result) {
    told = restorer_->told(std::span(&type.result, 1), values);
    values = told;
  }
  const std::string actual = "the guest returns " + print_values(type.result, values);
  if (record && record->kind == Kind::guest_return) {
    auto recorded = decode<GuestReturn>(record->payload);
    if (recorded && std::equal(values.begin(), values.end(), recorded->values.begin(),
                               recorded->values.end())) {
      consume();
      return ok();
    }
    diverge(DivergenceKind::result, "the guest returns another value",
            recorded ? "the guest returns " + print_values(type.result, recorded->values) : "",
            actual);
    return fail(ErrorKind::divergence, divergence_->what);
  }
  if (record && record->kind == Kind::guest_return_digest) {
    auto recorded = decode<GuestReturnDigest>(record->payload);
    if (recorded && recorded->length == values.size() &&
        recorded->digest.matches(xxh3_64(values))) {
      consume();
      return ok();
    }
    diverge(DivergenceKind::result, "the guest returns another value", describe(*record), actual);
    return fail(ErrorKind::divergence, divergence_->what);
  }
  return ending_differs("returns", actual);
}

Result<void> Player::trapped(const Trap& trap) {
  const Record* record = peek();
  // What the interruption was noted with, and what it took back.
  while (trap.kind == TrapKind::interrupted && record &&
         (record->kind == Kind::interrupted || record->kind == Kind::cancelled)) {
    consume();
    record = peek();
  }
  if (divergence_) return fail(ErrorKind::divergence, divergence_->what);
  if (trap.kind == TrapKind::exit) {
    if (record && record->kind == Kind::guest_exit) {
      auto exit = decode<GuestExit>(record->payload);
      if (exit && static_cast<int32_t>(exit->code) == trap.exit_code) {
        consume();
        return ok();
      }
    }
    return ending_differs("exits", fmt::format("exit with code {}", trap.exit_code));
  }
  if (record && record->kind == Kind::guest_trap) {
    auto recorded = decode<GuestTrap>(record->payload);
    if (recorded && recorded->trap == name_of(trap.kind)) {
      consume();
      return ok();
    }
  }
  return ending_differs("traps", trap_text(name_of(trap.kind), trap.message));
}

Result<bool> Player::check_state(const std::function<uint64_t(std::string_view)>& digest) {
  bool any = false;
  for (const Record* record = peek(); record && record->kind == Kind::state_digest;
       record = peek()) {
    REPRISE_ASSIGN(StateDigest recorded, decode<StateDigest>(record->payload));
    any = true;
    const uint64_t actual = digest(recorded.scope);
    if (!recorded.digest.matches(actual)) {
      diverge(DivergenceKind::state, fmt::format("the state of {} differs", recorded.scope),
              fmt::format("digest {:016x}", recorded.digest.value),
              fmt::format("digest {:016x}", actual));
      return fail(ErrorKind::divergence, divergence_->what);
    }
    consume();
  }
  return any;
}

void Player::skip_state() {
  for (const Record* record = peek(); record && record->kind == Kind::state_digest; record = peek())
    consume();
}

void Player::freeze(ByteWriter& out) {
  out.leb_u64(event());
  out.leb_u64(consumed_);
  out.leb_u64(requests_);
  out.leb_u64(open_calls_.ids().size());
  for (uint64_t id : open_calls_.ids()) out.leb_u64(id);
}

Result<void> Player::thaw(ByteReader& in) {
  REPRISE_ASSIGN(const uint64_t event, in.leb_u64());
  REPRISE_ASSIGN(const uint64_t consumed, in.leb_u64());
  REPRISE_ASSIGN(const uint64_t requests, in.leb_u64());
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count > in.remaining()) return in.malformed("frozen calls are cut");
  std::vector<uint64_t> open(count);
  for (uint64_t& id : open) {
    REPRISE_ASSIGN(id, in.leb_u64());
  }
  REPRISE_TRY(seek(event));
  if (this->event() != event) return in.malformed("the trace has no such event");
  consumed_ = consumed;
  requests_ = requests;
  open_calls_.reset(std::move(open));
  if (current_) name_call();
  return ok();
}

Result<void> Player::seek(uint64_t event) {
  const auto told = std::exchange(on_output_, {});
  divergence_.reset();
  open_calls_.reset({});
  const auto behind =
      std::ranges::upper_bound(chunks_, event, {}, [](const Chunk& c) { return c.event; });
  if (event < this->event() && behind == chunks_.begin())
    return fail(ErrorKind::usage, "the trace cannot be read again from its beginning");
  if (behind != chunks_.begin() &&
      (event < this->event() || this->event() < std::prev(behind)->event)) {
    reader_->seek(std::prev(behind)->offset);
    requests_ = std::prev(behind)->requests;
    current_.reset();
    error_.reset();
  }
  for (const Record* record = peek(); record != nullptr && record->event < event; record = peek()) {
    last_event_ = record->event + 1;
    if (record->kind == Kind::asked) ++requests_;
    current_.reset();
  }
  on_output_ = told;
  if (error_) return fail(Error(*error_));
  return ok();
}

std::vector<uint8_t> Player::knowledge() const {
  ByteWriter out;
  for (size_t id = 0; id < functions_.size(); ++id) {
    if (!functions_[id]) continue;
    const RecordedFunction& f = *functions_[id];
    out.u8(1);
    out.leb_u64(id);
    out.u8(static_cast<uint8_t>(f.direction));
    out.name(f.interface);
    out.name(f.name);
    out.name(f.signature);
  }
  out.u8(0);
  out.leb_u64(chunks_.size());
  for (const Chunk& chunk : chunks_) {
    out.leb_u64(chunk.event);
    out.leb_u64(chunk.offset);
    out.leb_u64(chunk.requests);
  }
  out.leb_u64(programs_.size());
  for (const auto& [instance, program] : programs_) {
    out.leb_u64(instance);
    out.leb_u64(program);
  }
  return out.take();
}

Result<void> Player::learn(Bytes knowledge) {
  ByteReader in(knowledge);
  while (true) {
    REPRISE_ASSIGN(const uint8_t more, in.u8());
    if (more == 0) break;
    Function definition;
    REPRISE_ASSIGN(definition.id, in.leb_u32());
    REPRISE_ASSIGN(definition.direction, in.u8());
    REPRISE_ASSIGN(definition.interface, in.name());
    REPRISE_ASSIGN(definition.name, in.name());
    REPRISE_ASSIGN(definition.signature, in.name());
    REPRISE_TRY(define(definition));
  }
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  std::vector<Chunk> chunks;
  for (uint64_t i = 0; i < count; ++i) {
    Chunk chunk{};
    REPRISE_ASSIGN(chunk.event, in.leb_u64());
    REPRISE_ASSIGN(chunk.offset, in.leb_u64());
    REPRISE_ASSIGN(chunk.requests, in.leb_u64());
    if (!chunks.empty() &&
        (chunk.event < chunks.back().event || chunk.offset <= chunks.back().offset))
      return in.malformed("chunks are out of order");
    chunks.push_back(chunk);
  }
  if (chunks.size() > chunks_.size()) chunks_ = std::move(chunks);
  REPRISE_ASSIGN(const uint64_t instances, in.leb_u64());
  for (uint64_t i = 0; i < instances; ++i) {
    REPRISE_ASSIGN(const uint32_t instance, in.leb_u32());
    REPRISE_ASSIGN(programs_[instance], in.leb_u32());
  }
  return ok();
}

}  // namespace reprise::replay
