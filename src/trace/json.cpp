#include "trace/json.hpp"

#include <fmt/format.h>

#include "base/sha256.hpp"

namespace reprise::trace {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

namespace {

class JsonFields {
 public:
  void added() {}
  void u8(const char* name, uint8_t v) { number(name, v); }
  void u32(const char* name, uint32_t v) { number(name, v); }
  void u64(const char* name, uint64_t v) { number(name, v); }
  void text(const char* name, std::string_view v) { put(name, json_string(v)); }
  void blob(const char* name, Bytes v) { put(name, json_string(to_hex(v))); }
  void rest(const char* name, Bytes v) { blob(name, v); }
  void hash(const char* name, const Hash& v) { blob(name, v); }
  void digest(const char* name, const Digest& v) {
    put(name, fmt::format("\"{:0{}x}\"", v.value, v.bytes * 2));
  }
  void texts(const char* name, const field::texts& v) {
    list(name, v, [](std::string_view t) { return json_string(t); });
  }
  void ids(const char* name, const field::ids& v) {
    list(name, v, [](uint64_t id) { return fmt::to_string(id); });
  }
  void limits(const char* name, const field::limits& v) {
    list(name, v,
         [](const Limit& l) { return fmt::format("[{},{}]", json_string(l.name), l.value); });
  }
  std::string take() { return "{" + out_ + "}"; }

 private:
  void number(const char* name, uint64_t v) { put(name, fmt::to_string(v)); }
  void put(const char* name, const std::string& value) {
    if (!out_.empty()) out_ += ',';
    out_ += fmt::format("\"{}\":{}", name, value);
  }
  template <class List, class Show>
  void list(const char* name, const List& values, Show show) {
    std::string out;
    for (const auto& v : values) {
      if (!out.empty()) out += ',';
      out += show(v);
    }
    put(name, "[" + out + "]");
  }
  std::string out_;
};

std::string members_of(const AnyRecord& record) {
  return std::visit(
      [](const auto& r) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(r)>, Unknown>) {
          return fmt::format("\"number\":{},\"payload\":{}", static_cast<uint32_t>(r.kind),
                             json_string(to_hex(r.payload)));
        } else {
          return "\"fields\":" + fields_json(r);
        }
      },
      record);
}

}  // namespace

std::string fields_json(const AnyRecord& record) {
  return std::visit(
      [](const auto& r) -> std::string {
        JsonFields fields;
        if constexpr (!std::is_same_v<std::decay_t<decltype(r)>, Unknown>) visit_fields(fields, r);
        return fields.take();
      },
      record);
}

std::string to_json(const Record& record, std::string_view more) {
  std::string out = fmt::format("{{\"stream\":{}", record.stream);
  if (record.event != kNoEvent) out += fmt::format(",\"event\":{}", record.event);
  out += fmt::format(",\"kind\":{}", json_string(to_string(record.kind)));
  if (record.call != kNoCall) out += fmt::format(",\"call\":{}", record.call);
  const auto any = decode_any(record.kind, record.payload);
  out += ',';
  out += any ? members_of(*any) : "\"error\":" + json_string(any.error().message);
  out += more;
  return out + "}";
}

}  // namespace reprise::trace
