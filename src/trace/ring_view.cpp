#include "trace/ring_view.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "trace/os_error.hpp"
#include "trace/record.hpp"

namespace reprise::trace {
namespace {

// What the writer may have been storing behind the committed end: one reservation.
constexpr uint64_t kInFlight = kMaxPayload + kMaxFraming;

uint64_t u64_at(const uint8_t* page, size_t offset) {
  uint64_t v;
  std::memcpy(&v, page + offset, sizeof v);
  return v;
}

uint32_t u32_at(const uint8_t* page, size_t offset) {
  uint32_t v;
  std::memcpy(&v, page + offset, sizeof v);
  return v;
}

std::string text_at(const uint8_t* page, size_t offset, size_t length, size_t limit) {
  const std::string_view text(reinterpret_cast<const char*>(page + offset),
                              std::min(length, limit));
  return to_utf8(text);
}

}  // namespace

Result<std::unique_ptr<RingView>> RingView::open(const std::string& path) {
  std::unique_ptr<RingView> view(new RingView);
  view->fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (view->fd_ < 0) return os_error("open the ring", path);
  view->path_ = path;
  uint8_t page[kRingPageSize];
  REPRISE_TRY(view->read_at(0, page, sizeof page));
  view->capacity_ = u64_at(page, offsetof(RingPage, capacity));
  if (std::memcmp(page, kRingMagic, sizeof kRingMagic) != 0 ||
      u32_at(page, offsetof(RingPage, version)) != 1 || !std::has_single_bit(view->capacity_) ||
      view->capacity_ < kMinRingCapacity || view->capacity_ > kMaxRingCapacity) {
    return fail(ErrorKind::malformed, path + " is not the ring of a recording");
  }
  view->stream_ = u32_at(page, offsetof(RingPage, stream));
  std::memcpy(view->session_.data(), page + offsetof(RingPage, session), view->session_.size());
  view->trace_ = text_at(page, offsetof(RingPage, trace),
                         u32_at(page, offsetof(RingPage, trace_length)), RingPage::kTraceLimit);
  return view;
}

RingView::~RingView() {
  if (fd_ >= 0) ::close(fd_);
}

bool RingView::writer_lives() const {
  if (::flock(fd_, LOCK_SH | LOCK_NB) != 0) return true;
  ::flock(fd_, LOCK_UN);
  return false;
}

Result<void> RingView::read_at(uint64_t offset, void* out, size_t n) {
  auto* to = static_cast<uint8_t*>(out);
  while (n > 0) {
    const ssize_t got = ::pread(fd_, to, n, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error("read the ring", path_);
    if (got == 0) return fail(ErrorKind::malformed, "the ring " + path_ + " is too short");
    to += got;
    offset += static_cast<uint64_t>(got);
    n -= static_cast<size_t>(got);
  }
  return ok();
}

Result<RingView::State> RingView::state() {
  uint8_t page[kRingPageSize];
  REPRISE_TRY(read_at(0, page, sizeof page));
  State state;
  // In this order: drained never passes the committed that is read after it.
  state.drained = u64_at(page, offsetof(RingPage, drained));
  state.committed = u64_at(page, offsetof(RingPage, committed));
  const uint64_t number = u64_at(page, offsetof(RingPage, state));
  if (number <= static_cast<uint64_t>(RingState::stopped)) {
    state.state = static_cast<RingState>(number);
  }
  state.reason = text_at(page, offsetof(RingPage, reason),
                         u32_at(page, offsetof(RingPage, reason_length)), RingPage::kReasonLimit);
  return state;
}

Result<bool> RingView::read(uint64_t position, uint64_t limit, std::vector<uint8_t>& out) {
  REPRISE_ASSIGN(const State before, state());
  if (position >= before.committed) return false;
  if (before.committed - position > capacity_) return false;
  const uint64_t n = std::min(limit, before.committed - position);
  const size_t old_size = out.size();
  out.resize(old_size + n);
  const uint64_t at = position & (capacity_ - 1);
  const uint64_t first = std::min(n, capacity_ - at);
  REPRISE_TRY(read_at(kRingPageSize + at, out.data() + old_size, first));
  if (first < n) REPRISE_TRY(read_at(kRingPageSize, out.data() + old_size + first, n - first));
  // Intact if the writer cannot have come round to them while they were copied: it stores nothing
  // beyond a capacity after what is drained, nor beyond one reservation after what is committed.
  REPRISE_ASSIGN(const State after, state());
  const bool not_drained = after.drained <= position;
  const bool not_reached =
      after.committed + kInFlight <= position + capacity_ && after.committed >= before.committed;
  if (not_drained || not_reached) return true;
  out.resize(old_size);
  return false;
}

bool is_being_recorded(const std::string& trace_path) {
  const std::string ring = find_ring(trace_path);
  if (ring.empty()) return false;
  const auto view = RingView::open(ring);
  return view && (*view)->writer_lives();
}

}  // namespace reprise::trace
