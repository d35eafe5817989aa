// Walks without any cache in C.
//   walk <memory words> <stream words> <base> <lv1>
#include "server.h"
#include "walk.h"

static uint32_t *stream, *output, count;

static void setup(void) {}

static void run(void) {
  for (uint32_t i = 0; i < count; i++) output[i] = walk(stream[i]);
}

static uint32_t check(void) {
  uint32_t hash = HASH_SEED;
  for (uint32_t i = 0; i < count; i++) hash = hash_word(hash, output[i]);
  return hash;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  uint32_t words;
  memory = read_words(argv[1], &words);
  stream = read_words(argv[2], &count);
  base = strtoul(argv[3], NULL, 0);
  lv1 = strtoul(argv[4], NULL, 0);
  output = calloc(count, 4);
  return serve();
}
