#include "replay/recorder.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "replay/trap_name.hpp"

namespace reprise::replay {

using namespace trace;

namespace {

constexpr std::string_view kEngine = "reprise 0.1.0";

ArgumentMode mode_of(Arguments arguments) {
  switch (arguments) {
    case Arguments::values:
      return ArgumentMode::values;
    case Arguments::digests:
      return ArgumentMode::digests;
    case Arguments::short_values:
      return ArgumentMode::short_values_else_digests;
  }
  return ArgumentMode::values;
}

size_t full_below(Arguments arguments) {
  switch (arguments) {
    case Arguments::values:
      return SIZE_MAX;
    case Arguments::digests:
      return 0;
    case Arguments::short_values:
      return kShortArguments + 1;
  }
  return SIZE_MAX;
}

}  // namespace

Recorder::Recorder(const RecorderOptions& options)
    : full_below_(full_below(options.arguments)), plain_below_(full_below_) {
  if (options.omit.any()) omitter_.emplace(options.omit);
  note_duties();
}

void Recorder::note_duties() {
  plain_below_ = omitter_ || yielding_ || digest_every_ != 0 ? 0 : full_below_;
  is_watchful_ = omitter_ || yielding_;
}

Result<std::unique_ptr<Recorder>> Recorder::create(std::unique_ptr<Sink> sink,
                                                   const RecorderOptions& options) {
  SessionBegin begin;
  begin.engine = kEngine;
  begin.semantics = kSemantics;
  begin.arguments = static_cast<uint8_t>(mode_of(options.arguments));
  begin.determinism = kCanonicalNans | kDeterministicSimd;
  // What is left out is replaced, so that a run which only passes it on can be made again.
  begin.replayable = 1;
  for (const auto& [name, value] : options.limits) begin.limits.push_back({name, value});
  const std::vector<std::string> omitted = options.omit.names();
  begin.omitted.assign(omitted.begin(), omitted.end());

  std::unique_ptr<Recorder> recorder(new Recorder(options));
  REPRISE_ASSIGN(recorder->writer_, Writer::create(std::move(sink), options.writer, begin));
  return recorder;
}

uint32_t Recorder::component(BinaryForm form, Storage storage, std::string_view name,
                             std::string_view location, std::shared_ptr<const void> keep_alive,
                             Bytes bytes) {
  Component record;
  record.id = components_++;
  record.form = static_cast<uint8_t>(form);
  record.storage = static_cast<uint8_t>(storage);
  record.name = name;
  record.location = location;
  writing().add_component(record, std::move(keep_alive), bytes);
  return record.id;
}

void Recorder::instance(uint32_t instance, uint32_t component, std::string_view name) {
  writing().append(Instance{instance, component, name, {}});
}

uint32_t Recorder::define(Direction direction, std::string_view interface, std::string_view name,
                          const wit::FuncType& type) {
  // Not the names of its parameters: C++ functions have none.
  std::vector<std::string> params;
  for (const wit::Param& param : type.params) params.push_back(wit::to_string(param.type));
  const std::string result = type.result ? wit::to_string(type.result) : std::string();
  std::vector<std::string> types = params;
  types.push_back(result);
  const auto [known, added] =
      functions_.try_emplace({direction, std::string(interface), std::string(name), types},
                             static_cast<uint32_t>(functions_.size()));
  if (!added) return known->second;
  const std::string signature = wit::to_string(type);

  Function record;
  record.id = known->second;
  record.direction = static_cast<uint8_t>(direction);
  record.interface = interface;
  record.name = name;
  record.signature = signature;
  record.params.assign(params.begin(), params.end());
  record.result = result;
  writing().append(record);
  if (omitter_) sources_.emplace_back(interface, name, type);
  return record.id;
}

uint64_t Recorder::enter_slowly(uint32_t function, Bytes arguments) {
  if (yielding_) record_yield();
  if (digest_every_ != 0) digest_if_due();
  if (omitter_) return enter_omitting(function, arguments);
  return arguments.size() < full_below_ ? writing().call(function, arguments)
                                        : enter_digest(function, arguments);
}

uint64_t Recorder::enter_digest(uint32_t function, Bytes arguments) {
  return writing().call(function, arguments.size(), short_digest(xxh3_64(arguments), 8));
}

uint64_t Recorder::enter_omitting(uint32_t function, Bytes arguments) {
  const Source& source = sources_[function];
  const Omitter::Told told = omitter_->told(source.params, arguments);
  const bool in_full = !told.touched && arguments.size() < full_below_;
  const uint64_t call =
      in_full ? writing().call(function, told.values) : enter_digest(function, told.values);
  omitter_->enter(call, source, arguments);
  return call;
}

uint64_t Recorder::settle(std::vector<uint64_t>& open, uint64_t call) {
  if (!open.empty() && open.back() == call) {
    open.pop_back();
    return 0;
  }
  std::erase(open, call);
  return call + 1;
}

void Recorder::result_slowly(uint64_t call, Bytes values) {
  std::vector<uint8_t> replaced;
  if (omitter_) {
    replaced = omitter_->answer(call, values);
    values = replaced;
  }
  const uint64_t name = settle(open_calls_, call);
  if (name == 0) {
    writing().result(values);
  } else {
    writing().append(ResultOf{name, values});
  }
}

void Recorder::result_trap(uint64_t call, const Trap& trap) {
  const uint64_t name = settle(open_calls_, call);
  if (trap.kind == TrapKind::exit) {
    writing().append(ResultExit{name, static_cast<uint32_t>(trap.exit_code)});
  } else {
    writing().append(ResultTrap{name, name_of(trap.kind), shown(trap.message)});
  }
}

void Recorder::cancelled(uint64_t call, std::string_view reason) {
  writing().append(Cancelled{settle(open_calls_, call), reason});
}

uint64_t Recorder::guest_call(uint32_t function, uint32_t instance, Bytes arguments) {
  uint64_t call = 0;
  if (omitter_) {
    call = writing().guest_call(function, instance,
                                omitter_->told(sources_[function].params, arguments).values);
    guest_calls_[call] = &sources_[function];
  } else {
    call = writing().guest_call(function, instance, arguments);
  }
  open_guest_calls_.push_back(call);
  return call;
}

void Recorder::guest_return(uint64_t call, Bytes values) {
  const uint64_t name = settle(open_guest_calls_, call);
  if (!omitter_) return writing().append(GuestReturn{name, values});
  const auto source = guest_calls_.extract(call);
  if (!source) return;
  const Omitter::Told told = omitter_->told(source.mapped()->results, values);
  if (told.touched) {
    const Digest digest = short_digest(xxh3_64(told.values), 8);
    writing().append(GuestReturnDigest{name, told.values.size(), digest});
  } else {
    writing().append(GuestReturn{name, told.values});
  }
}

void Recorder::guest_trap(uint64_t call, const Trap& trap) {
  const uint64_t name = settle(open_guest_calls_, call);
  if (trap.kind == TrapKind::exit) {
    writing().append(GuestExit{name, static_cast<uint32_t>(trap.exit_code)});
  } else {
    writing().append(GuestTrap{name, name_of(trap.kind), shown(trap.message)});
  }
}

void Recorder::guest_given_up(uint64_t call, const Error& error) {
  guest_trap(call, {.kind = TrapKind::cancelled, .message = error.to_string()});
}

void Recorder::growth_failed(Growable what, uint32_t instance, uint32_t index, uint64_t old_size,
                             uint64_t delta) {
  writing().append(GrowthFailed{static_cast<uint8_t>(what), instance, index, old_size, delta});
}

Growable growable(ResourceRequest::What what) {
  switch (what) {
    case ResourceRequest::What::memory:
      return Growable::memory;
    case ResourceRequest::What::table:
      return Growable::table;
    case ResourceRequest::What::instance:
      return Growable::instance;
    case ResourceRequest::What::heap:
      break;
  }
  return Growable::heap;
}

uint64_t Recorder::asked(const ResourceRequest& request) {
  writing().append(Asked{static_cast<uint8_t>(growable(request.what)), request.index, request.from,
                         request.to - request.from});
  return requests_++;
}

uint64_t Recorder::waits(const runtime::AtomicWait& wait) {
  writing().append(Asked{static_cast<uint8_t>(Growable::atomic_wait), wait.memory.value,
                         wait.address, static_cast<uint64_t>(wait.timeout)});
  return requests_++;
}

void Recorder::answered(uint64_t request, Verdict verdict) {
  writing().append(Answered{request, static_cast<uint8_t>(verdict)});
}

uint64_t Recorder::begin_yield(const std::optional<YieldPlace>& place, uint64_t call) {
  if (yielding_) record_yield();
  yielding_ = {yields_++, place, call};
  note_duties();
  return yielding_->number;
}

void Recorder::record_yield() {
  const Yielding yields = *std::exchange(yielding_, std::nullopt);
  note_duties();
  if (!yields.place)
    return poison(
        "something else happened in the store while a guest yielded to an epoch; that can be "
        "recorded with RecordOptions::interruptible, or where the engine charges fuel");
  writer_->append(
      Asked{static_cast<uint8_t>(yields.place->measure), 0, yields.place->at, yields.call});
  recorded_yields_[yields.number] = requests_++;
}

void Recorder::end_yield(uint64_t yield) {
  if (yielding_ && yielding_->number == yield) {
    yielding_.reset();
    return note_duties();
  }
  if (const auto recorded = recorded_yields_.extract(yield))
    answered(recorded.mapped(), Verdict::allowed);
}

void Recorder::cancel_yield(uint64_t yield) {
  const bool is_alone = yielding_ && yielding_->number == yield;
  // Without a place, nothing that could be seen came of what the guest did since.
  if (is_alone && !yielding_->place) return end_yield(yield);
  if (is_alone) record_yield();
  if (const auto recorded = recorded_yields_.extract(yield))
    answered(recorded.mapped(), Verdict::cancelled);
}

void Recorder::memory_write(uint32_t memory, uint64_t offset, Bytes bytes) {
  writing().append(MemoryWrite{0, memory, offset, bytes});
}

void Recorder::table_write(uint32_t table, uint64_t offset, uint64_t reference) {
  TableWrite record{0, table, offset, {}};
  record.references.push_back(reference);
  writing().append(record);
}

void Recorder::global_write(uint32_t global, Bytes value) {
  writing().append(GlobalWrite{0, global, value});
}

void Recorder::grown(const ResourceRequest& request, uint64_t reference) {
  writing().append(Grown{static_cast<uint8_t>(growable(request.what)), request.index, request.from,
                         request.to - request.from, reference});
}

void Recorder::refused(const ResourceRequest& request) {
  growth_failed(growable(request.what), 0, request.index, request.from, request.to - request.from);
}

void Recorder::interrupted(std::string_view reason, std::string_view where, uint64_t ticks) {
  writing().append(Interrupted{reason, where, ticks, 0});
}

void Recorder::interrupted_waiting(std::string_view reason) {
  writing().append(Interrupted{reason, {}, 0, 1});
}

void Recorder::notified(uint32_t memory, uint64_t address, uint32_t count) {
  writing().append(Notified{memory, address, count});
}

void Recorder::state_digest(std::string_view scope, uint64_t digest) {
  writing().append(StateDigest{scope, short_digest(digest, 8)});
}

void Recorder::digest_every(uint64_t events, std::function<uint64_t()> digest) {
  // A call and its result are two events.
  digest_every_ = (events + 1) / 2;
  digest_ = std::move(digest);
  note_duties();
}

void Recorder::digest_if_due() {
  if (++since_digest_ <= digest_every_) return;
  since_digest_ = 1;
  state_digest("all", digest_());
}

void Recorder::note(std::string_view topic, std::string_view text) {
  writer_->append(Note{topic, shown(text)});
}

void Recorder::output(Stream stream, Bytes bytes) {
  const auto number = static_cast<uint8_t>(stream);
  if (omitter_) return writing().append(Output{number, omitter_->passed(bytes)});
  writing().append(Output{number, bytes});
}

Result<void> Recorder::close_exit(int32_t code) {
  End end;
  end.outcome = static_cast<uint8_t>(trace::Outcome::exit);
  end.code = static_cast<uint32_t>(code);
  return close(end);
}

Result<void> Recorder::close_trap(const Trap& trap) {
  End end;
  end.outcome = static_cast<uint8_t>(trace::Outcome::trap);
  const std::string message = shown(trap.message);
  end.message = message;
  return close(end);
}

}  // namespace reprise::replay
