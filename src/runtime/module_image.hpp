// What every instance of a module begins with: the contents of its memories and tables, made once.
//
// Where all active segments of a module have offsets that are constants and fit into memories and
// tables of its own, the state behind them is the same for every instance. Then a memory's first
// contents stand in a file in memory, of which each instance maps a private copy: pages are copied
// when they are first written, and shared until then. And a table's elements stand in a list of
// function indices, from which each instance takes what it needs when it needs it (table.hpp).
//
// It is made when a module is instantiated for the second time. A program that is run once writes
// its segments, which is cheaper.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "reprise/result.hpp"
#include "wasm/module.hpp"

namespace reprise::runtime {

/// First contents of a memory, from begin() on; whole pages of the system.
class DataImage {
 public:
  DataImage(int fd, size_t begin, size_t size) : fd_(fd), begin_(begin), size_(size) {}
  ~DataImage();
  DataImage(const DataImage&) = delete;
  DataImage& operator=(const DataImage&) = delete;

  int fd() const { return fd_; }
  size_t begin() const { return begin_; }
  size_t size() const { return size_; }

 private:
  int fd_;
  size_t begin_;
  size_t size_;
};

/// First elements of a table: 0 for null, else one more than a function's index.
using ElementImage = std::vector<uint32_t>;

struct ModuleImage {
  /// By own memory; null: all zero.
  std::vector<std::shared_ptr<const DataImage>> memories;
  /// By own table; null: all null.
  std::vector<std::shared_ptr<const ElementImage>> tables;
  /// Whether these hold: all active segments of that kind are in them.
  bool has_data = false;
  bool has_elements = false;
};

ModuleImage make_module_image(const wasm::Module& module);

}  // namespace reprise::runtime
