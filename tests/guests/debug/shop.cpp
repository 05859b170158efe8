// A shop whose fault is planted: Cart::add keeps a reference into the vector of lines over a
// push_back, which moves the lines; what is written through it goes to memory that was freed, where
// an order's name lives by now.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

enum class Color : uint8_t { red, green = 4 };

struct Point {
  int x;
  int y;
};

struct Priced {
  virtual ~Priced() = default;
  virtual int64_t price() const = 0;
  int64_t cents = 0;
};

struct Line : Priced {
  Line(std::string name, int64_t each, int amount) : name(std::move(name)), amount(amount) {
    cents = each;
  }
  int64_t price() const override { return cents * amount; }
  std::string name;
  int amount;
  Color color = Color::green;
};

template <class T>
struct Box {
  T value;
  T* self;
};

class Cart {
 public:
  Line& add(std::string_view name, int64_t cents, int amount);
  int64_t total() const;
  bool is_root() const { return parent_ == this; }

  static int made;

 private:
  std::vector<Line> lines_;
  std::optional<int> discount_;
  const Cart* parent_ = this;
};

int Cart::made = 7;

[[gnu::noinline]] Line& Cart::add(std::string_view name, int64_t cents, int amount) {
  if (lines_.empty()) lines_.reserve(1);
  Line& first = lines_.empty() ? lines_.emplace_back("gift card of some kind", 0, 1) : lines_[0];
  lines_.emplace_back(std::string(name), cents, amount);
  first.amount += 1;  // the planted fault: `first` may be where the lines no longer are
  return lines_.back();
}

inline int64_t with_discount(int64_t sum, std::optional<int> percent) {
  return percent ? sum * (100 - *percent) / 100 : sum;
}

[[gnu::noinline]] int64_t Cart::total() const {
  int64_t sum = 0;
  for (const Line& line : lines_) sum += line.price();
  return with_discount(sum, discount_);
}

}  // namespace shop

namespace {

// Where the damage shows: the index came from freed memory.
[[gnu::noinline]] int pick(const std::vector<int>& numbers, int64_t total, shop::Point& where) {
  const int* data = numbers.data();
  where.x = static_cast<int>(total);
  return data[total * 1000000];
}

}  // namespace

extern "C" [[clang::export_name("run")]] int run(int n) {
  shop::Cart cart;
  shop::Line& tea = cart.add("tea", 450, n);
  std::string label = "a label that is too long to be stored inline";
  std::string small = "brief";
  std::array<short, 3> sizes{1, 2, 3};
  shop::Box<double> box{2.5, nullptr};
  box.self = &box.value;
  std::unique_ptr<shop::Point> owned = std::make_unique<shop::Point>(shop::Point{3, -4});
  shop::Point where{1, 2};
  shop::Point* const at = &where;
  std::vector<int> numbers{10, 20, 30};
  std::vector<std::string> words{"one", "two"};
  bool done = false;
  char letter = 'x';
  unsigned char byte = 200;
  auto lambda = [&](int step) { return step + where.y; };
  int64_t total = cart.total() + tea.amount + lambda(1);
  if (n > 5 && cart.is_root()) return pick(numbers, total, *at);
  done = label.size() + small.size() + words.size() > sizes[0] + byte + letter - 100u;
  return static_cast<int>(total) + done + static_cast<int>(*box.self) + owned->x;
}
