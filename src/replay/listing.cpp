#include "replay/listing.hpp"

#include <fmt/format.h>

#include <type_traits>

#include "replay/divergence.hpp"
#include "trace/calls.hpp"
#include "trace/json.hpp"
#include "wit/texts.hpp"

namespace reprise::replay {

using namespace trace;

namespace {

std::string hexadecimal(Bytes bytes) {
  std::string text;
  for (uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

constexpr size_t kNotedBytes = 60;

/// Bytes that are text as a string, shortened; empty for what is none.
std::string readable_text(Bytes bytes) {
  const bool cut = bytes.size() > kNotedBytes;
  if (cut) bytes = bytes.first(kNotedBytes);
  for (int i = 0; cut && i < 3 && !is_utf8(bytes); ++i) bytes = bytes.first(bytes.size() - 1);
  if (!is_utf8(bytes)) return {};
  for (const uint8_t byte : bytes)
    if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f) return {};
  ByteWriter encoded;
  encoded.name(as_text(bytes));
  auto text = wit::to_wave(wit::primitive(wit::TypeKind::string), encoded.view());
  if (!text) return {};
  if (cut) text->insert(text->size() - 1, "…");
  return *text;
}

bool effect_is_on_guest(Kind kind) {
  const CallEffect effect = call_effect(kind);
  return effect == CallEffect::opens_guest_call || effect == CallEffect::closes_guest_call;
}

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

/// " 15000 bytes: "beta\nbeta…"" for each list of bytes that was not shown whole or is text.
std::string Listing::bytes_notes(std::span<const wit::Param> params, Bytes values) const {
  if (format_ != ListingFormat::wave) return {};
  std::vector<wit::Text> texts;
  ByteReader reader(values);
  for (const wit::Param& param : params)
    if (!wit::find_texts(param.type, reader, texts)) return {};
  std::string notes;
  for (const wit::Text& text : texts) {
    if (text.is_string || text.bytes.empty()) continue;
    const std::string readable = readable_text(text.bytes);
    if (readable.empty() && text.bytes.size() <= limits_.max_bytes) continue;
    notes += fmt::format("{} {} bytes{}{}", notes.empty() ? "" : ";", text.bytes.size(),
                         readable.empty() ? "" : ": ", readable);
  }
  return notes;
}

std::string Listing::result_notes(const Function* f, const Record& record) const {
  if (!f || !f->type.result) return {};
  const wit::Param result{{}, f->type.result};
  if (record.kind == Kind::result)
    if (auto call = decode<CallResult>(record.payload))
      return bytes_notes(std::span(&result, 1), call->values);
  if (record.kind == Kind::result_of)
    if (auto call = decode<ResultOf>(record.payload))
      return bytes_notes(std::span(&result, 1), call->values);
  return {};
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
          return line(record.event, "",
                      fmt::format("{} {}", trace::to_string(record.kind), fields_json(r)));
        }
      },
      *any);
  if (record.kind == Kind::guest_return || record.kind == Kind::guest_return_digest ||
      record.kind == Kind::guest_trap || record.kind == Kind::guest_exit)
    settle(true);
  return text;
}

std::string Listing::json_values(std::span<const wit::Param> params, Bytes values) const {
  std::string text;
  ByteReader reader(values);
  for (const wit::Param& param : params) {
    if (!text.empty()) text += ',';
    if (!wit::print_json(param.type, reader, text)) return {};
  }
  return reader.at_end() ? ",\"values\":[" + text + "]" : std::string();
}

