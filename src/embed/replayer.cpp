#include "embed/replayer.hpp"

#include <unistd.h>

#include "embed/component_program.hpp"
#include "replay/program_source.hpp"
#include "replay/session_limits.hpp"
#include "runtime/freeze.hpp"

namespace reprise::embed {

namespace {

/// What the recorded run's engine did that changes what code does.
Result<runtime::EngineOptions> recorded_engine(const std::string& trace) {
  REPRISE_ASSIGN(auto reader, trace::Reader::open(trace));
  REPRISE_ASSIGN(const auto player, replay::Player::open(std::move(reader)));
  runtime::EngineOptions options;
  options.fuel = replay::charges_fuel(player->session()) ||
                 replay::limits_of(player->session()).fuel != Limits::kNoLimit;
  return options;
}

Result<void> check_replayable(const replay::SessionInfo& session) {
  if (!session.replayable) {
    std::string omitted;
    for (const std::string& what : session.omitted) omitted += " " + what;
    return fail(ErrorKind::usage,
                "this trace cannot be replayed, because it was recorded without:" + omitted);
  }
  if (session.semantics > replay::kSemantics)
    return fail(ErrorKind::unsupported,
                "the trace was recorded by a newer version (" + session.engine + ")");
  return ok();
}

/// The bytes that the trace has, or the file that it names has.
Result<std::vector<uint8_t>> bytes_of(replay::ProgramSource& source) {
  if (source.embedded) return *std::move(source.embedded);
  if (access(source.location.c_str(), R_OK) != 0)
    return fail(ErrorKind::io, "the trace does not hold the program, and " + source.location +
                                   " cannot be read; name it with --component FILE");
  REPRISE_ASSIGN(auto bytes, read_program(source.location));
  if (!source.is(bytes))
    return fail(ErrorKind::usage,
                source.location +
                    " is not the file that was recorded; to replay with it all the "
                    "same, name it with --component");
  return bytes;
}

Result<ProgramFile> find_program(const std::string& trace, const std::string& component) {
  REPRISE_ASSIGN(const runtime::EngineOptions engine, recorded_engine(trace));
  if (!component.empty()) return load_program(component, engine);
  REPRISE_ASSIGN(replay::ProgramSource source, replay::find_program(trace));
  REPRISE_ASSIGN(auto bytes, bytes_of(source));
  return load_program(source.embedded ? source.name : source.location, std::move(bytes), engine);
}

}  // namespace

Result<std::shared_ptr<const ProgramFile>> find_recorded_program(const std::string& trace,
                                                                 const std::string& component) {
  REPRISE_ASSIGN(ProgramFile file, find_program(trace, component));
  return std::make_shared<const ProgramFile>(std::move(file));
}

Result<std::unique_ptr<Replayer>> Replayer::open(const ReplaySource& source,
                                                 replay::Mirror::Print print,
                                                 const ReplayChecks& checks) {
  std::unique_ptr<Replayer> replayer(new Replayer(std::move(print)));
  REPRISE_TRY(replayer->prepare(source, checks));
  return replayer;
}

Replayer::~Replayer() = default;

Result<void> Replayer::prepare(const ReplaySource& source, const ReplayChecks& checks) {
  file_ = source.program;
  trace_ = source.trace;
  REPRISE_ASSIGN(auto reader, trace::Reader::open(source.trace));
  REPRISE_ASSIGN(player_, replay::Player::open(std::move(reader)));
  REPRISE_TRY(check_replayable(player_->session()));
  playback_.emplace(*player_, mirror_);
  REPRISE_ASSIGN(session_,
                 Session::create(file_->engine, replay::limits_of(player_->session()), nullptr));
  REPRISE_TRY(session_->replay(*playback_));
  if (replay::counts_ticks(player_->session())) session_->count_ticks();
  if (replay::counts_ticks(player_->session()) || replay::charges_fuel(player_->session())) {
    REPRISE_ASSIGN(auto again, trace::Reader::open(source.trace));
    REPRISE_ASSIGN(auto interruptions, replay::find_interruptions(*again));
    session_->expect_interruptions(std::move(interruptions));
  }
  REPRISE_ASSIGN(imports_, source.core_imports());
  REPRISE_ASSIGN(program_, link(0));
  loop_ = std::make_unique<ReplayLoop>(*playback_, *program_, checks,
                                       [this](uint32_t instance) { return link(instance); });
  if (source.knowledge) REPRISE_TRY(player_->learn(*source.knowledge));
  return ok();
}

Result<Replayer::Frozen> Replayer::freeze() {
  runtime::StoreCore& store = session_->core();
  const std::vector<Program*> programs = loop_->programs();
  for (Program* program : programs) program->begin_freezing();
  ByteWriter calls;
  REPRISE_TRY(loop_->freeze(calls));
  ByteWriter out;
  out.leb_u64(*loop_->ready_event());
  player_->freeze(out);
  mirror_.freeze(out);
  runtime::freeze_store(store, out);
  out.sized(calls);
  out.leb_u64(programs.size());
  for (Program* program : programs) {
    ByteWriter part;
    program->freeze(part);
    out.sized(part);
  }
  ByteWriter heap;
  store.heap().freeze(heap);
  return Frozen{out.take(), heap.take()};
}

Result<uint64_t> Replayer::ready_event(const Frozen& frozen) {
  ByteReader in(frozen.state);
  return in.leb_u64();
}

Result<void> Replayer::thaw(const Frozen& frozen) {
  loop_->give_up();
  ByteReader in(frozen.state);
  REPRISE_TRY(in.leb_u64());
  REPRISE_TRY(player_->thaw(in));
  REPRISE_TRY(mirror_.thaw(in));
  ByteReader heap(frozen.heap);
  REPRISE_TRY(session_->core().heap().thaw(heap));
  REPRISE_TRY(runtime::thaw_store(session_->core(), in));
  const auto sized = [](ByteReader& from) -> Result<ByteReader> {
    REPRISE_ASSIGN(const uint32_t size, from.leb_u32());
    return from.sub(size);
  };
  REPRISE_ASSIGN(ByteReader calls, sized(in));
  const std::vector<Program*> programs = loop_->programs();
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count != programs.size())
    return fail(ErrorKind::malformed, "the snapshot has other instances");
  std::vector<ByteReader> parts;
  for (Program* program : programs) {
    REPRISE_ASSIGN(ByteReader part, sized(in));
    REPRISE_TRY(program->begin_thawing(part));
    parts.push_back(part);
  }
  REPRISE_TRY(loop_->thaw(*session_, calls));
  for (size_t i = 0; i < parts.size(); ++i) REPRISE_TRY(programs[i]->thaw(parts[i]));
  return ok();
}

