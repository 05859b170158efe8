#include "replay/omission.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::replay {

namespace {

constexpr uint8_t kStar = '*';

/// The value in "NAME=value".
std::span<uint8_t> after_name(std::span<uint8_t> text) {
  const size_t split = as_text(text).find('=');
  return split == std::string_view::npos ? std::span<uint8_t>{} : text.subspan(split + 1);
}

/// The variables that a call gave out, as name and value: pairs of strings, or "NAME=value".
std::vector<std::pair<std::string, std::span<uint8_t>>> variables_in(
    const Source& source, const std::vector<std::span<uint8_t>>& texts) {
  std::vector<std::pair<std::string, std::span<uint8_t>>> variables;
  const wit::Type result = source.results[0];
  const bool pairs = result->kind == wit::TypeKind::list;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (pairs) {
      if (i % 2 == 1) variables.emplace_back(as_text(texts[i - 1]), texts[i]);
    } else {
      const std::string_view text = as_text(texts[i]);
      variables.emplace_back(text.substr(0, text.find('=')), after_name(texts[i]));
    }
  }
  return variables;
}

/// The bytes that a read gave; nothing if it failed.
std::span<uint8_t> bytes_read(const std::vector<std::span<uint8_t>>& texts) {
  return texts.size() == 1 ? texts[0] : std::span<uint8_t>{};
}

bool reads_bytes(StreamRole role) {
  return role == StreamRole::read || role == StreamRole::fd_read || role == StreamRole::fd_pread;
}

}  // namespace

std::vector<std::string> Omissions::names() const {
  std::vector<std::string> names;
  if (environment) names.emplace_back("env");
  if (arguments) names.emplace_back("args");
  if (input) names.emplace_back("stdin");
  return names;
}

Omissions Omissions::named(const std::vector<std::string>& names) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  return {.environment = has("env"), .arguments = has("args"), .input = has("stdin")};
}

Source::Source(std::string_view interface, std::string_view name, const wit::FuncType& type)
    : stream(stream_role_of(interface, name)) {
  const std::string_view plain = interface.substr(0, interface.find('@'));
  if (plain == "wasi:cli/environment" && name == "get-environment") gives = Gives::environment;
  if (plain == "wasi:cli/environment" && name == "get-arguments") gives = Gives::arguments;
  if (plain == "wasi_snapshot_preview1" && name == "environ_get") gives = Gives::environment;
  if (plain == "wasi_snapshot_preview1" && name == "args_get") gives = Gives::arguments;
  for (const wit::Param& param : type.params) params.push_back(param.type);
  if (type.result) results.push_back(type.result);
  if (results.empty()) gives = Gives::other;
}

// ---- Open calls ----

void OpenSources::enter(uint64_t call, const Source& source, Bytes arguments) {
  open_[call] = {&source,
                 {arguments.begin(), arguments.end()},
                 streams_.of(source.stream, arguments) == Stream::in};
}

OpenSources::Call OpenSources::settle(uint64_t call, Bytes results) {
  auto node = open_.extract(call);
  if (!node) return {};
  Call settled = std::move(node.mapped());
  streams_.called(settled.source->stream, settled.arguments, results);
  return settled;
}

bool OpenSources::splices_input() const {
  return std::ranges::any_of(open_, [](const auto& entry) {
    return entry.second.reads_input && entry.second.source->stream == StreamRole::splice;
  });
}

// ---- Recording ----

Omitter::Told Omitter::told(std::span<const wit::Type> types, Bytes values) const {
  Told told{{values.begin(), values.end()}, false};
  for (const std::span<uint8_t> text : texts_in(types, told.values)) {
    redactor_.hide(text);
    told.touched |= redactor_.touches(text);
  }
  return told;
}

std::string Omitter::told(std::string_view text) const {
  std::string hidden(text);
  const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(hidden.data()), hidden.size());
  redactor_.hide(bytes);
  return redactor_.touches(bytes) ? "(left out)" : hidden;
}

void Omitter::hide_value(std::span<uint8_t> value) {
  redactor_.note_pieces(value);
  if (value.size() < Redactor::kSought) {
    std::ranges::fill(value, kStar);
  } else {
    std::ranges::copy(redactor_.placeholder_for(as_text(value)), value.begin());
  }
}

bool Omitter::hide_given(const Source& source, const std::vector<std::span<uint8_t>>& texts) {
  if (source.gives == Source::Gives::environment && what_.environment) {
    for (const auto& [name, value] : variables_in(source, texts)) hide_value(value);
    return true;
  }
  if (source.gives == Source::Gives::arguments && what_.arguments) {
    for (size_t i = 1; i < texts.size(); ++i) hide_value(texts[i]);
    return true;
  }
  return false;
}

