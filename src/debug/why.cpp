#include "debug/why.hpp"

#include <fmt/format.h>

#include <deque>

#include "debug/program_lines.hpp"
#include "debug/terminal/source_text.hpp"
#include "debug/terminal/text.hpp"
#include "embed/replayer.hpp"
#include "replay/listing.hpp"
#include "wasi/library.hpp"

namespace reprise::debug {

namespace {

// With the headlines of the parts, a screen of 24 lines is full.
constexpr size_t kFrames = 5;
constexpr size_t kLinesOfError = 3;
constexpr wit::PrintLimits kLimits{.max_length = 160, .max_elements = 64};

/// Errors by which every program is told that there is no more of something.
struct ExpectedError {
  std::string_view function;
  std::string_view answer;
};
constexpr ExpectedError kExpectedErrors[] = {
    {"#fd_prestat_get(", " = err(badf)"},  // no more directories were granted
    {"input-stream.", " = err(closed)"},   // the end of the input
};

bool is_expected(std::string_view call) {
  for (const ExpectedError& expected : kExpectedErrors)
    if (call.find(expected.function) != std::string_view::npos && call.ends_with(expected.answer))
      return true;
  return false;
}

Result<void> read_calls(const std::string& trace, Explanation& why) {
  REPRISE_ASSIGN(auto reader, trace::Reader::open(trace));
  replay::Listing listing(*reader, replay::ListingFormat::readable, kLimits);
  std::deque<std::string> last;
  const auto take = [&](replay::ListedLine& line) {
    if (line.kind == replay::ListedLine::Kind::note) return;
    if (line.failed && !why.first_error && !is_expected(line.text)) why.first_error = line.text;
    last.push_back(std::move(line.text));
    if (last.size() > kWhyCalls) last.pop_front();
  };
  while (true) {
    REPRISE_ASSIGN(auto line, listing.next_line());
    if (!line) break;
    take(*line);
  }
  if (auto unanswered = listing.flush_line()) take(*unanswered);
  why.last_calls.assign(std::make_move_iterator(last.begin()), std::make_move_iterator(last.end()));
  return ok();
}

Result<void> read_outcome(embed::Replayer& run, Explanation& why) {
  while (!run.run()) {
  }
  embed::ReplayOutcome outcome = run.loop().outcome();
  Trap trap;
  if (outcome.trap) trap = std::move(*outcome.trap);
  if (outcome.kind == embed::ReplayOutcome::Kind::failed) return fail(std::move(*outcome.error));
  if (outcome.kind == embed::ReplayOutcome::Kind::divergence) {
    why.headline =
        "the replay " + outcome.divergence->to_string().substr(std::string("the run ").size());
    why.headline.resize(why.headline.find('\n'));
    trap.frames = std::move(outcome.divergence->frames);
  } else if (outcome.cut) {
    why.headline =
        fmt::format("the recording was cut after {} events: no end is known", outcome.events);
  } else if (!outcome.trap) {
    why.headline = outcome.exit_code == 0
                       ? "the guest ended without a fault"
                       : fmt::format("the guest ended with {}", outcome.exit_code);
  } else if (trap.kind == TrapKind::exit) {
    why.headline = fmt::format("the guest exited with {}", trap.exit_code);
  } else {
    why.trapped = true;
    why.headline = "the guest trapped: " + trap.message;
  }
  add_source_lines(trap, run.program());
  why.frames = std::move(trap.frames);
  return ok();
}

/// Where there are too many frames, the innermost, and those of the program itself: what a library
/// does about a fault (Rust's panics take a dozen calls) tells nothing about it. If these are few,
/// the innermost of the others too, those with source lines first, which are all that a program
/// without source lines has; `room` more.
std::vector<size_t> shown_frames(const std::vector<Frame>& frames, size_t room) {
  std::vector<bool> shown(frames.size());
  size_t left = kFrames;
  const auto show_where = [&](auto wanted) {
    for (size_t i = 0; i < frames.size() && left > 0; ++i) {
      if (shown[i] || !wanted(i)) continue;
      shown[i] = true;
      --left;
    }
  };
  SourceText sources({});
  const auto is_at_least = [&](SourceRank rank) {
    return [&, rank](size_t i) {
      return i == 0 || (frames[i].source && rank_of(sources, frames[i].source->file) >= rank);
    };
  };
  for (const SourceRank rank : {SourceRank::here, SourceRank::unread, SourceRank::library})
    show_where(is_at_least(rank));
  if (left > 0) {
    left += room;
    show_where([](size_t) { return true; });
  }
  std::vector<size_t> indices;
  for (size_t i = 0; i < frames.size(); ++i)
    if (shown[i]) indices.push_back(i);
  return indices;
}

}  // namespace

Result<Explanation> explain(const std::string& trace, const std::string& component) {
  Explanation why;
  why.trace = trace;
  REPRISE_ASSIGN(auto program, embed::find_recorded_program(trace, component));
  const embed::ReplaySource source{
      .trace = trace, .program = std::move(program), .core_imports = wasi::core_imports_for_replay};
  REPRISE_ASSIGN(auto run, embed::Replayer::open(source, [](replay::Stream, Bytes) {}));
  REPRISE_TRY(read_outcome(*run, why));
  REPRISE_TRY(read_calls(trace, why));
  return why;
}

std::string to_text(const Explanation& why, size_t width) {
  std::string out;
  const auto line = [&](std::string_view text) { out += cut_to_width(text, width) + '\n'; };
  line(why.headline);
  size_t next = 0;
  const size_t room = why.first_error ? 0 : kLinesOfError;
  for (const size_t i : shown_frames(why.frames, room)) {
    if (i != next) line(fmt::format("  … {} more", i - next));
    line(fmt::format("  #{} {}", i, frame_text(why.frames[i])));
    next = i + 1;
  }
  if (next < why.frames.size()) line(fmt::format("  … {} more", why.frames.size() - next));
  if (why.first_error) {
    line("\nthe first call that the host answered with an error:");
    line(*why.first_error);
  }
  if (!why.last_calls.empty()) {
    line("\nthe last calls:");
    for (const std::string& call : why.last_calls) line(call);
  }
  line("\nto walk back from here: reprise debug " + why.trace);
  return out;
}

}  // namespace reprise::debug
