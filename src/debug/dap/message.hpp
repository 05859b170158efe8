// Messages of the Debug Adapter Protocol: a header, an empty line, and a JSON object.
//
//   Content-Length: 119\r\n
//   \r\n
//   {"seq": 153, "type": "request", "command": "next", "arguments": {"threadId": 1}}

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reprise::debug::dap {

inline constexpr size_t kMaxMessage = 16 << 20;
inline constexpr size_t kMaxHeader = 4096;

/// With its header.
std::string frame_message(std::string_view body);

/// Takes a stream of bytes apart, however it was cut.
class MessageReader {
 public:
  void feed(std::string_view bytes);
  /// The next body that has come whole.
  std::optional<std::string> next();
  /// What came is not of the protocol: there is no knowing where the next message begins.
  bool is_broken() const { return broken_; }

 private:
  std::string buffer_;
  bool broken_ = false;
};

}  // namespace reprise::debug::dap
