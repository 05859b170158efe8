#include "replay/redactor.hpp"

#include <algorithm>
#include <cstring>

#include "wit/texts.hpp"

namespace reprise::replay {

namespace {

uint32_t four_bytes(const uint8_t* at) {
  uint32_t four;
  std::memcpy(&four, at, sizeof four);
  return four;
}

size_t filter_bit(uint32_t piece, size_t bits) {
  return (piece * uint64_t{0x9e3779b97f4a7c15} >> 40) % bits;
}

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kMaxDigits = 6;

}  // namespace

// "*003", "*000003*****": a star, the secret's number, stars.
std::string Redactor::placeholder_for(std::string_view value) {
  if (auto known = placeholders_.find(value); known != placeholders_.end()) return known->second;
  std::string placeholder(value.size(), '*');
  size_t number = placeholders_.size();
  for (size_t place = std::min(value.size() - 1, kMaxDigits); place > 0; --place) {
    placeholder[place] = kDigits[number % kDigits.size()];
    number /= kDigits.size();
  }
  learn(placeholder, value);
  return placeholder;
}

void Redactor::learn(std::string_view placeholder, std::string_view value) {
  if (!placeholders_.try_emplace(std::string(value), placeholder).second) return;
  add(to_placeholder_, value, placeholder);
  add(to_value_, placeholder, value);
}

void Redactor::add(Substitutions& to, std::string_view from, std::string_view with) {
  auto& list = to[four_bytes(as_bytes(from).data())];
  const auto shorter = std::ranges::find_if(
      list, [&](const auto& other) { return other.first.size() < from.size(); });
  list.emplace(shorter, from, with);
}

void Redactor::substitute(const Substitutions& substitutions, std::span<uint8_t> text) {
  if (substitutions.empty()) return;
  for (size_t at = 0; at + kSought <= text.size();) {
    const auto candidates = substitutions.find(four_bytes(&text[at]));
    size_t taken = 1;
    if (candidates != substitutions.end()) {
      for (const auto& [from, with] : candidates->second) {
        if (!as_text(text.subspan(at)).starts_with(from)) continue;
        std::ranges::copy(with, &text[at]);
        taken = from.size();
        break;
      }
    }
    at += taken;
  }
}

void Redactor::note_pieces(Bytes secret) {
  if (!secret.empty() && secret.size() < kPiece &&
      std::ranges::find(short_, as_text(secret)) == short_.end())
    short_.emplace_back(as_text(secret));
  for (size_t at = 0; at + kPiece <= secret.size(); ++at) {
    const size_t bit = filter_bit(four_bytes(&secret[at]), kFilterBits);
    pieces_[bit / 64] |= uint64_t{1} << (bit % 64);
  }
}

bool Redactor::touches(Bytes text) const {
  for (const std::string& secret : short_)
    if (as_text(text).find(secret) != std::string_view::npos) return true;
  for (size_t at = 0; at + kPiece <= text.size(); ++at) {
    const size_t bit = filter_bit(four_bytes(&text[at]), kFilterBits);
    if (pieces_[bit / 64] >> (bit % 64) & 1) return true;
  }
  return false;
}

std::vector<std::span<uint8_t>> texts_in(std::span<const wit::Type> types,
                                         std::vector<uint8_t>& values) {
  std::vector<wit::Text> found;
  ByteReader reader(values);
  for (const wit::Type type : types)
    if (!wit::find_texts(type, reader, found)) return {};
  std::vector<std::span<uint8_t>> texts;
  for (const auto& [bytes, is_string] : found)
    texts.emplace_back(values.data() + (bytes.data() - values.data()), bytes.size());
  return texts;
}

}  // namespace reprise::replay
