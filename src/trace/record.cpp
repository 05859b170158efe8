#include "trace/record.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace reprise::trace {

std::string_view to_string(Kind kind) {
  switch (kind) {
#define RECORD(number, Type, name, text, role) \
  case Kind::name:                             \
    return text;
#include "trace/records.def"
  }
  return "unknown";
}

Role role_of(Kind kind) {
  switch (kind) {
#define RECORD(number, Type, name, text, role) \
  case Kind::name:                             \
    return Role::role;
#include "trace/records.def"
  }
  return Role::unknown;
}

std::string to_utf8(std::string_view text) {
  // Keeps the longest well-formed stretches: a byte that doesn't fit becomes a question mark.
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t n = std::min<size_t>(4, text.size() - at);
    while (n > 0 && !is_utf8(as_bytes(text.substr(at, n)))) --n;
    if (n == 0) {
      out += '?';
      ++at;
    } else {
      out += text.substr(at, n);
      at += n;
    }
  }
  return out;
}

// ---- Framing ----

namespace {

void frame_one(ByteWriter& out, Kind kind, Bytes payload) {
  const auto number = static_cast<uint32_t>(kind);
  if (is_compact(kind)) {
    if (payload.size() <= kMaxCompactLength) {
      out.u8(static_cast<uint8_t>(number | payload.size()));
    } else {
      out.u8(static_cast<uint8_t>(number | 63));
      out.leb_u64(payload.size());
    }
  } else if (number < kExtendedKind) {
    out.u8(static_cast<uint8_t>(number));
    out.leb_u64(payload.size());
  } else {
    out.u8(kExtendedKind);
    out.leb_u64(number);
    out.leb_u64(payload.size());
  }
  out.bytes(payload);
}

// A LEB128 of at most five bytes at `at`. False: more bytes are needed.
Result<bool> take_leb(Bytes bytes, uint32_t& at, uint64_t& value) {
  value = 0;
  for (int i = 0; i < 5; ++i) {
    if (at == bytes.size()) return false;
    const uint8_t byte = bytes[at++];
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (!(byte & 0x80)) return true;
  }
  return fail(ErrorKind::malformed, "record header has an integer that is too long");
}

}  // namespace

void frame(ByteWriter& out, Kind kind, Bytes payload) {
  while (payload.size() > kMaxPayload) {
    frame_one(out, Kind::fragment, payload.first(kMaxPayload));
    payload = payload.subspan(kMaxPayload);
  }
  frame_one(out, kind, payload);
}

Result<std::optional<RecordHeader>> read_header(Bytes bytes) {
  if (bytes.empty()) return std::nullopt;
  const uint8_t first = bytes[0];
  uint32_t at = 1;
  uint64_t kind = first;
  uint64_t length = 0;
  if (first >= 0x40) {
    kind = first & 0xc0;
    length = first & 0x3f;
    if (length <= kMaxCompactLength) {
      return RecordHeader{static_cast<Kind>(kind), at, static_cast<uint32_t>(length)};
    }
  } else if (first == kExtendedKind) {
    REPRISE_ASSIGN(const bool whole, take_leb(bytes, at, kind));
    if (!whole) return std::nullopt;
    if (kind < 256 || kind > UINT32_MAX) {
      return fail(ErrorKind::malformed, "extended record kind is out of range");
    }
  } else if (first == 0) {
    return fail(ErrorKind::malformed, "zero where a record should begin");
  }
  REPRISE_ASSIGN(const bool whole, take_leb(bytes, at, length));
  if (!whole) return std::nullopt;
  if (length > kMaxPayload) {
    return fail(ErrorKind::malformed,
                fmt::format("record of {} bytes is longer than {}", length, kMaxPayload));
  }
  return RecordHeader{static_cast<Kind>(kind), at, static_cast<uint32_t>(length)};
}

// ---- Decoding ----

template <class T>
void FieldDecoder::take(const char* name, T& v, Result<T> read) {
  if (read) {
    v = std::move(*read);
  } else {
    error_ = std::move(read.error()).in(fmt::format("field {}", name));
  }
}

