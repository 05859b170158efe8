// A shop's stock, read from standard input in records of 16 bytes. One of them counts nothing.

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct record {
  char name[8];
  int count;
  int value;
};

struct shelf {
  struct record records[8];
  int used;
};

static int put(struct shelf* shelf, const struct record* record) {
  shelf->records[shelf->used] = *record;
  return ++shelf->used;
}

static int average(int value, int count) {
  return value / count;
}

static int price(const struct record* record) {
  return average(record->value, record->count);
}

int main(void) {
  struct shelf shelf = {.used = 0};
  char input[128];
  const ssize_t size = read(0, input, sizeof input);
  for (ssize_t at = 0; at + 16 <= size; at += 16) {
    struct record record;
    memcpy(&record, input + at, sizeof record);
    put(&shelf, &record);
  }
  for (int i = 0; i < shelf.used; ++i)
    printf("%s costs %d\n", shelf.records[i].name, price(&shelf.records[i]));
  return 0;
}
