#include "replay/listing.hpp"

#include <fmt/format.h>

#include <type_traits>

#include "replay/divergence.hpp"

namespace reprise::replay {

using namespace trace;

namespace {

std::string hexadecimal(Bytes bytes) {
  std::string text;
  for (uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      out += fmt::format("\\u{:04x}", u);
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Any record's fields as JSON members, with the names that records.def has for them.
class JsonFields {
 public:
  explicit JsonFields(std::string& out) : out_(out) {}
  void added() {}
  void u8(const char* name, uint8_t v) { number(name, v); }
  void u32(const char* name, uint32_t v) { number(name, v); }
  void u64(const char* name, uint64_t v) { number(name, v); }
  void text(const char* name, std::string_view v) { member(name, json_string(v)); }
  void blob(const char* name, Bytes v) { member(name, '"' + hexadecimal(v) + '"'); }
  void rest(const char* name, Bytes v) { blob(name, v); }
  void hash(const char* name, const Hash& v) { blob(name, v); }
  void digest(const char* name, const Digest& v) {
    member(name, fmt::format("\"{:0{}x}\"", v.value, v.bytes * 2));
  }
  void texts(const char* name, const field::texts& v) {
    std::string list;
    for (std::string_view t : v) list += (list.empty() ? "" : ", ") + json_string(t);
    member(name, '[' + list + ']');
  }
  void ids(const char* name, const field::ids& v) {
    member(name, fmt::format("[{}]", fmt::join(v, ", ")));
  }
  void limits(const char* name, const field::limits& v) {
    std::string list;
    for (const Limit& l : v)
      list += fmt::format("{}{}: {}", list.empty() ? "" : ", ", json_string(l.name), l.value);
    member(name, '{' + list + '}');
  }

 private:
  void number(const char* name, uint64_t v) { member(name, std::to_string(v)); }
  void member(const char* name, const std::string& value) {
    out_ += fmt::format(", \"{}\": {}", name, value);
  }
  std::string& out_;
};

constexpr std::string_view kEnters = "→ ";
constexpr std::string_view kLeaves = "← ";
constexpr std::string_view kCalls = "  ";

}  // namespace

const Listing::Function* Listing::function(uint32_t stream, uint32_t id) const {
  auto found = functions_.find({stream, id});
  return found == functions_.end() ? nullptr : &found->second;
}

Result<void> Listing::define(const Record& record) {
  if (record.kind != Kind::function) return ok();
  REPRISE_ASSIGN(auto definition, decode<trace::Function>(record.payload));
  Function f;
  f.name = definition.interface.empty()
               ? std::string(definition.name)
               : fmt::format("{}#{}", definition.interface, definition.name);
  auto type = wit::parse_func_type(definition.signature, types_);
  if (!type) return fail(std::move(type.error()).in("signature of " + f.name));
  f.type = std::move(*type);
  functions_[{record.stream, definition.id}] = std::move(f);
  return ok();
}

std::string Listing::line(uint64_t event, std::string_view mark, std::string text) const {
  return event == kNoEvent ? fmt::format("{:>6} {}{}", "", mark, text)
                           : fmt::format("{:>6} {}{}", event, mark, text);
}

Result<void> Listing::print_value(wit::Type type, ByteReader& reader, std::string& text) const {
  if (format_ == ListingFormat::readable)
    if (auto readable = text_of_bytes(type, reader, limits_)) {
      text += *readable;
      return ok();
    }
  return wit::print_wave(type, reader, text, limits_);
}

std::string Listing::arguments_text(const Function* f, Bytes arguments) const {
  if (!f) return "(" + hexadecimal(arguments) + ")";
  std::string text = "(";
  ByteReader reader(arguments);
  for (size_t i = 0; i < f->type.params.size(); ++i) {
    if (i) text += ", ";
    if (!print_value(f->type.params[i].type, reader, text))
      return "(" + hexadecimal(arguments) + ")";
  }
  return text + ")";
}

std::string Listing::result_text(uint32_t stream, bool guest, uint64_t call, Bytes values) {
  auto called = called_.find({stream, guest, call});
  const Function* f = called == called_.end() ? nullptr : function(stream, called->second);
  if (!f) return hexadecimal(values);
  if (!f->type.result) return "()";
  std::string text;
  ByteReader reader(values);
  if (!print_value(f->type.result, reader, text)) return hexadecimal(values);
  return text;
}

std::string Listing::wave_line(const Record& record) {
  const auto settle = [&](bool guest) { called_.erase({record.stream, guest, record.call}); };
  const auto name_of_call = [&](bool guest) {
    auto called = called_.find({record.stream, guest, record.call});
    const Function* f = called == called_.end() ? nullptr : function(record.stream, called->second);
    return f ? f->name : fmt::format("call {}", record.call);
  };
  auto any = decode_any(record.kind, record.payload);
  if (!any) return line(record.event, kCalls, "(malformed record: " + any.error().message + ")");
  std::string text = std::visit(
      [&](const auto& r) -> std::string {
        using R = std::decay_t<decltype(r)>;
        if constexpr (std::is_same_v<R, SessionBegin>) {
          return line(record.event, "", fmt::format("session {}", r.engine));
        } else if constexpr (std::is_same_v<R, Component>) {
          return line(record.event, "", fmt::format("program {} ({} bytes)", r.name, r.size));
        } else if constexpr (std::is_same_v<R, GuestCall>) {
          called_[{record.stream, true, record.call}] = r.function;
          const Function* f = function(record.stream, r.function);
          return line(record.event, kEnters,
                      (f ? f->name : "unknown function") + arguments_text(f, r.arguments));
        } else if constexpr (std::is_same_v<R, GuestReturn>) {
          return line(
              record.event, kLeaves,
              name_of_call(true) + " = " + result_text(record.stream, true, record.call, r.values));
        } else if constexpr (std::is_same_v<R, GuestReturnDigest>) {
          return line(record.event, kLeaves,
                      fmt::format("{} = …{} bytes, digest {:016x}", name_of_call(true), r.length,
                                  r.digest.value));
        } else if constexpr (std::is_same_v<R, GuestTrap>) {
          return line(record.event, kLeaves,
                      fmt::format("{} traps: {}", name_of_call(true), r.message));
        } else if constexpr (std::is_same_v<R, GuestExit>) {
          return line(
              record.event, kLeaves,
              fmt::format("{} exits with {}", name_of_call(true), static_cast<int32_t>(r.code)));
        } else if constexpr (std::is_same_v<R, CallResult>) {
          return " = " + result_text(record.stream, false, record.call, r.values);
        } else if constexpr (std::is_same_v<R, ResultOf>) {
          return " = " + result_text(record.stream, false, record.call, r.values);
        } else if constexpr (std::is_same_v<R, ResultTrap>) {
          return fmt::format(" traps: {}", r.message);
        } else if constexpr (std::is_same_v<R, ResultException>) {
          return fmt::format(" throws: {}", r.message);
        } else if constexpr (std::is_same_v<R, ResultExit>) {
          return fmt::format(" exits with {}", static_cast<int32_t>(r.code));
        } else if constexpr (std::is_same_v<R, Cancelled>) {
          return fmt::format(" cancelled: {}", r.reason);
        } else if constexpr (std::is_same_v<R, Unknown>) {
          return line(record.event, kCalls,
                      fmt::format("(a record of unknown kind {})", static_cast<uint32_t>(r.kind)));
        } else {
          std::string fields;
          JsonFields visitor(fields);
          visit_fields(visitor, r);
          return line(record.event, "",
                      std::string(trace::to_string(record.kind)) +
                          (fields.empty() ? "" : " {" + fields.substr(2) + "}"));
        }
      },
      *any);
  if (record.kind == Kind::guest_return || record.kind == Kind::guest_return_digest ||
      record.kind == Kind::guest_trap || record.kind == Kind::guest_exit)
    settle(true);
  return text;
}

std::string Listing::json_values(const std::vector<wit::Type>& types, Bytes values) const {
  std::string text;
  ByteReader reader(values);
  for (wit::Type type : types) {
    if (!text.empty()) text += ", ";
    if (!wit::print_json(type, reader, text)) return '"' + hexadecimal(values) + '"';
  }
  return text;
}

std::string Listing::json_line(const Record& record) {
  std::string out =
      fmt::format("{{\"event\": {}, \"kind\": \"{}\"", record.event, trace::to_string(record.kind));
  const auto called = [&](bool guest) -> const Function* {
    auto found = called_.find({record.stream, guest, record.call});
    return found == called_.end() ? nullptr : function(record.stream, found->second);
  };
  const auto add_arguments = [&](const Function* f, Bytes arguments) {
    if (!f) return;
    std::vector<wit::Type> types;
    for (const wit::Param& param : f->type.params) types.push_back(param.type);
    out += fmt::format(", \"name\": {}, \"values\": [{}]", json_string(f->name),
                       json_values(types, arguments));
  };
  const auto add_result = [&](bool guest, Bytes values) {
    const Function* f = called(guest);
    if (f && f->type.result) out += ", \"value\": " + json_values({f->type.result}, values);
  };
  if (record.call != kNoCall) out += fmt::format(", \"number\": {}", record.call);
  auto any = decode_any(record.kind, record.payload);
  if (!any) return out + ", \"malformed\": " + json_string(any.error().message) + "}";
  std::visit(
      [&](const auto& r) {
        using R = std::decay_t<decltype(r)>;
        if constexpr (std::is_same_v<R, Unknown>) {
          out += fmt::format(", \"unknown\": {}", static_cast<uint32_t>(r.kind));
        } else {
          JsonFields visitor(out);
          visit_fields(visitor, r);
        }
        if constexpr (std::is_same_v<R, Call> || std::is_same_v<R, CallDigest> ||
                      std::is_same_v<R, GuestCall>)
          called_[{record.stream, std::is_same_v<R, GuestCall>, record.call}] = r.function;
        if constexpr (std::is_same_v<R, Call>) add_arguments(called(false), r.arguments);
        if constexpr (std::is_same_v<R, GuestCall>) add_arguments(called(true), r.arguments);
        if constexpr (std::is_same_v<R, CallResult> || std::is_same_v<R, ResultOf>)
          add_result(false, r.values);
        if constexpr (std::is_same_v<R, GuestReturn>) add_result(true, r.values);
      },
      *any);
  return out + "}";
}

std::optional<ListedLine> Listing::flush_line() {
  if (!ready_.empty()) {
    ListedLine first = std::move(ready_.front());
    ready_.pop_front();
    return first;
  }
  if (!open_) return std::nullopt;
  ListedLine unanswered{
      .kind = ListedLine::Kind::call,
      .event = open_->event,
      .text = line(open_->event, kCalls, fmt::format("{} … (call {})", open_->text, open_->call))};
  open_.reset();
  return unanswered;
}

std::optional<std::string> Listing::flush() {
  auto last = flush_line();
  if (!last) return std::nullopt;
  return std::move(last->text);
}

Result<std::optional<std::string>> Listing::next() {
  REPRISE_ASSIGN(std::optional<ListedLine> line, next_line());
  if (!line) return std::nullopt;
  return std::move(line->text);
}

/// `result` is an error when its first byte, the case, says so (wit/encoding.hpp).
bool Listing::is_failure(const Record& record) const {
  if (record.kind == Kind::result_trap || record.kind == Kind::result_exception) return true;
  Bytes values;
  if (record.kind == Kind::result) {
    if (auto result = decode<CallResult>(record.payload)) values = result->values;
  } else if (record.kind == Kind::result_of) {
    if (auto result = decode<ResultOf>(record.payload)) values = result->values;
  }
  auto called = called_.find({record.stream, false, record.call});
  const Function* f = called == called_.end() ? nullptr : function(record.stream, called->second);
  return f && f->type.result && f->type.result->kind == wit::TypeKind::result && !values.empty() &&
         values[0] == 1;
}

namespace {

ListedLine::Kind line_kind(Kind kind) {
  switch (kind) {
    case Kind::guest_call:
      return ListedLine::Kind::enter;
    case Kind::guest_return:
    case Kind::guest_return_digest:
    case Kind::guest_trap:
    case Kind::guest_exit:
      return ListedLine::Kind::leave;
    default:
      return ListedLine::Kind::note;
  }
}

}  // namespace

Result<std::optional<ListedLine>> Listing::next_line() {
  while (true) {
    if (!ready_.empty()) return flush_line();
    REPRISE_ASSIGN(std::optional<Record> record, reader_.next());
    if (!record) return std::nullopt;
    if (role_of(record->kind) == Role::definition) {
      REPRISE_TRY(define(*record));
      if (format_ == ListingFormat::json)
        return ListedLine{.event = record->event, .text = json_line(*record)};
      if (record->kind == Kind::session_begin || record->kind == Kind::component)
        return ListedLine{.event = record->event, .text = wave_line(*record)};
      continue;
    }
    if (role_of(record->kind) == Role::side) continue;
    if (format_ == ListingFormat::json)
      return ListedLine{.event = record->event, .text = json_line(*record)};

    const bool is_call = record->kind == Kind::call || record->kind == Kind::call_digest;
    const bool is_result = record->kind == Kind::result || record->kind == Kind::result_of ||
                           record->kind == Kind::result_trap || record->kind == Kind::result_exit ||
                           record->kind == Kind::result_exception ||
                           record->kind == Kind::cancelled;
    if (is_result) {
      const std::string rest = wave_line(*record);
      ListedLine result{.kind = ListedLine::Kind::call,
                        .event = record->event,
                        .failed = is_failure(*record),
                        .text = {}};
      if (open_ && open_->call == record->call && open_->stream == record->stream) {
        result.event = open_->event;
        result.text = line(open_->event, kCalls, open_->text + rest);
        open_.reset();
      } else {
        auto called = called_.find({record->stream, false, record->call});
        const Function* f =
            called == called_.end() ? nullptr : function(record->stream, called->second);
        result.text =
            line(record->event, kCalls,
                 fmt::format("… {} (call {}){}", f ? f->name : "unknown", record->call, rest));
      }
      called_.erase({record->stream, false, record->call});
      return result;
    }
    if (auto waiting = open_ ? flush_line() : std::nullopt) ready_.push_back(std::move(*waiting));
    if (is_call) {
      uint32_t id = 0;
      std::string arguments;
      if (record->kind == Kind::call) {
        REPRISE_ASSIGN(Call call, decode<Call>(record->payload));
        id = call.function;
        arguments = arguments_text(function(record->stream, id), call.arguments);
      } else {
        REPRISE_ASSIGN(CallDigest call, decode<CallDigest>(record->payload));
        id = call.function;
        arguments = fmt::format("(…{} bytes, digest {:0{}x})", call.length, call.digest.value,
                                call.digest.bytes * 2);
      }
      called_[{record->stream, false, record->call}] = id;
      const Function* f = function(record->stream, id);
      open_ = Open{record->event, record->call, record->stream, id,
                   (f ? f->name : "unknown function") + arguments};
      continue;
    }
    ready_.push_back(
        {.kind = line_kind(record->kind), .event = record->event, .text = wave_line(*record)});
  }
}

}  // namespace reprise::replay