/// What the types tell of a record: the function's name, and the values.
std::string Listing::json_call(const Record& record) {
  const bool guest = effect_is_on_guest(record.kind);
  const auto key = std::tuple(record.stream, guest, record.call);
  auto any = decode_any(record.kind, record.payload);
  if (!any) return {};
  return std::visit(
      [&](const auto& r) -> std::string {
        using R = std::decay_t<decltype(r)>;
        constexpr bool kOpens = std::is_same_v<R, Call> || std::is_same_v<R, CallDigest> ||
                                std::is_same_v<R, GuestCall>;
        if constexpr (kOpens) called_[key] = r.function;
        const auto called = called_.find(key);
        if (called == called_.end()) return {};
        const Function* f = function(record.stream, called->second);
        if constexpr (!kOpens) called_.erase(called);
        if (!f) return {};
        std::string more = ",\"name\":" + json_string(f->name);
        if constexpr (std::is_same_v<R, Call> || std::is_same_v<R, GuestCall>) {
          more += json_values(f->type.params, r.arguments);
        } else if constexpr (std::is_same_v<R, CallResult> || std::is_same_v<R, ResultOf> ||
                             std::is_same_v<R, GuestReturn>) {
          const wit::Param result{{}, f->type.result};
          more += json_values(std::span(&result, f->type.result ? 1 : 0), r.values);
        }
        return more;
      },
      *any);
}

std::string Listing::json_line(const Record& record) {
  return to_json(record, record.call == kNoCall ? std::string() : json_call(record));
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

ListedLine Listing::end_call(const Record& record) {
  ListedLine result{.kind = ListedLine::Kind::call,
                    .event = record.event,
                    .failed = is_failure(record),
                    .text = {}};
  const auto called = called_.find({record.stream, false, record.call});
  const Function* f = called == called_.end() ? nullptr : function(record.stream, called->second);
  std::string notes = result_notes(f, record);
  const std::string rest = wave_line(record);
  if (open_ && open_->call == record.call && open_->stream == record.stream) {
    result.event = open_->event;
    result.text = line(open_->event, kCalls, open_->text + rest);
    notes = open_->notes + notes;
    open_.reset();
  } else {
    result.text = line(record.event, kCalls,
                       fmt::format("… {} (call {}){}", f ? f->name : "unknown", record.call, rest));
  }
  if (!notes.empty()) result.text += "  //" + notes;
  if (called != called_.end()) called_.erase(called);
  return result;
}

Result<void> Listing::begin_call(const Record& record) {
  uint32_t id = 0;
  std::string arguments;
  std::string notes;
  if (record.kind == Kind::call) {
    REPRISE_ASSIGN(Call call, decode<Call>(record.payload));
    id = call.function;
    const Function* f = function(record.stream, id);
    arguments = arguments_text(f, call.arguments);
    if (f) notes = bytes_notes(f->type.params, call.arguments);
  } else {
    REPRISE_ASSIGN(CallDigest call, decode<CallDigest>(record.payload));
    id = call.function;
    arguments = fmt::format("(…{} bytes, digest {:0{}x})", call.length, call.digest.value,
                            call.digest.bytes * 2);
  }
  called_[{record.stream, false, record.call}] = id;
  const Function* f = function(record.stream, id);
  open_ = Open{record.event,
               record.call,
               record.stream,
               id,
               (f ? f->name : "unknown function") + arguments,
               std::move(notes)};
  return ok();
}

Result<std::optional<ListedLine>> Listing::next_line() {
  while (true) {
    if (!ready_.empty()) return flush_line();
    REPRISE_ASSIGN(std::optional<Record> record, reader_.next());
    if (!record) return std::nullopt;
    const Role role = role_of(record->kind);
    if (role == Role::definition) REPRISE_TRY(define(*record));
    if (role == Role::side && format_ != ListingFormat::json_whole) continue;
    if (format_ == ListingFormat::json || format_ == ListingFormat::json_whole)
      return ListedLine{.event = record->event, .text = json_line(*record)};
    if (role == Role::definition) {
      if (record->kind == Kind::session_begin || record->kind == Kind::component)
        return ListedLine{.event = record->event, .text = wave_line(*record)};
      continue;
    }
    const CallEffect effect = call_effect(record->kind);
    if (effect == CallEffect::closes_call) return end_call(*record);
    if (auto waiting = open_ ? flush_line() : std::nullopt) ready_.push_back(std::move(*waiting));
    if (effect == CallEffect::opens_call) {
      REPRISE_TRY(begin_call(*record));
      continue;
    }
    ready_.push_back(
        {.kind = line_kind(record->kind), .event = record->event, .text = wave_line(*record)});
  }
}

}  // namespace reprise::replay
