// Records as JSON Lines: for `trace cat --json`, and for comparing readers. Field names and their
// order are those of records.def; bytes are hexadecimal text, numbers are JSON numbers up to 2^64
// - 1.

#pragma once

#include <string>
#include <string_view>

#include "trace/reader.hpp"

namespace reprise::trace {

/// {"stream":0,"event":3,"kind":"call","call":0,"fields":{"function":1,"arguments":"2a00"}}
/// without a newline. A record that does not decode has "error" in place of "fields"; one of a kind
/// that is not known has "number" and "payload". `more` is members to be put behind the others,
/// each with a comma before it: what is known from elsewhere.
std::string to_json(const Record& record, std::string_view more = {});
/// The fields alone: {"function":1,"arguments":"2a00"}
std::string fields_json(const AnyRecord& record);

/// `text` as a JSON string with its quotes.
std::string json_string(std::string_view text);

}  // namespace reprise::trace
