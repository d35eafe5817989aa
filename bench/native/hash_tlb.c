// A lean software IOTLB in C: a hash table of pages with heap-allocated keys and entries, probed
// once for each page size and emptied when it holds 256 entries. Same addresses, other counts.
//   hash_tlb <memory words> <stream words> <base> <lv1>
#include "walk.h"

#define SLOTS 512
#define CAPACITY 256

typedef struct Entry {
  struct Entry *next;
  uint64_t *key;  // page number and size
  uint32_t pa, mask;
} Entry;

static uint32_t used;
static Entry *table[SLOTS];
static const uint32_t shifts[] = {12, 16, 20};

static uint32_t slot_of(uint64_t key) {
  key ^= key >> 33;
  key *= 0xff51afd7ed558ccdull;
  return (key >> 40) & (SLOTS - 1);
}

static void empty(void) {
  for (uint32_t i = 0; i < SLOTS; i++) {
    while (table[i]) {
      Entry *entry = table[i];
      table[i] = entry->next;
      free(entry->key);
      free(entry);
    }
  }
  used = 0;
}

static Entry *find(uint32_t va) {
  for (uint32_t k = 0; k < 3; k++) {
    uint64_t key = (uint64_t)shifts[k] << 32 | va >> shifts[k];
    for (Entry *entry = table[slot_of(key)]; entry; entry = entry->next)
      if (*entry->key == key) return entry;
  }
  return NULL;
}

static void setup(void) { empty(); }

static void run(void) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t va = stream[i];
    Entry *entry = find(va);
    if (!entry) {
      uint32_t pa = walk(va);
      if (pa == NO_PA) return;
      if (used == CAPACITY) empty();
      entry = malloc(sizeof *entry);
      entry->key = malloc(sizeof *entry->key);
      *entry->key = 12ull << 32 | va >> 12;
      entry->pa = pa & ~4095u;
      entry->mask = 4095;
      uint32_t slot = slot_of(*entry->key);
      entry->next = table[slot];
      table[slot] = entry;
      used++;
    }
    output[i] = entry->pa | (va & entry->mask);
  }
}

static uint32_t check(void) {
  return hash_output();
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  load_stream(argv);
  return serve();
}
