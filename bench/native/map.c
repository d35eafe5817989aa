// Map and unmap behind an IOMMU in C: first-fit IO addresses with a lowest-free hint, short
// descriptors through the caches and cleaned one by one, TLB entry dropped, a record per mapping.
// A cycle goes once through all handles it names: unmap, map again.
//   map <pages: pa> <dram base> <dram bytes> <tables pa> <space pages> <live> <pages a mapping> <rounds>
#include "server.h"
#include "caches.h"

#define BITS 32768u
#define TLB_SETS 64
#define TLB_WAYS 8
#define DEAD 16384

typedef struct {
  uint32_t serial, handle, iova, pages, direction, sequence;
} Record;

static uint32_t *pas, pa_count;
static uint32_t lv1, lv2_next, live, per_mapping, rounds;
static uint64_t *used;
static uint32_t *lowest, bitmaps = 1;
static uint16_t free_entries[4096];
static uint32_t tags[TLB_SETS * TLB_WAYS];
static Record *records, dead[DEAD];
static uint32_t *owner, dead_head, serial, sequence;
static volatile uint32_t register_writes;

static uint32_t cpu_read32(uint32_t pa) {
  uint32_t value, line = line_in(pa & ~31u);
  memcpy(&value, l1.data + line * 32 + (pa & 28), 4);
  return value;
}

static void store_clean(uint32_t pa, uint32_t word) {
  cpu_write32(pa, word);
  clean_range(pa, pa + 4);
}

static int32_t find_pages(uint32_t bitmap, uint32_t pages, uint32_t mask) {
  const uint64_t *map = used + bitmap * (BITS / 64);
  uint32_t run = 0;
  for (uint32_t bit = lowest[bitmap]; bit < BITS;) {
    uint64_t word = map[bit / 64];
    if (!run && word == ~0ull) bit = (bit | 63) + 1;
    else if (word >> (bit & 63) & 1) run = 0, bit++;
    else if (!run && (bit & mask)) bit = (bit + mask) & ~mask;
    else {
      run++, bit++;
      if (run == pages) return bit - pages;
    }
  }
  return -1;
}

static void change(uint32_t first, uint32_t pages, int take) {
  for (uint32_t bit = first; bit < first + pages; bit++) {
    if (take) used[bit / 64] |= 1ull << (bit & 63);
    else used[bit / 64] &= ~(1ull << (bit & 63));
  }
}

static uint32_t take(uint32_t pages) {
  uint32_t order = pages <= 1 ? 0 : 32 - __builtin_clz(pages - 1);
  if (order > 8) order = 8;
  for (uint32_t i = 0;; i++) {
    if (i == bitmaps) bitmaps++;
    int32_t at = find_pages(i, pages, (1u << order) - 1);
    if (at < 0) continue;
    change(i * BITS + at, pages, 1);
    if ((uint32_t)at == lowest[i]) lowest[i] = at + pages;
    return i * BITS + at;
  }
}

static uint32_t slot_of(uint32_t page) {
  uint32_t at = lv1 + (page >> 8) * 4, entry = cpu_read32(at);
  if ((entry & 3) != 1) {
    entry = lv2_next | 1;
    lv2_next += 1024;
    free_entries[page >> 8] = 256;
    store_clean(at, entry);
  }
  return (entry & ~1023u) + (page & 255) * 4;
}

static uint32_t map_pages(uint32_t handle) {
  sequence++;
  uint32_t first = take(per_mapping);
  for (uint32_t i = 0; i < per_mapping; i++) {
    uint32_t slot = slot_of(first + i);
    if (cpu_read32(slot) & 3) exit(3);
    store_clean(slot, pas[(handle * per_mapping + i) % pa_count] | 2);
    free_entries[(first + i) >> 8]--;
  }
  records[handle] = (Record){++serial, handle, first << 12, per_mapping, 1, sequence};
  owner[first] = handle + 1;
  return first << 12;
}

static void unmap_pages(uint32_t handle) {
  sequence++;
  Record *record = records + handle;
  uint32_t first = record->iova >> 12;
  for (uint32_t i = 0; i < record->pages; i++) {
    uint32_t slot = slot_of(first + i);
    if (!(cpu_read32(slot) & 2)) exit(3);
    store_clean(slot, 0);
    free_entries[(first + i) >> 8]++;
    register_writes += 3;
    uint32_t set = ((first + i) & (TLB_SETS - 1)) * TLB_WAYS;
    for (uint32_t w = 0; w < TLB_WAYS; w++)
      if (tags[set + w] == (first + i) << 12) tags[set + w] = 1;
  }
  change(first, record->pages, 0);
  if ((first & (BITS - 1)) < lowest[first / BITS]) lowest[first / BITS] = first & (BITS - 1);
  dead[dead_head++ & (DEAD - 1)] = *record;
  owner[first] = 0;
  record->serial = 0;
}

static void setup(void) {}

static void run(void) {
  for (uint32_t i = 0; i < rounds; i++) {
    uint32_t handle = (uint64_t)i * 7919 % live;
    unmap_pages(handle);
    map_pages(handle);
  }
}

static uint32_t check(void) {
  uint32_t hash = HASH_SEED;
  for (uint32_t handle = 0; handle < live; handle++) {
    hash = hash_word(hash, records[handle].iova);
    uint32_t entry = dram[(lv1 + (records[handle].iova >> 20) * 4 - dram_base) / 4];
    uint32_t at = (entry & ~1023u) + (records[handle].iova >> 12 & 255) * 4;
    hash = hash_word(hash, dram[(at - dram_base) / 4] & ~4095u);
  }
  return hash;
}

int main(int argc, char **argv) {
  if (argc != 9) return 2;
  pas = read_words(argv[1], &pa_count);
  dram_base = strtoul(argv[2], NULL, 0);
  uint32_t bytes = strtoul(argv[3], NULL, 0);
  lv1 = strtoul(argv[4], NULL, 0);
  lv2_next = lv1 + 0x4000;
  uint32_t space = strtoul(argv[5], NULL, 0);
  live = strtoul(argv[6], NULL, 0);
  per_mapping = strtoul(argv[7], NULL, 0);
  rounds = strtoul(argv[8], NULL, 0);
  dram = calloc(bytes / 4, 4);
  used = calloc(space / 64, 8);
  lowest = calloc(space / BITS, 4);
  owner = calloc(space, 4);
  records = calloc(live, sizeof *records);
  for (uint32_t i = 0; i < TLB_SETS * TLB_WAYS; i++) tags[i] = 1;
  caches_init();
  for (uint32_t handle = 0; handle < live; handle++) map_pages(handle);
  return serve();
}
