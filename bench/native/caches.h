// L1 (32 KiB, 4 ways) and L2 (1 MiB, 16 ways) with real bytes: write-back, write-allocate, round
// robin, maintenance line by line. The program sets dram and dram_base.
#include <stdint.h>
#include <string.h>

static uint32_t *dram, dram_base;
static uint64_t line_operations, write_backs;

typedef struct {
  uint32_t sets, ways;
  uint32_t *tags;  // pa | 1, 0 empty
  uint8_t *dirty, *next;
  uint8_t *data;
} Level;

static Level l1, l2;

static void level_init(Level *level, uint32_t bytes, uint32_t ways) {
  level->ways = ways;
  level->sets = bytes / 32 / ways;
  level->tags = calloc(bytes / 32, 4);
  level->dirty = calloc(bytes / 32, 1);
  level->next = calloc(level->sets, 1);
  level->data = aligned_alloc(64, bytes);
}

static void caches_init(void) {
  level_init(&l1, 32 << 10, 4);
  level_init(&l2, 1 << 20, 16);
}

static inline int32_t line_find(const Level *level, uint32_t pa) {
  uint32_t first = ((pa >> 5) & (level->sets - 1)) * level->ways;
  for (uint32_t w = 0; w < level->ways; w++)
    if (level->tags[first + w] == (pa | 1)) return first + w;
  return -1;
}

static uint32_t line_victim(Level *level, uint32_t pa) {
  uint32_t set = (pa >> 5) & (level->sets - 1), first = set * level->ways;
  for (uint32_t w = 0; w < level->ways; w++)
    if (!level->tags[first + w]) return first + w;
  uint32_t way = level->next[set];
  level->next[set] = way + 1 == level->ways ? 0 : way + 1;
  return first + way;
}

static inline uint8_t *dram_at(uint32_t pa) { return (uint8_t *)dram + (pa - dram_base); }

static uint32_t outer_take(uint32_t pa) {
  uint32_t at = line_victim(&l2, pa);
  if (l2.dirty[at]) memcpy(dram_at(l2.tags[at] & ~31u), l2.data + at * 32, 32);
  l2.tags[at] = pa | 1;
  l2.dirty[at] = 0;
  return at;
}

static void outer_write(uint32_t pa, uint32_t line) {
  int32_t at = line_find(&l2, pa);
  if (at < 0) at = outer_take(pa);
  memcpy(l2.data + at * 32, l1.data + line * 32, 32);
  l2.dirty[at] = 1;
}

static uint32_t line_in(uint32_t pa) {
  int32_t held = line_find(&l1, pa);
  if (held >= 0) return held;
  uint32_t line = line_victim(&l1, pa);
  if (l1.dirty[line]) outer_write(l1.tags[line] & ~31u, line);
  int32_t outer = line_find(&l2, pa);
  if (outer < 0) {
    outer = outer_take(pa);
    memcpy(l2.data + outer * 32, dram_at(pa), 32);
  }
  memcpy(l1.data + line * 32, l2.data + outer * 32, 32);
  l1.tags[line] = pa | 1;
  l1.dirty[line] = 0;
  return line;
}

static void cpu_write32(uint32_t pa, uint32_t value) {
  uint32_t line = line_in(pa & ~31u);
  memcpy(l1.data + line * 32 + (pa & 28), &value, 4);
  l1.dirty[line] = 1;
}

static void clean_range(uint32_t start, uint32_t end) {
  for (uint32_t pa = start & ~31u; pa < end; pa += 32) {
    line_operations++;
    int32_t line = line_find(&l1, pa);
    if (line < 0 || !l1.dirty[line]) continue;
    outer_write(pa, line);
    l1.dirty[line] = 0;
    write_backs++;
  }
  for (uint32_t pa = start & ~31u; pa < end; pa += 32) {
    line_operations++;
    int32_t line = line_find(&l2, pa);
    if (line < 0 || !l2.dirty[line]) continue;
    memcpy(dram_at(pa), l2.data + line * 32, 32);
    l2.dirty[line] = 0;
    write_backs++;
  }
}

static inline void level_invalidate(Level *level, uint32_t start, uint32_t end) {
  for (uint32_t pa = start & ~31u; pa < end; pa += 32) {
    line_operations++;
    int32_t line = line_find(level, pa);
    if (line < 0) continue;
    level->tags[line] = 0;
    level->dirty[line] = 0;
  }
}

static __attribute__((unused)) void invalidate_range(uint32_t start, uint32_t end) {
  level_invalidate(&l2, start, end);
  level_invalidate(&l1, start, end);
}
