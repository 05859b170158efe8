#include "replay/recorded_call.hpp"

#include <unordered_map>

#include "trace/calls.hpp"
#include "trace/reader.hpp"

namespace reprise::replay {

using namespace trace;

namespace {

struct Definition {
  std::string interface;
  std::string name;
  std::string signature;
};

Result<std::optional<uint32_t>> called_function(const Record& record) {
  if (record.kind == Kind::call) {
    REPRISE_ASSIGN(const Call call, decode<Call>(record.payload));
    return call.function;
  }
  if (record.kind == Kind::call_digest) {
    REPRISE_ASSIGN(const CallDigest call, decode<CallDigest>(record.payload));
    return call.function;
  }
  return std::nullopt;
}

Result<std::optional<std::vector<uint8_t>>> result_values(const Record& record) {
  Bytes values;
  if (record.kind == Kind::result) {
    REPRISE_ASSIGN(const CallResult result, decode<CallResult>(record.payload));
    values = result.values;
  } else if (record.kind == Kind::result_of) {
    REPRISE_ASSIGN(const ResultOf result, decode<ResultOf>(record.payload));
    values = result.values;
  } else {
    return std::nullopt;
  }
  return std::vector<uint8_t>(values.begin(), values.end());
}

}  // namespace

Result<std::optional<RecordedCall>> find_recorded_call(const std::string& trace, uint64_t event) {
  REPRISE_ASSIGN(auto reader, Reader::open(trace));
  std::unordered_map<uint32_t, Definition> functions;
  std::optional<RecordedCall> found;
  uint64_t number = kNoCall;
  while (true) {
    REPRISE_ASSIGN(const std::optional<Record> record, reader->next());
    if (!record) return found;
    if (record->kind == Kind::function) {
      REPRISE_ASSIGN(const Function f, decode<Function>(record->payload));
      functions[f.id] = {std::string(f.interface), std::string(f.name), std::string(f.signature)};
    } else if (record->event == event) {
      REPRISE_ASSIGN(const auto id, called_function(*record));
      const auto function = id ? functions.find(*id) : functions.end();
      if (function == functions.end()) return std::nullopt;
      found.emplace();
      found->event = event;
      found->interface = function->second.interface;
      found->name = function->second.name;
      REPRISE_ASSIGN(found->type, wit::parse_func_type(function->second.signature, found->types));
      number = record->call;
    } else if (found && record->call == number &&
               call_effect(record->kind) == CallEffect::closes_call) {
      REPRISE_ASSIGN(found->result, result_values(*record));
      return found;
    }
  }
}

}  // namespace reprise::replay
