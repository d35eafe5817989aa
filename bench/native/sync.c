// Cache sync in C: buffers cleaned or invalidated line by line in L1 and L2 that hold bytes.
//   sync <dirty words: pa> <dram base> <dram bytes> <first pa> <buffer bytes> <buffers> <clean 1 | invalidate 0>
#include "server.h"
#include "caches.h"

static uint32_t *dirty, dirty_count, first, bytes, buffers, clean;
static uint32_t dram_bytes;

// The CPU writes the same words before every cycle.
static void setup(void) {
  for (uint32_t i = 0; i < dirty_count; i++) cpu_write32(dirty[i], dirty[i] ^ 0x5a5a5a5a);
}

static void run(void) {
  for (uint32_t i = 0; i < buffers; i++) {
    uint32_t start = first + i * bytes;
    if (clean) clean_range(start, start + bytes);
    else invalidate_range(start, start + bytes);
  }
}

static uint32_t check(void) {
  uint32_t hash = HASH_SEED, words = buffers * bytes / 4;
  const uint32_t *at = dram + (first - dram_base) / 4;
  for (uint32_t i = 0; i < words; i++) hash = hash_word(hash, at[i]);
  return hash;
}

int main(int argc, char **argv) {
  if (argc != 8) return 2;
  dirty = read_words(argv[1], &dirty_count);
  dram_base = strtoul(argv[2], NULL, 0);
  dram_bytes = strtoul(argv[3], NULL, 0);
  first = strtoul(argv[4], NULL, 0);
  bytes = strtoul(argv[5], NULL, 0);
  buffers = strtoul(argv[6], NULL, 0);
  clean = atoi(argv[7]);
  dram = calloc(dram_bytes / 4, 4);
  caches_init();
  return serve();
}
