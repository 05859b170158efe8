/* Reads every file of a tree, hashes it, and writes it into another tree of the same shape.

     small_files FROM TO                                                                          */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t total = 14695981039346656037ull;
static unsigned files;
static char buffer[1 << 16];

static void die(const char *path) {
  perror(path);
  exit(1);
}

static void copy_file(const char *from, const char *to) {
  const int in = open(from, O_RDONLY);
  if (in < 0) die(from);
  const int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (out < 0) die(to);
  uint64_t hash = 14695981039346656037ull;
  ssize_t n;
  while ((n = read(in, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < n; ++i) hash = (hash ^ (unsigned char)buffer[i]) * 1099511628211ull;
    if (write(out, buffer, (size_t)n) != n) die(to);
  }
  if (n < 0) die(from);
  close(in);
  close(out);
  total += hash;
  ++files;
}

static void copy_tree(const char *from, const char *to) {
  if (mkdir(to, 0777) != 0 && errno != EEXIST) die(to);
  DIR *folder = opendir(from);
  if (!folder) die(from);
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char in[512], out[512];
    snprintf(in, sizeof in, "%s/%s", from, entry->d_name);
    snprintf(out, sizeof out, "%s/%s", to, entry->d_name);
    if (entry->d_type == DT_DIR) {
      copy_tree(in, out);
    } else {
      copy_file(in, out);
    }
  }
  closedir(folder);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  copy_tree(argv[1], argv[2]);
  printf("%u files, %016llx\n", files, (unsigned long long)total);
  return 0;
}
