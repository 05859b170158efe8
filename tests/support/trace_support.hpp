// For tests about traces: random records of every kind, a sink that can be looked into, and whole
// traces as vectors.

#pragma once

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "trace/builder.hpp"
#include "trace/json.hpp"
#include "trace/reader.hpp"
#include "trace/sink.hpp"
#include "trace/writer.hpp"

namespace reprise::trace {

/// Forwards to a MemorySink that the test keeps.
struct KeptSink : Sink {
  explicit KeptSink(std::shared_ptr<MemorySink> to) : sink(std::move(to)) {}
  Result<uint64_t> append(Bytes header, Bytes payload) override {
    return sink->append(header, payload);
  }
  std::shared_ptr<MemorySink> sink;
};

struct OwnedRecord {
  Kind kind{};
  std::vector<uint8_t> payload;
  bool operator==(const OwnedRecord&) const = default;
};

struct ReadBack {
  std::vector<OwnedRecord> events;
  std::vector<uint64_t> numbers;
  std::vector<uint64_t> calls;
  std::vector<OwnedRecord> sides;
  ReadSummary summary;
  std::string error;  // empty: none
};

inline void read_more(Reader& reader, ReadBack& all) {
  while (true) {
    auto record = reader.next();
    if (!record) {
      all.error = record.error().to_string();
      break;
    }
    if (!*record) break;
    const Record& r = **record;
    OwnedRecord owned{r.kind, {r.payload.begin(), r.payload.end()}};
    if (r.event == kNoEvent) {
      all.sides.push_back(std::move(owned));
    } else {
      all.events.push_back(std::move(owned));
      all.numbers.push_back(r.event);
      all.calls.push_back(r.call);
    }
  }
  all.summary = reader.summary();
}

inline ReadBack read_all(std::vector<uint8_t> bytes, ReadOptions options = {}) {
  ReadBack all;
  auto reader = Reader::open(std::make_unique<MemorySource>(std::move(bytes)), options);
  if (!reader) {
    all.error = reader.error().to_string();
  } else {
    read_more(**reader, all);
  }
  return all;
}

/// Fills fields with random values; keeps what the views point to.
class RandomFields {
 public:
  explicit RandomFields(std::mt19937_64& random) : random_(random) {}
  void added() {}
  void u8(const char*, uint8_t& v) { v = static_cast<uint8_t>(random_()); }
  void u32(const char*, uint32_t& v) { v = static_cast<uint32_t>(number()); }
  void u64(const char*, uint64_t& v) { v = number(); }
  void text(const char*, std::string_view& v) { v = make_text(); }
  void blob(const char*, Bytes& v) { v = make_bytes(40); }
  void rest(const char*, Bytes& v) { v = make_bytes(random_() % 8 == 0 ? 3000 : 40); }
  void hash(const char*, Hash& v) {
    for (uint8_t& b : v) b = static_cast<uint8_t>(random_());
  }
  void digest(const char*, Digest& v) {
    v = short_digest(random_(), static_cast<uint8_t>(1 + random_() % 8));
  }
  void texts(const char*, field::texts& v) {
    for (uint64_t n = random_() % 4; n > 0; --n) v.push_back(make_text());
  }
  void ids(const char*, field::ids& v) {
    for (uint64_t n = random_() % 4; n > 0; --n) v.push_back(number());
  }
  void limits(const char*, field::limits& v) {
    for (uint64_t n = random_() % 4; n > 0; --n) v.push_back({make_text(), number()});
  }

 private:
  // All magnitudes alike, so that every length of LEB128 occurs.
  uint64_t number() { return random_() >> (random_() % 64); }
  std::string_view make_text() {
    static constexpr const char* kWords[] = {
        "", "now", "wasi:io/streams@0.2.0", "\"\\\n\t\x01", "\u00e9\u20ac", "\U0001f300 list<u8>"};
    kept_.emplace_back(kWords[random_() % std::size(kWords)]);
    return kept_.back();
  }
  Bytes make_bytes(size_t limit) {
    std::string bytes(random_() % limit, '\0');
    for (char& b : bytes) b = static_cast<char>(random_());
    kept_.push_back(std::move(bytes));
    return as_bytes(kept_.back());
  }

  std::mt19937_64& random_;
  std::deque<std::string> kept_;
};

/// The payload of a random record of `kind`.
inline std::vector<uint8_t> random_payload(Kind kind, std::mt19937_64& random) {
  RandomFields fields(random);
  switch (kind) {
#define RECORD(number, Type, name, text, role) \
  case Kind::name: {                           \
    Type record;                               \
    visit_fields(fields, record);              \
    return encode(record);                     \
  }
#include "trace/records.def"
  }
  return {};
}

inline const std::vector<Kind>& all_kinds() {
  static const std::vector<Kind> kinds = {
#define RECORD(number, Type, name, text, role) Kind::name,
#include "trace/records.def"
  };
  return kinds;
}

/// Kinds that a guest's thread appends: events and definitions, less the one that checks features.
inline std::vector<Kind> event_kinds() {
  std::vector<Kind> kinds;
  for (const Kind kind : all_kinds()) {
    const Role role = role_of(kind);
    if ((role == Role::event || role == Role::definition) && kind != Kind::session_begin) {
      kinds.push_back(kind);
    }
  }
  return kinds;
}

inline std::vector<OwnedRecord> random_events(std::mt19937_64& random, size_t count) {
  static const std::vector<Kind> kinds = event_kinds();
  std::vector<OwnedRecord> events;
  for (size_t i = 0; i < count; ++i) {
    const Kind kind = kinds[random() % kinds.size()];
    events.push_back({kind, random_payload(kind, random)});
  }
  return events;
}

inline ChunkerOptions steady(ChunkerOptions options) {
  options.clock = [] { return ChunkTime{1, 2}; };
  return options;
}

inline std::vector<uint8_t> build(const std::vector<OwnedRecord>& events, ChunkerOptions options) {
  MemorySink sink;
  TraceBuilder builder(sink, steady(std::move(options)));
  for (const OwnedRecord& event : events) {
    if (!builder.append(event.kind, event.payload)) return {};
  }
  if (!builder.finish()) return {};
  return sink.take();
}

/// A small, sound trace: two functions, nested and out-of-order calls, an end.
inline std::vector<OwnedRecord> small_session() {
  std::vector<OwnedRecord> events;
  const auto add = [&](const auto& r) { events.push_back({r.kKind, encode(r)}); };
  const uint8_t values[] = {1, 2, 3, 4};
  add(SessionBegin{.engine = "test 1", .semantics = 1});
  Function read;
  read.id = 0, read.interface = "a:b/c", read.name = "read", read.signature = "func(n: u32) -> u32";
  read.params = {"u32"}, read.result = "u32";
  add(read);
  Function run;
  run.id = 1, run.direction = 1, run.name = "run", run.signature = "func()";
  add(run);
  add(GuestCall{1, 0, {}});
  for (int i = 0; i < 3; ++i) {
    add(Call{0, values});
    add(CallResult{values});
  }
  add(Call{0, values});
  add(CallDigest{0, 100, short_digest(77, 4)});
  add(ResultOf{4, values});  // answers call 3, which isn't the innermost
  add(ResultTrap{0, "unreachable", "told to"});
  add(GuestReturn{0, values});
  add(End{});
  return events;
}

}  // namespace reprise::trace
