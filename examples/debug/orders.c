// A shop's orders, and a name that is too long for its field.

#include <stdio.h>
#include <string.h>

struct item {
  const char* name;
  int price;
};

struct order {
  char customer[8];
  const struct item* item;
  int quantity;
};

static const struct item kItems[] = {{"lamp", 40}, {"desk", 120}, {"chair", 60}};

static void set_customer(struct order* order, const char* name) {
  int i = 0;
  for (; name[i] != 0; ++i) order->customer[i] = name[i];
  order->customer[i] = 0;
}

static int cost(const struct order* order) {
  return order->item->price * order->quantity;
}

static int total(const struct order* orders, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += cost(&orders[i]);
  return sum;
}

int main(void) {
  const char* const names[] = {"Ada", "Katherine J.", "Grace"};
  struct order orders[3];
  for (int i = 0; i < 3; ++i) {
    orders[i].item = &kItems[i];
    orders[i].quantity = i + 1;
    set_customer(&orders[i], names[i]);
  }
  puts("adding up");
  return total(orders, 3) > 0 ? 0 : 1;
}
