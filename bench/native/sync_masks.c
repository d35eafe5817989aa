// The same work as sync.c with the core's algorithm: masks of dirty and valid lines per page.
//   sync_masks <dirty words: pa> <dram base> <dram bytes> <first pa> <buffer bytes> <buffers> <clean 1 | invalidate 0>
#include "server.h"
#include "mask_caches.h"

static uint32_t *dirty, dirty_count, first, bytes, buffers, clean;
static uint32_t dram_bytes;

// The CPU writes the same words before every cycle.
static void setup(void) {
  for (uint32_t i = 0; i < dirty_count; i++) cpu_write32(dirty[i], dirty[i] ^ 0x5a5a5a5a);
}

static void run(void) {
  for (uint32_t i = 0; i < buffers; i++) {
    uint32_t start = first + i * bytes;
    if (clean) clean_both(start, start + bytes);
    else invalidate(0, start, start + bytes), invalidate(1, start, start + bytes);
  }
}

static uint32_t check(void) {
  uint32_t hash = HASH_SEED, words = buffers * bytes / 4;
  const uint32_t *at = (const uint32_t *)dram_at(first);
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
  dram = calloc(dram_bytes, 1);
  caches_init(dram_bytes);
  return serve();
}