std::vector<uint8_t> Omitter::answer(uint64_t call, Bytes values) {
  std::vector<uint8_t> hidden(values.begin(), values.end());
  const OpenSources::Call settled = calls_.settle(call, values);
  if (!settled.source) return hidden;
  auto texts = texts_in(settled.source->results, hidden);
  if (settled.reads_input && what_.input && reads_bytes(settled.source->stream)) {
    const std::span<uint8_t> read = bytes_read(texts);
    redactor_.note_pieces(read);
    std::ranges::fill(read, kStar);
  } else if (!hide_given(*settled.source, texts)) {
    for (const std::span<uint8_t> text : texts) redactor_.hide(text);
  }
  return hidden;
}

std::vector<uint8_t> Omitter::passed(Bytes bytes) const {
  std::vector<uint8_t> hidden(bytes.begin(), bytes.end());
  if (what_.input && calls_.splices_input()) {
    std::ranges::fill(hidden, kStar);
  } else {
    redactor_.hide(hidden);
  }
  return hidden;
}

// ---- Replaying ----

std::vector<uint8_t> Restorer::told(std::span<const wit::Type> types, Bytes values) const {
  std::vector<uint8_t> hidden(values.begin(), values.end());
  for (const std::span<uint8_t> text : texts_in(types, hidden)) redactor_.hide(text);
  return hidden;
}

std::vector<uint8_t> Restorer::entering(std::span<const wit::Type> types, Bytes values) const {
  std::vector<uint8_t> revealed(values.begin(), values.end());
  for (const std::span<uint8_t> text : texts_in(types, revealed)) redactor_.reveal(text);
  return revealed;
}

Result<void> Restorer::restore_value(std::string_view what, std::span<uint8_t> value,
                                     std::string_view with) {
  if (with.size() != value.size())
    return fail(ErrorKind::usage,
                fmt::format("{} had {} bytes in the recorded run, and the one given here has {}",
                            what, value.size(), with.size()));
  if (with.size() >= Redactor::kSought) redactor_.learn(as_text(value), with);
  std::ranges::copy(with, value.begin());
  return ok();
}

Result<bool> Restorer::restore_given(const Source& source,
                                     const std::vector<std::span<uint8_t>>& texts) {
  if (source.gives == Source::Gives::environment && what_.environment) {
    if (!supplied_.environment) return true;
    for (const auto& [name, value] : variables_in(source, texts)) {
      const auto found = std::ranges::find(*supplied_.environment, name,
                                           &std::pair<std::string, std::string>::first);
      if (found != supplied_.environment->end())
        REPRISE_TRY(restore_value(fmt::format("the variable {}", name), value, found->second));
    }
    return true;
  }
  if (source.gives == Source::Gives::arguments && what_.arguments) {
    if (!supplied_.arguments) return true;
    const size_t recorded = texts.empty() ? 0 : texts.size() - 1;
    if (supplied_.arguments->size() != recorded)
      return fail(ErrorKind::usage,
                  fmt::format("the recorded run had {} arguments, and {} are given here", recorded,
                              supplied_.arguments->size()));
    for (size_t i = 0; i < recorded; ++i)
      REPRISE_TRY(restore_value(fmt::format("argument {}", i + 1), texts[i + 1],
                                (*supplied_.arguments)[i]));
    return true;
  }
  return false;
}

Result<void> Restorer::take_input(std::span<uint8_t> out) {
  const std::vector<uint8_t>& input = *supplied_.input;
  if (out.size() > input.size() - input_at_)
    return fail(ErrorKind::usage,
                fmt::format("the recorded run read more of standard input than the {} bytes given "
                            "here",
                            input.size()));
  std::copy_n(input.begin() + static_cast<ptrdiff_t>(input_at_), out.size(), out.begin());
  input_at_ += out.size();
  return ok();
}

Result<std::vector<uint8_t>> Restorer::answer(uint64_t call, Bytes values) {
  std::vector<uint8_t> revealed(values.begin(), values.end());
  const OpenSources::Call settled = calls_.settle(call, values);
  if (!settled.source) return revealed;
  auto texts = texts_in(settled.source->results, revealed);
  const StreamRole role = settled.source->stream;
  if (settled.reads_input && what_.input) {
    if (!supplied_.input) return revealed;
    if (reads_bytes(role)) REPRISE_TRY(take_input(bytes_read(texts)));
    if (role == StreamRole::skip && values.size() == 9 && values[0] == 0) {
      std::vector<uint8_t> skipped(std::min<uint64_t>(
          ByteReader(values.subspan(1)).u64_le().value_or(0), supplied_.input->size() - input_at_));
      REPRISE_TRY(take_input(skipped));
    }
    return revealed;
  }
  REPRISE_ASSIGN(const bool given, restore_given(*settled.source, texts));
  if (!given)
    for (const std::span<uint8_t> text : texts) redactor_.reveal(text);
  return revealed;
}

Result<std::vector<uint8_t>> Restorer::passed(Bytes bytes) {
  std::vector<uint8_t> revealed(bytes.begin(), bytes.end());
  if (what_.input && supplied_.input && calls_.splices_input()) {
    REPRISE_TRY(take_input(revealed));
  } else {
    redactor_.reveal(revealed);
  }
  return revealed;
}

}  // namespace reprise::replay
