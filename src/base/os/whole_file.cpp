#include "base/os/whole_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace reprise {

namespace {

struct Close {
  void operator()(std::FILE* file) const {
    if (file != stdin && file != stdout) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, Close>;

std::unexpected<Error> io_error(const std::string& path) {
  return fail(ErrorKind::io, path + ": " + std::strerror(errno));
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) return io_error(path);
  std::string text;
  char buffer[1 << 16];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, file.get())) text.append(buffer, n);
  if (std::ferror(file.get())) return io_error(path);
  return text;
}

Result<std::vector<uint8_t>> read_bytes(const std::string& path) {
  REPRISE_ASSIGN(const std::string text, read_file(path));
  return std::vector<uint8_t>(text.begin(), text.end());
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  File file(path == "-" ? stdout : std::fopen(path.c_str(), "wb"));
  if (!file) return io_error(path);
  if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size() ||
      std::fflush(file.get()) != 0) {
    return io_error(path);
  }
  return ok();
}

}  // namespace reprise
