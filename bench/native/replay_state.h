// What the C replay is made of: records, devices with their IO-address spaces and page tables, and
// how addresses are found and descriptors written. The program sets the globals.
#include "server.h"
#include "mask_caches.h"

#define BITS 32768u
#define WORDS (BITS / 64)
#define DEVICES 64
#define DEAD 16384
#define TLB_SETS 64
#define TLB_WAYS 8
#define LIST 16384
enum { PREFIX = 1, MAP, UNMAP, SG_BEGIN, SG_ENTRY, SG_END, UNMAP_SG, SYNC_CPU, SYNC_DEVICE, ALLOC, FREE, FEED };
enum { SKIP_SYNC = 0x20, TO_DEVICE = 1, FROM_DEVICE = 2, SINGLE = 0, SG = 1, COHERENT = 2 };

typedef struct {
  uint32_t page, offset, length, dma, dma_length, spare[3];
} Entry;

typedef struct {
  uint32_t serial;
  uint16_t device;
  uint8_t direction, kind;
  uint32_t dma, size, pa, attrs, label, nents;
  uint64_t birth, death;
  Entry *list;  // entries, or runs of an allocation
  uint32_t segments, handle;
} Record;
_Static_assert(sizeof(Record) == 64, "a record is a line");

typedef struct {
  uint64_t *used;
  uint32_t extensions, present, *first_free;  // per bitmap: word below which all is taken
  uint32_t *owner;
  uint32_t lv1;
  uint16_t free_entries[4096];
  uint32_t tags[TLB_SETS][TLB_WAYS];
  volatile uint32_t registers[8];
  uint64_t maps, unmaps, map_sgs, unmap_sgs, entries, segments, allocs, frees, map_bytes, unmap_bytes, alloc_bytes;
  uint64_t live, live_bytes, live_peak, live_bytes_peak, syncs, sync_bytes;
} Device;

static Device *devices;
static uint32_t *records, record_words, *ending, ending_words;
static uint32_t tables_pa, tables_next, pages_pa, pages_next, space_base, space_pages;
static Record *pool, **handles, dead[DEAD];
static uint32_t pool_room, pool_free, *free_list, handle_room, dead_head, serial;
static uint64_t sequence, map_small, map_large, map_section, unmap_small, unmap_large, unmap_section, table_syncs;
static Entry list[LIST];
static uint32_t feeds[1024][2], feed_head, feed_tail;

// ---- IO addresses ----

static uint32_t find(const uint64_t *map, uint32_t from_word, uint32_t pages, uint32_t mask) {
  for (uint32_t from = from_word * 64;;) {
    uint32_t at = from / 64;
    if (at >= WORDS) return ~0u;
    uint64_t free = ~map[at] & (~0ull << (from & 63));
    while (!free) {
      if (++at >= WORDS) return ~0u;
      free = ~map[at];
    }
    uint32_t first = (at * 64 + __builtin_ctzll(free) + mask) & ~mask, end = first + pages;
    if (end > BITS) return ~0u;
    uint64_t used = map[first / 64] >> (first & 63) << (first & 63);
    uint32_t word = first / 64;
    while (!used && (word + 1) * 64 < end) used = map[++word];
    uint32_t bit = used ? word * 64 + __builtin_ctzll(used) : end;
    if (bit >= end) return first;
    from = bit + 1;
  }
}

static void change(uint64_t *map, uint32_t bit, uint32_t left, int take) {
  while (left) {
    uint32_t offset = bit & 63, n = 64 - offset < left ? 64 - offset : left;
    uint64_t mask = (n == 64 ? ~0ull : (1ull << n) - 1) << offset;
    if (take) map[bit / 64] |= mask;
    else map[bit / 64] &= ~mask;
    bit += n;
    left -= n;
  }
}

static uint32_t iova_alloc(Device *d, uint32_t bytes) {
  uint32_t pages = bytes >> 12, order = pages <= 1 ? 0 : 32 - __builtin_clz(pages - 1);
  uint32_t mask = (1u << (order < 8 ? order : 8)) - 1;
  for (uint32_t i = 0; i < d->extensions; i++) {
    if (i == d->present) d->present++;
    uint64_t *map = d->used + (size_t)i * WORDS;
    uint32_t at = find(map, d->first_free[i], pages, mask);
    if (at == ~0u) continue;
    change(map, at, pages, 1);
    while (d->first_free[i] < WORDS && map[d->first_free[i]] == ~0ull) d->first_free[i]++;
    return space_base + ((i * BITS + at) << 12);
  }
  exit(3);
}

