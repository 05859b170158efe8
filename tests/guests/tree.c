// Walks a directory, hashes every file (FNV-1a) and writes one line a file to an index: directory
// reading, stat, reading, and writing in one program. Lines are sorted, so that the index does not
// depend on the order in which the host lists things.
//
//   tree DIRECTORY INDEX

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char** lines;
static size_t line_count;

static void add_line(const char* line) {
  lines = realloc(lines, (line_count + 1) * sizeof *lines);
  lines[line_count++] = strdup(line);
}

static int compare(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

static int hash_file(const char* path, uint64_t* hash) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  unsigned char buffer[8192];
  ssize_t n;
  *hash = 0xcbf29ce484222325u;
  while ((n = read(fd, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < n; ++i) *hash = (*hash ^ buffer[i]) * 0x100000001b3u;
  }
  close(fd);
  return n < 0 ? -1 : 0;
}

static int walk(const char* path) {
  DIR* directory = opendir(path);
  if (!directory) return -1;
  struct dirent* entry;
  while ((entry = readdir(directory))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char child[1024];
    snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
    struct stat info;
    if (lstat(child, &info) != 0) return -1;
    if (S_ISDIR(info.st_mode)) {
      if (walk(child) != 0) return -1;
      continue;
    }
    uint64_t hash = 0;
    if (S_ISREG(info.st_mode) && hash_file(child, &hash) != 0) return -1;
    char line[1200];
    snprintf(line, sizeof line, "%016llx %8lld %s", (unsigned long long)hash,
             (long long)info.st_size, child);
    add_line(line);
  }
  closedir(directory);
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: tree DIRECTORY INDEX\n");
    return 2;
  }
  if (walk(argv[1]) != 0) {
    perror(argv[1]);
    return 1;
  }
  qsort(lines, line_count, sizeof *lines, compare);
  FILE* index = fopen(argv[2], "w");
  if (!index) {
    perror(argv[2]);
    return 1;
  }
  for (size_t i = 0; i < line_count; ++i) fprintf(index, "%s\n", lines[i]);
  if (fclose(index) != 0) return 1;
  printf("%zu files\n", line_count);
  return 0;
}