Result<Replayer::Linked*> Replayer::program(uint32_t number) {
  if (const auto known = programs_.find(number); known != programs_.end()) return &known->second;
  std::shared_ptr<const ProgramFile> file = file_;
  if (number != 0) {
    REPRISE_ASSIGN(replay::ProgramSource source, replay::find_program(trace_, number));
    REPRISE_ASSIGN(auto bytes, bytes_of(source));
    REPRISE_ASSIGN(ProgramFile loaded, load_program(source.name, std::move(bytes), file_->engine));
    file = std::make_shared<const ProgramFile>(std::move(loaded));
  }
  Linked& linked = programs_[number];
  linked.file = std::move(file);
  if (linked.file->component)
    REPRISE_TRY(linked.library.add_recorded(linked.file->component->component(), *player_));
  return &linked;
}

Result<std::unique_ptr<Program>> Replayer::link(uint32_t instance) {
  REPRISE_ASSIGN(Linked* const linked, program(player_->program_of(instance)));
  if (linked->file->component) {
    REPRISE_ASSIGN(auto made,
                   ComponentProgram::link(*session_, linked->file->component, linked->library));
    return made;
  }
  // What a program imports is named before it is instantiated.
  numbers_.add_recorded(*player_);
  REPRISE_ASSIGN(
      auto made,
      ModuleProgram::link(
          *session_, linked->file->module,
          [this](std::string_view module, std::string_view name,
                 const wasm::FuncType& type) -> Result<std::unique_ptr<runtime::HostImport>> {
            REPRISE_ASSIGN(auto found, imports_(module, name, type));
            if (found) return found;
            return numbers_.find(module, name, type);
          }));
  return made;
}

}  // namespace reprise::embed