void FieldDecoder::added() {
  if (in_.at_end()) absent_ = true;
}

void FieldDecoder::u8(const char* name, uint8_t& v) {
  if (!skip()) take(name, v, in_.u8());
}

void FieldDecoder::u32(const char* name, uint32_t& v) {
  if (!skip()) take(name, v, in_.leb_u32());
}

void FieldDecoder::u64(const char* name, uint64_t& v) {
  if (!skip()) take(name, v, in_.leb_u64());
}

Result<Bytes> FieldDecoder::read_blob() {
  REPRISE_ASSIGN(uint64_t n, in_.leb_u64());
  if (n > in_.remaining()) return in_.malformed("length goes beyond the record");
  return in_.bytes(static_cast<size_t>(n));
}

Result<std::string_view> FieldDecoder::read_text() {
  REPRISE_ASSIGN(Bytes bytes, read_blob());
  if (!is_utf8(bytes)) return in_.malformed("text is not UTF-8");
  return as_text(bytes);
}

// Each element takes a byte at least, so a count beyond the bytes that are left is a lie.
Result<size_t> FieldDecoder::read_count() {
  REPRISE_ASSIGN(uint64_t n, in_.leb_u64());
  if (n > in_.remaining()) return in_.malformed("count goes beyond the record");
  return static_cast<size_t>(n);
}

void FieldDecoder::text(const char* name, std::string_view& v) {
  if (!skip()) take(name, v, read_text());
}

void FieldDecoder::blob(const char* name, Bytes& v) {
  if (!skip()) take(name, v, read_blob());
}

void FieldDecoder::rest(const char* name, Bytes& v) {
  if (!skip()) take(name, v, in_.bytes(in_.remaining()));
}

void FieldDecoder::hash(const char* name, Hash& v) {
  if (skip()) return;
  Bytes bytes;
  take(name, bytes, in_.bytes(v.size()));
  if (!error_) std::memcpy(v.data(), bytes.data(), v.size());
}

void FieldDecoder::digest(const char* name, Digest& v) {
  if (skip()) return;
  const size_t n = in_.remaining();
  if (n < 1 || n > 8) {
    error_ = Error{ErrorKind::malformed,
                   fmt::format("digest of {} bytes", n),
                   in_.offset(),
                   {fmt::format("field {}", name)}};
    return;
  }
  v = Digest{0, static_cast<uint8_t>(n)};
  Bytes bytes;
  take(name, bytes, in_.bytes(n));
  for (size_t i = 0; i < n; ++i) v.value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
}

void FieldDecoder::texts(const char* name, field::texts& v) {
  if (skip()) return;
  size_t count = 0;
  take(name, count, read_count());
  for (size_t i = 0; i < count && !error_; ++i) {
    std::string_view t;
    take(name, t, read_text());
    v.push_back(t);
  }
}

void FieldDecoder::ids(const char* name, field::ids& v) {
  if (skip()) return;
  size_t count = 0;
  take(name, count, read_count());
  for (size_t i = 0; i < count && !error_; ++i) {
    uint64_t id = 0;
    take(name, id, in_.leb_u64());
    v.push_back(id);
  }
}

void FieldDecoder::limits(const char* name, field::limits& v) {
  if (skip()) return;
  size_t count = 0;
  take(name, count, read_count());
  for (size_t i = 0; i < count && !error_; ++i) {
    Limit limit;
    take(name, limit.name, read_text());
    if (!error_) take(name, limit.value, in_.leb_u64());
    v.push_back(limit);
  }
}

Result<void> FieldDecoder::finish() {
  if (error_) return fail(std::move(*error_));
  return ok();
}

Result<AnyRecord> decode_any(Kind kind, Bytes payload) {
  switch (kind) {
#define RECORD(number, Type, name, text, role)          \
  case Kind::name: {                                    \
    REPRISE_ASSIGN(Type record, decode<Type>(payload)); \
    return record;                                      \
  }
#include "trace/records.def"
  }
  return Unknown{kind, payload};
}

}  // namespace reprise::trace
