// L1 (32 KiB, 4 ways) and L2 (1 MiB, 16 ways) with real bytes and, per page, masks of valid and
// dirty lines: maintenance looks up tags only for the lines that have something to do. The same
// algorithm as the core's. The program sets dram, dram_base and calls caches_init.
//
//   page masks, 64 bytes   L1 valid[2] dirty[2]   L2 valid[2] dirty[2]
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CLEAN 1
#define INVALIDATE 2
#define FLUSH 3
#define STREAMING 0
#define TABLE 1

static uint8_t *dram;
static uint32_t dram_base;

typedef struct {
  uint64_t valid[2], dirty[2];
} Masks;

typedef struct {
  uint64_t issued[2][4], write_backs[2], removed[2], hits, misses, eviction_writes;  // by context
} LevelCounts;

static Masks (*masks)[2];  // [page][level]
static uint32_t tags1[256][4], tags2[2048][16];
static uint8_t next1[256], next2[2048];
static uint8_t (*data1)[4][32], (*data2)[16][32];
static LevelCounts counts[2];
static uint32_t context;

static inline __attribute__((unused)) void caches_init(uint32_t dram_bytes) {
  masks = calloc(dram_bytes / 4096, sizeof *masks);
  data1 = aligned_alloc(64, sizeof *data1 * 256);
  data2 = aligned_alloc(64, sizeof *data2 * 2048);
}

static inline uint8_t *dram_at(uint32_t pa) { return dram + (pa - dram_base); }
static inline uint32_t set1(uint32_t pa) { return pa >> 5 & 255; }
static inline uint32_t set2(uint32_t pa) { return pa >> 5 & 2047; }
static inline Masks *masks_of(uint32_t pa, int level) { return &masks[(pa - dram_base) >> 12][level]; }
static inline uint64_t bit_of(uint32_t pa) { return 1ull << (pa >> 5 & 63); }
static inline void copy_line(void *to, const void *from) { memcpy(to, from, 32); }

// A loop of fixed length without a branch: the compiler makes vectors of it.
static inline int way_of(const uint32_t *tags, int ways, uint32_t word) {
  uint32_t hit = 0;
  for (int w = 0; w < ways; w++) hit |= (uint32_t)(tags[w] == word) << w;
  return hit ? __builtin_ctz(hit) : -1;
}

static inline int victim(const uint32_t *tags, uint8_t *next, int ways) {
  int empty = way_of(tags, ways, 0);
  if (empty >= 0) return empty;
  int way = *next;
  *next = way + 1 == ways ? 0 : way + 1;
  return way;
}

static uint8_t *outer_allocate(uint32_t pa) {
  uint32_t set = set2(pa), way = victim(tags2[set], &next2[set], 16), old = tags2[set][way];
  uint8_t *data = data2[set][way];
  if (old) {
    uint32_t old_pa = old - 1, half = old_pa >> 11 & 1;
    Masks *m = masks_of(old_pa, 1);
    m->valid[half] &= ~bit_of(old_pa);
    if (m->dirty[half] & bit_of(old_pa)) {
      m->dirty[half] &= ~bit_of(old_pa);
      counts[1].eviction_writes++;
      copy_line(dram_at(old_pa), data);
    }
  }
  tags2[set][way] = pa | 1;
  masks_of(pa, 1)->valid[pa >> 11 & 1] |= bit_of(pa);
  return data;
}

static void outer_write(uint32_t pa, const uint8_t *from) {
  int way = way_of(tags2[set2(pa)], 16, pa | 1);
  counts[1].hits += way >= 0;
  counts[1].misses += way < 0;
  copy_line(way >= 0 ? data2[set2(pa)][way] : outer_allocate(pa), from);
  masks_of(pa, 1)->dirty[pa >> 11 & 1] |= bit_of(pa);
}

static __attribute__((noinline)) uint8_t *inner_fill(uint32_t pa) {
  uint32_t set = set1(pa), way = victim(tags1[set], &next1[set], 4), old = tags1[set][way];
  uint8_t *data = data1[set][way];
  counts[0].misses++;
  if (old) {
    uint32_t old_pa = old - 1, half = old_pa >> 11 & 1;
    Masks *m = masks_of(old_pa, 0);
    m->valid[half] &= ~bit_of(old_pa);
    if (m->dirty[half] & bit_of(old_pa)) {
      m->dirty[half] &= ~bit_of(old_pa);
      counts[0].eviction_writes++;
      outer_write(old_pa, data);
    }
  }
  int outer = way_of(tags2[set2(pa)], 16, pa | 1);
  counts[1].hits += outer >= 0;
  counts[1].misses += outer < 0;
  uint8_t *from = outer >= 0 ? data2[set2(pa)][outer] : outer_allocate(pa);
  if (outer < 0) copy_line(from, dram_at(pa));
  copy_line(data, from);
  tags1[set][way] = pa | 1;
  masks_of(pa, 0)->valid[pa >> 11 & 1] |= bit_of(pa);
  return data;
}

