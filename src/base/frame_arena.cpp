#include "reprise/frame_arena.hpp"

#include <cstdlib>
#include <new>

#include "base/check.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REPRISE_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef REPRISE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace reprise {

namespace {

void poison([[maybe_unused]] void* at, [[maybe_unused]] size_t bytes) {
#ifdef REPRISE_ADDRESS_SANITIZER
  __asan_poison_memory_region(at, bytes);
#endif
}

void unpoison([[maybe_unused]] void* at, [[maybe_unused]] size_t bytes) {
#ifdef REPRISE_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(at, bytes);
#endif
}

}  // namespace

FrameArena::~FrameArena() {
  REPRISE_CHECK(counts_.live == 0);
  while (chunks_ != nullptr) {
    Chunk* const chunk = chunks_;
    chunks_ = chunk->next;
    unpoison(chunk, chunk->bytes);
    std::free(chunk);
  }
}

FrameArena::Header* FrameArena::take(size_t bytes) {
  if (bytes > kLargest) {
    ++counts_.chunks;
    return static_cast<Header*>(std::malloc(bytes));
  }
  Free*& list = free_[bytes / kStep];
  if (list != nullptr) {
    Free* const block = list;
    unpoison(block, bytes);
    list = block->next;
    return reinterpret_cast<Header*>(block);
  }
  if (bytes > left_) {
    // What is left of the old chunk stays unused until the arena goes: less than one block.
    auto* chunk = static_cast<Chunk*>(std::malloc(kChunk));
    if (chunk == nullptr) return nullptr;
    *chunk = {chunks_, kChunk};
    chunks_ = chunk;
    next_ = reinterpret_cast<std::byte*>(chunk + 1);
    left_ = kChunk - sizeof(Chunk);
    poison(next_, left_);
    ++counts_.chunks;
  }
  std::byte* const block = next_;
  next_ += bytes;
  left_ -= bytes;
  unpoison(block, bytes);
  return reinterpret_cast<Header*>(block);
}

void FrameArena::give_back(Header* block) {
  const size_t bytes = block->bytes;
  held_ -= bytes;
  --counts_.live;
  if (bytes > kLargest) {
    std::free(block);
    return;
  }
  auto* const item = reinterpret_cast<Free*>(block);
  item->next = free_[bytes / kStep];
  free_[bytes / kStep] = item;
  poison(block, bytes);
}

void* FrameArena::allocate(size_t size) noexcept {
  const size_t bytes = (size + sizeof(Header) + kStep - 1) / kStep * kStep;
  if (allowed_ == 0 || size > kMaxBytes || held_ + bytes > kMaxBytes) return nullptr;
  Header* const block = take(bytes);
  if (block == nullptr) return nullptr;
  if (allowed_ != UINT64_MAX) --allowed_;
  *block = {this, bytes};
  held_ += bytes;
  ++counts_.frames;
  ++counts_.live;
  return block + 1;
}

void* FrameArena::allocate_without_arena(size_t size) noexcept {
  auto* const block = static_cast<Header*>(std::malloc(size + sizeof(Header)));
  if (block == nullptr) return nullptr;
  *block = {nullptr, size + sizeof(Header)};
  return block + 1;
}

void FrameArena::release(void* frame) noexcept {
  Header* const block = static_cast<Header*>(frame) - 1;
  if (block->owner == nullptr) {
    std::free(block);
  } else {
    block->owner->give_back(block);
  }
}

}  // namespace reprise
