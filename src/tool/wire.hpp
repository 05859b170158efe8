// A client of the debugger: bytes both ways, over standard input and output or a socket. Reading
// waits; hang_up() from another thread ends that, as if the client had gone.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "reprise/result.hpp"

namespace reprise::tool {

class Wire {
 public:
  static Result<std::unique_ptr<Wire>> standard_streams();
  /// Listens on 127.0.0.1, says on which port on standard error, and takes the first client. Port 0
  /// is any that is free.
  static Result<std::unique_ptr<Wire>> accept_one(uint16_t port);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Waits for bytes; 0 when the client has gone.
  size_t read(std::span<char> buffer);
  void write(std::string_view bytes);
  void hang_up();

 private:
  Wire(int in, int out, int wake_read, int wake_write)
      : in_(in), out_(out), wake_read_(wake_read), wake_write_(wake_write) {}
  static Result<std::unique_ptr<Wire>> over(int in, int out);

  int in_, out_;
  int wake_read_, wake_write_;  // a pipe
};

}  // namespace reprise::tool
