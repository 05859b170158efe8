// Meters that keep a history of what they measured, and one that is used after it was removed.

#include <cstdio>
#include <cstring>
#include <vector>

struct Meter {
  explicit Meter(int size) : history(new int[size]), size(size) {}
  ~Meter() { delete[] history; }

  void record(int value) {
    history[used % size] = value;
    ++used;
  }
  int last() const { return history[(used - 1) % size]; }

  int* history;
  int size;
  int used = 0;
};

struct Label {
  char text[sizeof(Meter)];
};

class Panel {
 public:
  void add(Meter* meter) { meters_.push_back(meter); }
  void remove(int index) { delete meters_[index]; }  // but it stays in the list
  Label* label(const char* text) {
    Label* label = new Label;
    std::strncpy(label->text, text, sizeof label->text);
    return label;
  }
  int sum() const {
    int sum = 0;
    for (const Meter* meter : meters_) sum += meter->last();
    return sum;
  }

 private:
  std::vector<Meter*> meters_;
};

int main() {
  Panel panel;
  for (int i = 0; i < 3; ++i) {
    Meter* meter = new Meter(8);
    for (int j = 0; j < 20; ++j) meter->record(i * j);
    panel.add(meter);
  }
  panel.remove(1);
  const Label* label = panel.label("pressure");
  std::puts(label->text);
  return panel.sum() > 0 ? 0 : 1;
}
