#include "runtime/module_image.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "runtime/code.hpp"

namespace reprise::runtime {

namespace {

constexpr uint64_t kPageBytes = 65536;
/// A memory with less data than this is filled by copying.
constexpr size_t kLeastImage = 16 * 1024;
/// Nor is more than this kept for a module.
constexpr uint64_t kGreatestImage = uint64_t{1} << 32;
constexpr size_t kGreatestTable = 1'000'000;

std::optional<uint64_t> constant(const wasm::Module& module,
                                 const wasm::ConstExpression& expression) {
  const auto code = module.code(expression);
  if (code.size() != 1) return std::nullopt;
  if (code[0].op == wasm::Opcode::i32_const) return static_cast<uint32_t>(code[0].bits);
  if (code[0].op == wasm::Opcode::i64_const) return code[0].bits;
  return std::nullopt;
}

bool fits(uint64_t offset, uint64_t length, uint64_t size) {
  return length <= size && offset <= size - length;
}

struct Piece {
  uint64_t offset;
  Bytes bytes;
};

bool write_all(int fd, Bytes bytes, uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(n));
    at += static_cast<uint64_t>(n);
  }
  return true;
}

/// Null if the system has no such files, or no more of them.
std::shared_ptr<const DataImage> make_image(const std::vector<Piece>& pieces) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  uint64_t begin = UINT64_MAX;
  uint64_t end = 0;
  for (const Piece& piece : pieces) {
    begin = std::min(begin, piece.offset / page * page);
    end = std::max(end, (piece.offset + piece.bytes.size() + page - 1) / page * page);
  }
  const int fd = memfd_create("reprise-data", MFD_CLOEXEC);
  if (fd < 0) return nullptr;
  auto image = std::make_shared<const DataImage>(fd, begin, end - begin);
  if (ftruncate(fd, static_cast<off_t>(end - begin)) != 0) return nullptr;
  for (const Piece& piece : pieces)
    if (!write_all(fd, piece.bytes, piece.offset - begin)) return nullptr;
  return image;
}

bool add_data(const wasm::Module& module, ModuleImage& image) {
  const size_t own = module.memories.size() - module.imported_memories;
  std::vector<std::vector<Piece>> pieces(own);
  std::vector<uint64_t> sizes(own);
  for (const wasm::DataSegment& segment : module.data) {
    if (segment.mode != wasm::SegmentMode::active) continue;
    if (segment.memory < module.imported_memories) return false;
    const size_t memory = segment.memory - module.imported_memories;
    const auto offset = constant(module, segment.offset);
    const uint64_t pages = module.memories[segment.memory].limits.minimum;
    if (!offset || pages > kGreatestImage / kPageBytes ||
        !fits(*offset, segment.bytes.size(), pages * kPageBytes))
      return false;
    if (segment.bytes.empty()) continue;
    pieces[memory].push_back({*offset, segment.bytes});
    sizes[memory] += segment.bytes.size();
  }
  for (size_t i = 0; i < own; ++i) {
    if (pieces[i].empty()) continue;
    if (sizes[i] < kLeastImage) return false;
    image.memories[i] = make_image(pieces[i]);
    if (image.memories[i] == nullptr) return false;
  }
  return true;
}

bool add_elements(const wasm::Module& module, ModuleImage& image) {
  const size_t own = module.tables.size() - module.imported_tables;
  std::vector<ElementImage> tables(own);
  for (const wasm::ElementSegment& segment : module.elements) {
    if (segment.mode != wasm::SegmentMode::active) continue;
    if (segment.table < module.imported_tables || !segment.expressions.empty()) return false;
    const wasm::Table& table = module.tables[segment.table];
    const uint64_t size = table.type.limits.minimum;
    const auto offset = constant(module, segment.offset);
    if (!offset || table.initial || size > kGreatestTable ||
        !fits(*offset, segment.functions.size(), size))
      return false;
    ElementImage& elements = tables[segment.table - module.imported_tables];
    elements.resize(size);
    for (size_t i = 0; i < segment.functions.size(); ++i)
      elements[*offset + i] = segment.functions[i] + 1;
  }
  for (size_t i = 0; i < own; ++i)
    if (!tables[i].empty())
      image.tables[i] = std::make_shared<const ElementImage>(std::move(tables[i]));
  return true;
}

}  // namespace

const ModuleImage* ModuleCode::image_for_instance() {
  if (instances_.fetch_add(1, std::memory_order_relaxed) == 0) return nullptr;
  std::call_once(imaged_, [this] {
    image_ = std::make_shared<const ModuleImage>(make_module_image(module()));
  });
  return image_.get();
}

DataImage::~DataImage() {
  close(fd_);
}

ModuleImage make_module_image(const wasm::Module& module) {
  ModuleImage image;
  image.memories.resize(module.memories.size() - module.imported_memories);
  image.tables.resize(module.tables.size() - module.imported_tables);
  image.has_data = add_data(module, image);
  image.has_elements = add_elements(module, image);
  return image;
}

}  // namespace reprise::runtime
