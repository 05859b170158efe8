// Limiters: who is asked before a guest, or the host, gets more of something.
//
//   class Budget final : public Limiter {
//    public:
//     bool allow(const ResourceRequest& request) override { return request.to <= 100; }
//   };
//   std::shared_ptr<Limiter> budget = std::make_shared<Budget>();
//   store.set_limiter(budget);
//
// An AsyncLimiter may answer later: its allow() is a coroutine, or answers at once without being
// one. Whatever asked is parked meanwhile, as data; the rest of the store goes on.
//
//   class Quota final : public AsyncLimiter {
//    public:
//     Decision allow(Suspend& suspend, ResourceRequest request) override {
//       if (request.to <= held_) return true;
//       return ask_the_service(suspend, request);   // Task<bool>
//     }
//     uint64_t held_ = 0;
//   };
//
// Limits (store.hpp) are numbers, checked before; what they refuse is never asked about. A limiter
// sees plans only: it has no way to the store, and cannot change what it is asked about.
//
// Thread rules: called on the store's thread.

#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include "reprise/task.hpp"

namespace reprise {

/// What is wanted, as plain data.
struct ResourceRequest {
  enum class What : uint8_t {
    memory,    // a memory's growth: `from` and `to` in pages of 64 KiB
    table,     // a table's: in elements
    instance,  // a new core instance: the four counts below
    heap,      // the heap of garbage-collected objects, also its first use: in bytes
  };
  What what = What::memory;
  /// Of the memory or table: its number in the store, in order of creation.
  uint32_t index = 0;
  uint64_t from = 0;
  uint64_t to = 0;

  uint32_t memories = 0;
  uint32_t tables = 0;
  uint64_t memory_pages = 0;
  uint64_t table_elements = 0;

  bool operator==(const ResourceRequest&) const = default;
};

class Limiter {
 public:
  virtual ~Limiter() = default;
  virtual bool allow(const ResourceRequest& request) = 0;
  /// What came of a request that was made: also false when the system refused, or the request was
  /// cancelled. Who keeps accounts corrects them here.
  virtual void settled(const ResourceRequest& request, bool done) {
    static_cast<void>(request);
    static_cast<void>(done);
  }
};

/// Yes, no, or a Task that will say.
class Decision {
 public:
  Decision(bool allowed) : answer_(allowed) {}             // NOLINT(google-explicit-constructor)
  Decision(Task<bool> task) : answer_(std::move(task)) {}  // NOLINT(google-explicit-constructor)

  std::variant<bool, Task<bool>>& answer() { return answer_; }

 private:
  std::variant<bool, Task<bool>> answer_;
};

class AsyncLimiter {
 public:
  virtual ~AsyncLimiter() = default;
  virtual Decision allow(Suspend& suspend, ResourceRequest request) = 0;
  virtual void settled(const ResourceRequest& request, bool done) {
    static_cast<void>(request);
    static_cast<void>(done);
  }
};

}  // namespace reprise
