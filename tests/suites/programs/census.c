/* Reads a directory of texts, counts words in a hash table that grows, prints the ten most frequent
   with what the clock and a random number made of them. */

#include <ctype.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct entry {
  char word[24];
  unsigned count;
};

static struct entry *table;
static size_t capacity, used;

static struct entry *find(struct entry *in, size_t size, const char *word) {
  uint32_t hash = 2166136261u;
  for (const char *c = word; *c; ++c) hash = (hash ^ (unsigned char)*c) * 16777619u;
  for (size_t i = hash % size;; i = (i + 1) % size)
    if (in[i].count == 0 || strcmp(in[i].word, word) == 0) return &in[i];
}

static void add(const char *word) {
  if (used * 2 >= capacity) {
    const size_t larger = capacity ? capacity * 2 : 16;
    struct entry *grown = calloc(larger, sizeof *grown);
    for (size_t i = 0; i < capacity; ++i)
      if (table[i].count) *find(grown, larger, table[i].word) = table[i];
    free(table);
    table = grown;
    capacity = larger;
  }
  struct entry *entry = find(table, capacity, word);
  if (entry->count++ == 0) {
    strcpy(entry->word, word);
    ++used;
  }
}

static void read_file(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) {
    perror(path);
    exit(1);
  }
  char word[24];
  size_t length = 0;
  for (int c; (c = fgetc(file)) != EOF;) {
    if (isalpha(c) && length < sizeof word - 1) {
      word[length++] = (char)tolower(c);
    } else if (length) {
      word[length] = 0;
      add(word);
      length = 0;
    }
  }
  fclose(file);
}

static int by_count(const void *a, const void *b) {
  const struct entry *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return strcmp(x->word, y->word);
}

int main(int argc, char **argv) {
  const char *root = argc > 1 ? argv[1] : ".";
  DIR *folder = opendir(root);
  if (!folder) {
    perror(root);
    return 1;
  }
  for (struct dirent *file; (file = readdir(folder));) {
    if (file->d_name[0] == '.') continue;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, file->d_name);
    read_file(path);
  }
  closedir(folder);
  qsort(table, capacity, sizeof *table, by_count);
  uint32_t salt;
  arc4random_buf(&salt, sizeof salt);
  for (size_t i = 0; i < 10 && i < used; ++i)
    printf("%6u %s %08x\n", table[i].count, table[i].word, salt + table[i].count);
  fprintf(stderr, "%zu words at second %lld\n", used, (long long)time(NULL));
  return 3;
}