static void iova_free(Device *d, uint32_t iova, uint32_t bytes) {
  uint32_t page = (iova - space_base) >> 12, i = page / BITS, bit = page % BITS;
  change(d->used + (size_t)i * WORDS, bit, bytes >> 12, 0);
  if (bit / 64 < d->first_free[i]) d->first_free[i] = bit / 64;
}

// ---- descriptors ----

static void table_store(uint32_t pa, uint32_t word) {
  table_syncs++;
  store_clean(pa, word);
}

static void table_fill(uint32_t slot, uint32_t bytes, uint32_t word) {
  table_syncs++;
  for (uint32_t i = 0; i < bytes; i += 4) cpu_write32(slot + i, word);
  context = TABLE;
  clean_both(slot, slot + bytes);
  context = STREAMING;
}

static uint32_t table_of(Device *d, uint32_t iova) {
  uint32_t at = d->lv1 + (iova >> 20) * 4, word = cpu_read32(at);
  if ((word & 3) == 1) return word & ~1023u;
  uint32_t pa = tables_next;
  tables_next += 1024;
  cpu_zero(pa, 1024);
  context = TABLE;
  clean_both(pa, pa + 1024);
  context = STREAMING;
  table_store(at, pa | 1);
  d->free_entries[iova >> 20] = 256;
  return pa;
}

static void map_into(Device *d, uint32_t iova, uint32_t pa, uint32_t left) {
  while (left) {
    uint32_t both = iova | pa, step = 4096;
    if (left >= 0x100000 && !(both & 0xfffff)) {
      step = 0x100000;
      uint32_t at = d->lv1 + (iova >> 20) * 4, word = cpu_read32(at);
      if ((word & 3) == 1 && d->free_entries[iova >> 20] != 256) exit(4);
      table_store(at, pa | 2 | 0xc00);
      map_section++;
    } else {
      uint32_t slot = table_of(d, iova) + (iova >> 12 & 255) * 4;
      if (left >= 0x10000 && !(both & 0xffff)) {
        step = 0x10000;
        for (uint32_t i = 0; i < 16; i++)
          if (cpu_read32(slot + i * 4) & 3) exit(4);
        table_fill(slot, 64, pa | 1 | 0x30);
        d->free_entries[iova >> 20] -= 16;
        map_large++;
      } else {
        if (cpu_read32(slot) & 3) exit(4);
        table_store(slot, pa | 2 | 0x30);
        d->free_entries[iova >> 20]--;
        map_small++;
      }
    }
    iova += step;
    pa += step;
    left -= step;
  }
}

// Block, drop what the TLB holds of the page, unblock.
static void invalidate_tlb(Device *d, uint32_t iova) {
  d->registers[0] = 2;
  if (d->registers[1] & 1) exit(5);
  d->registers[3] = iova | 1;
  uint32_t *set = d->tags[iova >> 12 & (TLB_SETS - 1)];
  for (uint32_t w = 0; w < TLB_WAYS; w++)
    if (set[w] == iova) set[w] = 1;
  d->registers[0] = 1;
}

static void unmap_from(Device *d, uint32_t iova, uint32_t left) {
  while (left) {
    uint32_t at = d->lv1 + (iova >> 20) * 4, word = cpu_read32(at), step = 4096;
    if ((word & 3) == 2) {
      step = 0x100000;
      table_store(at, 0);
      unmap_section++;
    } else {
      uint32_t slot = (word & ~1023u) + (iova >> 12 & 255) * 4, entry = cpu_read32(slot);
      if (entry & 2) {
        table_store(slot, 0);
        d->free_entries[iova >> 20]++;
        unmap_small++;
      } else {
        step = 0x10000;
        table_fill(slot, 64, 0);
        d->free_entries[iova >> 20] += 16;
        unmap_large++;
      }
    }
    invalidate_tlb(d, iova);
    iova += step;
    left = left > step ? left - step : 0;
  }
}

static uint32_t look_up(const Device *d, uint32_t iova) {
  uint32_t word = cpu_read32(d->lv1 + (iova >> 20) * 4);
  if ((word & 3) == 2) return (word & 0xfff00000) | (iova & 0xff000);
  uint32_t entry = cpu_read32((word & ~1023u) + (iova >> 12 & 255) * 4);
  return entry & 2 ? entry & ~4095u : (entry & 0xffff0000) | (iova & 0xf000);
}
