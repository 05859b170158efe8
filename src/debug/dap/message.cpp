#include "debug/dap/message.hpp"

#include <fmt/format.h>

#include <charconv>

namespace reprise::debug::dap {

namespace {

constexpr std::string_view kLength = "Content-Length:";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// From the lines of a header.
std::optional<size_t> content_length(std::string_view header) {
  while (!header.empty()) {
    const size_t end = std::min(header.find("\r\n"), header.size());
    std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 2, header.size()));
    if (!line.starts_with(kLength)) continue;
    line.remove_prefix(kLength.size());
    while (line.starts_with(' ')) line.remove_prefix(1);
    size_t length = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), length);
    if (error != std::errc() || rest != line.data() + line.size() || length > kMaxMessage)
      return std::nullopt;
    return length;
  }
  return std::nullopt;
}

}  // namespace

std::string frame_message(std::string_view body) {
  return fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
}

void MessageReader::feed(std::string_view bytes) {
  if (!broken_) buffer_ += bytes;
}

std::optional<std::string> MessageReader::next() {
  if (broken_) return std::nullopt;
  const size_t end = buffer_.find(kHeaderEnd);
  if (end == std::string::npos) {
    broken_ = buffer_.size() > kMaxHeader;
    return std::nullopt;
  }
  const auto length = content_length(std::string_view(buffer_).substr(0, end));
  if (!length) {
    broken_ = true;
    return std::nullopt;
  }
  const size_t begin = end + kHeaderEnd.size();
  if (buffer_.size() - begin < *length) return std::nullopt;
  std::string body = buffer_.substr(begin, *length);
  buffer_.erase(0, begin + *length);
  return body;
}

}  // namespace reprise::debug::dap
