// Counts the words of a text that the host hands over piece by piece, sorts them by number, and reports
// each. No library: memory is a bump allocator over memory.grow, so that growth is tested, too.

typedef unsigned u32;

__attribute__((import_module("host"), import_name("read"))) u32 host_read(char* to, u32 size);
__attribute__((import_module("host"), import_name("report"))) void host_report(const char* word,
                                                                               u32 length, u32 count);

extern unsigned char __heap_base;
static u32 next_free;

static void* allocate(u32 size) {
  if (next_free == 0) next_free = (u32)&__heap_base;
  u32 at = (next_free + 15) & ~15u;
  next_free = at + size;
  u32 pages = (next_free + 65535) / 65536;
  u32 have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (unsigned long)-1)
    __builtin_trap();
  return (void*)at;
}

typedef struct Word {
  struct Word* next;
  char* text;
  u32 length, count;
} Word;

enum { kBuckets = 64 };
static Word* buckets[kBuckets];
static u32 words;

static Word* find(const char* text, u32 length) {
  u32 hash = 2166136261u;
  for (u32 i = 0; i < length; ++i) hash = (hash ^ (unsigned char)text[i]) * 16777619u;
  Word** link = &buckets[hash % kBuckets];
  for (; *link; link = &(*link)->next)
    if ((*link)->length == length && !__builtin_memcmp((*link)->text, text, length)) return *link;
  Word* made = *link = allocate(sizeof(Word));
  made->text = allocate(length);
  for (u32 i = 0; i < length; ++i) made->text[i] = text[i];
  made->length = length;
  ++words;
  return made;
}

int memcmp(const void* a, const void* b, unsigned long n) {
  const unsigned char *x = a, *y = b;
  for (; n; --n, ++x, ++y)
    if (*x != *y) return *x - *y;
  return 0;
}

static int more_frequent(const Word* a, const Word* b) {
  if (a->count != b->count) return a->count > b->count;
  u32 n = a->length < b->length ? a->length : b->length;
  int order = memcmp(a->text, b->text, n);
  return order != 0 ? order < 0 : a->length < b->length;
}
static int less_frequent(const Word* a, const Word* b) { return more_frequent(b, a); }

// Called through a pointer, so that the module has a table.
typedef int (*Order)(const Word*, const Word*);

__attribute__((export_name("count"))) u32 count(u32 ascending) {
  char buffer[7], word[64];
  u32 length = 0;
  for (;;) {
    u32 n = host_read(buffer, sizeof buffer);
    for (u32 i = 0; i < n || (n == 0 && i == 0); ++i) {
      char c = n ? buffer[i] : ' ';
      if (c >= 'a' && c <= 'z') {
        if (length < sizeof word) word[length++] = c;
      } else if (length) {
        find(word, length)->count++;
        length = 0;
      }
    }
    if (n == 0) break;
  }
  Word** sorted = allocate(words * sizeof(Word*));
  u32 k = 0;
  for (u32 i = 0; i < kBuckets; ++i)
    for (Word* w = buckets[i]; w; w = w->next) sorted[k++] = w;
  volatile Order order = ascending ? less_frequent : more_frequent;
  for (u32 i = 1; i < k; ++i)
    for (u32 j = i; j > 0 && order(sorted[j], sorted[j - 1]); --j) {
      Word* t = sorted[j];
      sorted[j] = sorted[j - 1];
      sorted[j - 1] = t;
    }
  allocate(300000);
  for (u32 i = 0; i < k; ++i) host_report(sorted[i]->text, sorted[i]->length, sorted[i]->count);
  return k;
}
