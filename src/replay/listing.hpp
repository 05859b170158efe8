// A trace as text: one call a line in WAVE notation, or one record a line as JSON.
//
//      0 session reprise 0.1.0
//      9 → wasi:cli/run@0.2.12#run()
//     10   wasi:cli/environment@0.2.12#get-arguments() = ["cat", "a.txt"]
//     12   wasi:filesystem/types@0.2.12#[method]descriptor.stat(#0) = ok({type: directory, …})
//     40 ← wasi:cli/run@0.2.12#run = ok
//
// Lists of bytes are followed by a comment with their length and, if they are text, their text.
// The number is that of the first event of the line. A call whose result does not follow at once is
// shown with its number and gets a line of its own when the result comes.

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "trace/reader.hpp"
#include "wit/type.hpp"
#include "wit/wave.hpp"

namespace reprise::replay {

enum class ListingFormat : uint8_t {
  wave,
  json,
  json_whole,  // with what stands beside the events, too: the program's bytes, where segments begin
  readable,    // WAVE, but bytes that are text are shown as text
};

struct ListedLine {
  enum class Kind : uint8_t {
    note,   // of the session, or of an event that is no call
    enter,  // the host calls the guest
    leave,  // and gets its answer
    call,   // the guest calls the host
  };
  Kind kind = Kind::note;
  /// Of the line's first event; kNoEvent if it stands for none.
  uint64_t event = trace::kNoEvent;
  /// The host answered with a trap, an exception, or a `result` that is an error.
  bool failed = false;
  std::string text;
};

class Listing {
 public:
  Listing(trace::Reader& reader, ListingFormat format, wit::PrintLimits limits = {})
      : reader_(reader), format_(format), limits_(limits) {}

  /// The next line, without its newline; nothing when the trace has no more for now (ask again
  /// later, if it is still being written). Values that do not fit their type are shown as bytes.
  Result<std::optional<ListedLine>> next_line();
  Result<std::optional<std::string>> next();
  /// The line of a call whose result never came, when the trace has ended.
  std::optional<ListedLine> flush_line();
  std::optional<std::string> flush();

 private:
  struct Function {
    std::string name;
    wit::FuncType type;
  };
  struct Open {
    uint64_t event;
    uint64_t call;
    uint32_t stream;
    uint32_t function;
    std::string text;
    std::string notes;
  };

  Result<void> define(const trace::Record& record);
  std::string wave_line(const trace::Record& record);
  std::string json_line(const trace::Record& record);
  const Function* function(uint32_t stream, uint32_t id) const;
  std::string line(uint64_t event, std::string_view mark, std::string text) const;
  std::string arguments_text(const Function* f, Bytes arguments) const;
  std::string result_text(uint32_t stream, bool guest, uint64_t call, Bytes values);
  Result<void> print_value(wit::Type type, ByteReader& reader, std::string& text) const;
  bool is_failure(const trace::Record& record) const;
  std::string bytes_notes(std::span<const wit::Param> params, Bytes values) const;
  std::string result_notes(const Function* f, const trace::Record& record) const;
  ListedLine end_call(const trace::Record& record);
  Result<void> begin_call(const trace::Record& record);
  std::string json_call(const trace::Record& record);
  std::string json_values(std::span<const wit::Param> params, Bytes values) const;

  trace::Reader& reader_;
  ListingFormat format_;
  wit::PrintLimits limits_;
  wit::TypeTable types_;
  std::map<std::pair<uint32_t, uint32_t>, Function> functions_;
  /// Which function each open call is of: (stream, guest call?, number).
  std::map<std::tuple<uint32_t, bool, uint64_t>, uint32_t> called_;
  std::optional<Open> open_;
  std::deque<ListedLine> ready_;
};

}  // namespace reprise::replay
