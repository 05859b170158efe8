// What suspension.py must refuse, line by line, and what it must let pass. Never compiled into
// anything: a comment at the end of a line names what is refused there.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reprise/task.hpp"

namespace reprise {

Task<> wait(Suspend& suspend);
Task<int> number(Suspend& suspend);
void use(int value);
void use_both(int a, int b);

struct Plain {
  int value = 0;
};
struct HoldsPointer {
  Plain* target = nullptr;
};
struct HoldsView {
  std::vector<std::string_view> names;
};
struct Guard {
  explicit Guard(Plain& plain) : plain_(&plain) {}
  ~Guard();
  Plain* plain_;
};

// ---- parameters ----

Task<> parameters(Suspend& suspend, Plain& reference,  // refused: reference
                  const Plain* pointer,                // refused: pointer
                  std::string_view view,               // refused: view
                  HoldsPointer holder,                 // refused: holder
                  std::string owned, std::shared_ptr<Plain> shared) {
  co_await wait(suspend);
  use(reference.value + pointer->value + static_cast<int>(view.size() + owned.size()));
  use(shared->value + holder.target->value);
}

Task<int> no_await_but_lazy(std::span<const int> numbers) {  // refused: numbers
  co_return numbers[0];
}

// ---- local variables ----

Task<> locals(Suspend& suspend, Plain plain, std::vector<Plain> list) {
  Plain& reference = plain;              // refused: reference
  const Plain* pointer = &plain;         // refused: pointer
  std::span<Plain> view = list;          // refused: view
  auto iterator = list.begin();          // refused: iterator
  std::optional<Plain*> maybe = &plain;  // refused: maybe
  HoldsView holder{};                    // refused: holder
  std::function<void()> function;
  Guard guard(plain);
  Plain& not_used_later = plain;
  use(not_used_later.value);
  co_await wait(suspend);
  Plain& made_later = plain;
  use(reference.value + pointer->value + iterator->value + (*maybe)->value + made_later.value);
  use(static_cast<int>(view.size() + holder.names.size()));
  if (function) use(guard.plain_->value);
}

Task<> bindings(Suspend& suspend, std::pair<int, int> pair) {
  auto& [first, second] = pair;  // refused: first
  co_await wait(suspend);
  use(first);
}

Task<> loops(Suspend& suspend, Plain plain) {
  Plain& outside = plain;  // refused: outside
  while (plain.value < 3) {
    Plain& inside = plain;
    use(outside.value + inside.value);
    co_await wait(suspend);
  }
}

Task<> ranges(Suspend& suspend, std::vector<int> list) {
  for (int item : list) {  // refused: for
    use(item);
    co_await wait(suspend);
  }
  for (int item : list) use(item);
}

Task<> locks(Suspend& suspend, std::shared_ptr<std::mutex> mutex) {
  {
    std::lock_guard held(*mutex);  // refused: held
    co_await wait(suspend);
  }
  {
    std::unique_lock released(*mutex);
    use(1);
  }
  NoSuspend region(suspend);  // refused: region
  co_await wait(suspend);
}

Task<> same_expression(Suspend& suspend, Plain plain) {
  Plain& early = plain;  // refused: early
  use_both(early.value, co_await number(suspend));
  Plain& argument = plain;
  use(co_await [](int) -> Task<int> { co_return 1; }(argument.value));
}

Task<int> leaving(Suspend& suspend, Plain plain) {
  Plain& local = plain;
  if (plain.value == 0) co_return co_await number(suspend);
  co_return local.value;
}

// ---- objects and closures ----

class Object {
 public:
  Task<> implicit(Suspend& suspend) {  // refused: this
    co_await wait(suspend);
    use(member_);
  }
  Task<> explicitly(Suspend& suspend) {  // refused: this
    co_await wait(suspend);
    use(this->member_);
  }
  Task<> none(Suspend& suspend) { co_await wait(suspend); }
  static Task<> without_object(Suspend& suspend) { co_await wait(suspend); }

  // outlives: this: whoever starts the task keeps the object until it is done
  Task<> excused(Suspend& suspend) {
    co_await wait(suspend);
    use(member_);
  }

 private:
  int member_ = 0;
};

void closures(Suspend& suspend) {
  int counted = 0;
  auto by_reference = [&counted](Suspend& s) -> Task<> {  // refused: counted
    co_await wait(s);
    use(counted);
  };
  auto by_value = [counted](Suspend& s) -> Task<> {  // refused: counted
    co_await wait(s);
    use(counted);
  };
  auto without = [](Suspend& s, int owned) -> Task<> {
    co_await wait(s);
    use(owned);
  };
  by_reference(suspend).start();
  by_value(suspend).start();
  without(suspend, 1).start();
}

template <class T>
Task<> generic(Suspend& suspend, T& parameter, T value) {  // refused: parameter
  T& local = value;                                        // refused: local
  co_await wait(suspend);
  use(local.value + parameter.value);
}

// ---- excuses ----

Task<> excused(Suspend& suspend, Plain& plain) {
  // outlives: plain: it is a constant of the program
  co_await wait(suspend);
  use(plain.value);
}

Task<> stale(Suspend& suspend) {
  // outlives: nobody: there is no such name here  // refused: nobody
  co_await wait(suspend);
}

Task<> terse(Suspend& suspend, Plain& plain) {
  // outlives: plain: trust me  // refused: reason
  co_await wait(suspend);
  use(plain.value);
}

}  // namespace reprise
