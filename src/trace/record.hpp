// Records: what a trace is made of. A record is a kind and a payload; the kinds, and the fields of
// each payload, are the table in records.def. This file makes of that table one struct per kind, an
// encoder and a decoder.
//
// The structs are views. Text and bytes in a struct that was decoded point into the reader's buffer
// and live until the reader's next step; in one that is about to be encoded they point to the
// caller's. So neither reading nor writing a call copies its values twice.
//
// On disk a record is (docs/trace-format.md §Records)
//
//   00kkkkkk length payload   general kinds 1..62, length as LEB128
//   00111111 kind length ...  room for kinds from 256 up
//   01llllll payload          call            \  llllll is the length up to 62;
//   10llllll payload          result           } 63 says that a LEB128 length follows
//   11llllll payload          call-digest     /
//
// so that a call with two scalars and its scalar result take 16 bytes together. A payload is at
// most 64 KiB: what is larger goes through the ring in `fragment` records, which the reader puts
// together.

#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::trace {

/// The most payload one stored record carries; longer ones are stored in fragments.
inline constexpr size_t kMaxPayload = 65536;
/// The most that framing adds to a payload as it is written here (a reader accepts
/// kMaxRecordHeader).
inline constexpr size_t kMaxFraming = 4;
/// The longest record header there can be: extension byte, LEB kind, LEB length.
inline constexpr size_t kMaxRecordHeader = 11;
/// Compact kinds hold lengths up to this in their first byte.
inline constexpr size_t kMaxCompactLength = 62;
inline constexpr uint8_t kExtendedKind = 0x3f;

enum class Kind : uint32_t {
#define RECORD(number, Type, name, text, role) name = number,
#include "trace/records.def"
};

enum class Role : uint8_t { unknown, definition, side, event, frame };

inline constexpr bool is_compact(Kind kind) {
  return kind == Kind::call || kind == Kind::result || kind == Kind::call_digest;
}

/// "call-digest", or "unknown" for a kind that this version has not heard of.
std::string_view to_string(Kind kind);
Role role_of(Kind kind);

// ---- Values of the enumerated fields ----

enum class ArgumentMode : uint8_t { values = 0, digests = 1, short_values_else_digests = 2 };
enum class BinaryForm : uint8_t { component = 0, module = 1 };
enum class Storage : uint8_t { by_reference = 0, embedded = 1, beside = 2 };
enum class Direction : uint8_t { imported = 0, exported = 1 };
/// What grows; or, of a request, that a guest waits in memory.atomic.wait, or yields.
enum class Growable : uint8_t {
  memory = 0,
  table = 1,
  instance = 2,
  heap = 3,
  atomic_wait = 4,
  yield_at_fuel = 5,
  yield_at_tick = 6
};
enum class Verdict : uint8_t { refused = 0, allowed = 1, cancelled = 2 };
enum class Outcome : uint8_t { clean = 0, exit = 1, trap = 2, stopped = 3 };
enum Determinism : uint32_t { kCanonicalNans = 1, kDeterministicSimd = 2 };

/// Feature bits that this version understands (none is needed yet).
inline constexpr uint64_t kKnownFeatures = 0;

// ---- Types of fields ----

struct Limit {
  std::string_view name;
  uint64_t value = 0;
  bool operator==(const Limit&) const = default;
};

/// XXH3-64 of an encoding. `bytes` says how many of its low bytes are stored: 4 keeps a scalar call
/// within 16 bytes and misses one difference in four thousand million, 8 is for the rest.
struct Digest {
  uint64_t value = 0;
  uint8_t bytes = 8;
  bool matches(uint64_t full) const {
    return bytes >= 8 ? full == value : (full & ((uint64_t{1} << (8 * bytes)) - 1)) == value;
  }
  bool operator==(const Digest&) const = default;
};
/// The low `bytes` bytes of `full`.
inline Digest short_digest(uint64_t full, uint8_t bytes) {
  return {bytes >= 8 ? full : full & ((uint64_t{1} << (8 * bytes)) - 1), bytes};
}

using Hash = std::array<uint8_t, 32>;

namespace field {
using u8 = uint8_t;
using u32 = uint32_t;
using u64 = uint64_t;
using text = std::string_view;
using blob = Bytes;
using rest = Bytes;
using hash = Hash;
using digest = Digest;
using texts = std::vector<std::string_view>;
using ids = std::vector<uint64_t>;
using limits = std::vector<Limit>;
}  // namespace field

// ---- One struct per kind ----

#define RECORD(number, Type, name, text, role) \
  struct Type {                                \
    static constexpr Kind kKind = Kind::name;
#define FIELD(type, name) field::type name{};
#define END_RECORD() \
  }                  \
  ;
#include "trace/records.def"