static inline uint8_t *inner_line(uint32_t pa) {
  int way = way_of(tags1[set1(pa)], 4, pa | 1);
  if (way < 0) return inner_fill(pa);
  counts[0].hits++;
  return data1[set1(pa)][way];
}

static inline uint32_t cpu_read32(uint32_t pa) {
  uint32_t value;
  memcpy(&value, inner_line(pa & ~31u) + (pa & 28), 4);
  return value;
}

static inline void cpu_write32(uint32_t pa, uint32_t value) {
  memcpy(inner_line(pa & ~31u) + (pa & 28), &value, 4);
  masks_of(pa, 0)->dirty[pa >> 11 & 1] |= bit_of(pa);
}

// Whole lines of zeros through the caches.
static __attribute__((unused)) void cpu_zero(uint32_t pa, uint32_t bytes) {
  for (uint32_t end = pa + bytes; pa < end; pa += 32) {
    memset(inner_line(pa), 0, 32);
    masks_of(pa, 0)->dirty[pa >> 11 & 1] |= bit_of(pa);
  }
}

static void half_page(int level, uint32_t pa, uint64_t range, int mode) {
  Masks *m = masks_of(pa, level);
  uint32_t half = pa >> 11 & 1;
  uint64_t written = m->dirty[half] & range;
  if (written) {
    m->dirty[half] &= ~range;
    if (mode & CLEAN) {
      counts[level].write_backs[context] += __builtin_popcountll(written);
      for (; written; written &= written - 1) {
        uint32_t line = pa + __builtin_ctzll(written) * 32;
        if (level == 0) outer_write(line, data1[set1(line)][way_of(tags1[set1(line)], 4, line | 1)]);
        else copy_line(dram_at(line), data2[set2(line)][way_of(tags2[set2(line)], 16, line | 1)]);
      }
    }
  }
  if (!(mode & INVALIDATE)) return;
  uint64_t gone = m->valid[half] & range;
  if (!gone) return;
  counts[level].removed[context] += __builtin_popcountll(gone);
  m->valid[half] &= ~range;
  for (; gone; gone &= gone - 1) {
    uint32_t line = pa + __builtin_ctzll(gone) * 32;
    if (level == 0) tags1[set1(line)][way_of(tags1[set1(line)], 4, line | 1)] = 0;
    else tags2[set2(line)][way_of(tags2[set2(line)], 16, line | 1)] = 0;
  }
}

// Does mode to `lines` lines from `pa` on (aligned).
static void line_run(int level, uint32_t pa, uint32_t lines, int mode) {
  counts[level].issued[context][mode] += lines;
  while (lines) {
    uint32_t first = pa >> 5 & 63, n = 64 - first < lines ? 64 - first : lines;
    half_page(level, pa - first * 32, (n == 64 ? ~0ull : (1ull << n) - 1) << first, mode);
    pa += n * 32;
    lines -= n;
  }
}

static void whole(int level, uint32_t start, uint32_t end, int mode) {
  uint32_t first = start & ~31u;
  line_run(level, first, end > first ? (end - first + 31) / 32 : level == 0, mode);
}

// Partial lines at the edges are cleaned too.
static void invalidate(int level, uint32_t start, uint32_t end) {
  uint32_t first = start & ~31u, last = end & ~31u;
  if (start & 31) line_run(level, first, 1, FLUSH), first += 32;
  if (end & 31) line_run(level, last, 1, FLUSH);
  if (last > first) line_run(level, first, (last - first) / 32, INVALIDATE);
}

static __attribute__((unused)) void clean_both(uint32_t start, uint32_t end) {
  whole(0, start, end, CLEAN);
  whole(1, start, end, CLEAN);
}

static __attribute__((unused)) void flush_both(uint32_t start, uint32_t end) {
  whole(0, start, end, FLUSH);
  whole(1, start, end, FLUSH);
}

// A store of one word brought to memory at once; in one step where both levels hit and are clean.
static __attribute__((unused)) void store_clean(uint32_t pa, uint32_t word) {
  uint32_t home = pa & ~31u, half = pa >> 11 & 1, before = context;
  context = TABLE;
  if (!((masks_of(pa, 0)->dirty[half] | masks_of(pa, 1)->dirty[half]) & bit_of(pa))) {
    int one = way_of(tags1[set1(home)], 4, home | 1), two = way_of(tags2[set2(home)], 16, home | 1);
    if (one >= 0 && two >= 0) {
      memcpy(data1[set1(home)][one] + (pa & 28), &word, 4);
      memcpy(data2[set2(home)][two] + (pa & 28), &word, 4);
      memcpy(dram_at(pa), &word, 4);
      for (int level = 0; level < 2; level++) {
        counts[level].hits++;
        counts[level].issued[TABLE][CLEAN]++;
        counts[level].write_backs[TABLE]++;
      }
      context = before;
      return;
    }
  }
  cpu_write32(pa, word);
  clean_both(pa, pa + 4);
  context = before;
}
