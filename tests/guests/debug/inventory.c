// A linked list whose fault is planted: label() writes one byte too many when a name fills its
// array, which changes the low byte of the `next` pointer behind it. The walk over the list traps
// later, and elsewhere; the debugger's question is who wrote that pointer.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum Kind { kind_tool, kind_food = 5, kind_toy };

union Extra {
  int32_t shelf_life;
  float weight;
  uint8_t raw[4];
};

struct Item {
  char name[8];
  struct Item* next;
  enum Kind kind;
  union Extra extra;
  unsigned fragile : 1;
  unsigned count : 7;
  int offset : 5;
  double price;
};

typedef struct Item Item;
typedef int (*Visit)(const Item* item, void* context);

static Item pool[4];
static int used = 0;
const char* const shop_name = "corner \"shop\"\n";

static void label(Item* item, const char* name) {
  size_t i = 0;
  for (; name[i] && i < sizeof item->name; ++i) item->name[i] = name[i];
  item->name[i] = (char)0xfe;  // the planted fault: the terminator, wrong and one too far
}

__attribute__((noinline)) Item* add(Item* head, const char* name, enum Kind kind, double price) {
  Item* item = &pool[used++];
  item->next = head;
  item->kind = kind;
  item->price = price;
  item->count = (unsigned)used * 10u;
  item->fragile = kind == kind_toy;
  item->offset = -used;
  item->extra.weight = 0.5f;
  label(item, name);
  return item;
}

static int count_one(const Item* item, void* context) {
  int* total = context;
  *total += (int)item->count;
  return 0;
}

__attribute__((noinline)) int walk(const Item* head, Visit visit, void* context) {
  int visited = 0;
  for (const Item* item = head; item; item = item->next) {
    int64_t weight_in_mg = (int64_t)(item->extra.weight * 1000000.0f);
    if (visit(item, context) || weight_in_mg < 0) break;
    ++visited;
  }
  return visited;
}

__attribute__((export_name("run"))) int run(int n) {
  bool careful = n > 1;
  int matrix[2][3] = {{1, 2, 3}, {4, 5, n}};
  int total = 0;
  Item* head = NULL;
  head = add(head, "hammer", kind_tool, 12.5);
  head = add(head, "apple", kind_food, 0.25);
  if (careful) head = add(head, "cardgame", kind_toy, 20);
  total += walk(head, count_one, &total);
  return total + matrix[1][2];
}