/// Calls `visitor.<field type>("name", record.name)` for each field, in order. `Record` may be
/// const.
#define RECORD(number, Type, name, text, role)          \
  template <class Visitor, class R>                     \
    requires std::same_as<std::remove_const_t<R>, Type> \
  void visit_fields(Visitor& visitor, R& record) {      \
    (void)visitor, (void)record;
#define FIELD(type, name) visitor.type(#name, record.name);
#define ADDED(type, name) visitor.added(), visitor.type(#name, record.name);
#define END_RECORD() }
#include "trace/records.def"

/// A record of a kind that this version does not know.
struct Unknown {
  Kind kind{};
  Bytes payload;
};

using AnyRecord = std::variant<Unknown
#define RECORD(number, Type, name, text, role) , Type
#include "trace/records.def"
                               >;

// ---- Encoding ----

/// `text` with every byte that is not part of well-formed UTF-8 replaced by a question mark.
std::string to_utf8(std::string_view text);

/// Writes fields to anything with ByteWriter's u8, leb_u64 and bytes.
template <class Out>
class FieldEncoder {
 public:
  explicit FieldEncoder(Out& out) : out_(out) {}
  void added() {}
  void u8(const char*, uint8_t v) { out_.u8(v); }
  void u32(const char*, uint32_t v) { out_.leb_u64(v); }
  void u64(const char*, uint64_t v) { out_.leb_u64(v); }
  void text(const char*, std::string_view v) { utf8(v); }
  void blob(const char*, Bytes v) { sized(v); }
  void rest(const char*, Bytes v) { out_.bytes(v); }
  void hash(const char*, const Hash& v) { out_.bytes(v); }
  void digest(const char*, const Digest& v) {
    for (int i = 0; i < v.bytes; ++i) out_.u8(static_cast<uint8_t>(v.value >> (8 * i)));
  }
  void texts(const char*, const field::texts& v) {
    out_.leb_u64(v.size());
    for (std::string_view t : v) utf8(t);
  }
  void ids(const char*, const field::ids& v) {
    out_.leb_u64(v.size());
    for (uint64_t id : v) out_.leb_u64(id);
  }
  void limits(const char*, const field::limits& v) {
    out_.leb_u64(v.size());
    for (const Limit& limit : v) utf8(limit.name), out_.leb_u64(limit.value);
  }

 private:
  void sized(Bytes v) {
    out_.leb_u64(v.size());
    out_.bytes(v);
  }
  // What a host puts into an exception's text is its own; what stands in a trace is UTF-8.
  void utf8(std::string_view v) {
    if (is_utf8(as_bytes(v))) [[likely]]
      return sized(as_bytes(v));
    sized(as_bytes(to_utf8(v)));
  }
  Out& out_;
};

/// Appends the payload of `record` to `out`.
template <class Out, class R>
void encode(Out& out, const R& record) {
  FieldEncoder<Out> encoder(out);
  visit_fields(encoder, record);
}

/// The payload of `record`, on its own.
template <class R>
std::vector<uint8_t> encode(const R& record) {
  ByteWriter out;
  encode(out, record);
  return out.take();
}

/// Appends a whole stored record: header and payload, in fragments when it is long.
void frame(ByteWriter& out, Kind kind, Bytes payload);

// ---- Decoding ----

/// Reads fields. What fails first is kept; fields after it are left at their defaults.
class FieldDecoder {
 public:
  explicit FieldDecoder(Bytes payload) : in_(payload) {}
  void added();
  void u8(const char* name, uint8_t& v);
  void u32(const char* name, uint32_t& v);
  void u64(const char* name, uint64_t& v);
  void text(const char* name, std::string_view& v);
  void blob(const char* name, Bytes& v);
  void rest(const char* name, Bytes& v);
  void hash(const char* name, Hash& v);
  void digest(const char* name, Digest& v);
  void texts(const char* name, field::texts& v);
  void ids(const char* name, field::ids& v);
  void limits(const char* name, field::limits& v);
  Result<void> finish();

 private:
  template <class T>
  void take(const char* name, T& v, Result<T> read);
  bool skip() const { return error_.has_value() || absent_; }
  Result<std::string_view> read_text();
  Result<Bytes> read_blob();
  Result<size_t> read_count();

  ByteReader in_;
  bool absent_ = false;  // an older writer's record ended before this field
  std::optional<Error> error_;
};

/// The payload of a record of kind R::kKind as its struct. Views point into `payload`.
template <class R>
Result<R> decode(Bytes payload) {
  R record;
  FieldDecoder decoder(payload);
  visit_fields(decoder, record);
  REPRISE_TRY(decoder.finish());
  return record;
}

/// Any record as its struct; kinds that are not known come back as Unknown.
Result<AnyRecord> decode_any(Kind kind, Bytes payload);

/// The header of a stored record: what `frame` writes before a payload.
struct RecordHeader {
  Kind kind{};
  uint32_t header = 0;  // bytes of the header
  uint32_t length = 0;  // bytes of the payload
};
/// Reads the header at the start of `bytes`. Nothing when more bytes are needed to tell; an error
/// when no bytes that follow could make it a header.
Result<std::optional<RecordHeader>> read_header(Bytes bytes);

}  // namespace reprise::trace
