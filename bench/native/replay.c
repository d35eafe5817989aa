// The op stream in C: records decoded and done with IO addresses, descriptors through the caches,
// TLB invalidation, a 64-byte record per mapping and the same counters. A cycle plays the records
// and then those that end what is still mapped.
//   replay <records words> <ending words> <dram base> <dram bytes> <tables pa> <pages pa> <space base> <space pages>
//
// Left out, and counted against the core: kernel profiles and their switches, the event log, fault
// injection, the observer, ops other than the IOMMU's, checks of records, accesses of masters.
#include "replay_state.h"

// ---- handing over ----

static void to_device(uint32_t pa, uint32_t size, uint32_t dir) {
  if (dir == FROM_DEVICE) invalidate(0, pa, pa + size), invalidate(1, pa, pa + size);
  else clean_both(pa, pa + size);
}

static void to_cpu(uint32_t pa, uint32_t size, uint32_t dir) {
  if (dir != TO_DEVICE) invalidate(1, pa, pa + size), invalidate(0, pa, pa + size);
}

// ---- history ----

static Record *birth(uint32_t h, uint32_t index, uint32_t kind, uint32_t dir, uint32_t dma, uint32_t size, uint32_t pa, uint32_t attrs) {
  Device *d = devices + index;
  Record *r = pool + free_list[--pool_free];
  *r = (Record){++serial, index, dir, kind, dma, size, pa, attrs, 0, 0, sequence, 0, NULL, 0, h + 1};
  handles[h] = r;
  d->owner[(dma - space_base) >> 12] = (uint32_t)(r - pool) + 1;
  d->live++;
  d->live_bytes += size;
  if (d->live > d->live_peak) d->live_peak = d->live;
  if (d->live_bytes > d->live_bytes_peak) d->live_bytes_peak = d->live_bytes;
  return r;
}

static void death(Record *r) {
  Device *d = devices + r->device;
  r->death = sequence;
  dead[dead_head++ & (DEAD - 1)] = *r;
  d->owner[(r->dma - space_base) >> 12] = 0;
  d->live--;
  d->live_bytes -= r->size;
  free_list[pool_free++] = (uint32_t)(r - pool);
}

// ---- ops ----

static uint32_t page_align(uint32_t bytes) { return (bytes + 4095) & ~4095u; }

static void map_single(uint32_t h, uint32_t index, uint32_t dir, uint32_t pa, uint32_t size, uint32_t attrs) {
  Device *d = devices + index;
  sequence++;
  uint32_t offset = pa & 4095, bytes = page_align(offset + size);
  if (!(attrs & SKIP_SYNC)) to_device(pa, size, dir);
  uint32_t iova = iova_alloc(d, bytes);
  map_into(d, iova, pa - offset, bytes);
  d->maps++;
  d->map_bytes += size;
  birth(h, index, SINGLE, dir, iova + offset, size, pa, attrs);
}

static void remove_mapping(Device *d, uint32_t dma, uint32_t size) {
  uint32_t iova = dma & ~4095u, bytes = page_align((dma & 4095) + size);
  unmap_from(d, iova, bytes);
  iova_free(d, iova, bytes);
}

static void map_chunk(Device *d, Entry *first, Entry *end, Entry *out, uint32_t size, uint32_t dir, uint32_t attrs) {
  uint32_t base = iova_alloc(d, page_align(size)), done = 0;
  for (Entry *e = first; e < end; e++) {
    uint32_t bytes = page_align(e->offset + e->length);
    if (!(attrs & SKIP_SYNC)) to_device(e->page + e->offset, e->length, dir);
    map_into(d, base + done, e->page, bytes);
    done += bytes;
  }
  uint32_t offset = first->offset;
  out->dma = base + offset;
  out->dma_length = size - offset;
}

static void map_list(uint32_t h, uint32_t index, uint32_t dir, uint32_t nents, uint32_t most, uint32_t attrs) {
  Device *d = devices + index;
  sequence++;
  Entry *start = list, *out = list, *end = list + nents;
  uint32_t size = list[0].offset + list[0].length, bytes = list[0].length;
  for (Entry *e = list + 1; e < end; e++) {
    e->dma = ~0u;
    e->dma_length = 0;
    bytes += e->length;
    if (e->offset || (size & 4095) || size + e->length > most) {
      map_chunk(d, start, e, out++, size, dir, attrs);
      size = e->offset;
      start = e;
    }
    size += e->length;
  }
  map_chunk(d, start, end, out++, size, dir, attrs);
  d->map_sgs++;
  d->entries += nents;
  d->segments += out - list;
  d->map_bytes += bytes;
  Record *r = birth(h, index, SG, dir, list[0].dma, bytes, list[0].page + list[0].offset, attrs);
  r->nents = nents;
  r->segments = out - list;
  for (uint32_t i = 1; i < r->segments; i++) d->owner[(list[i].dma - space_base) >> 12] = (uint32_t)(r - pool) + 1;
  r->list = malloc(nents * sizeof(Entry));
  memcpy(r->list, list, nents * sizeof(Entry));
}

#define NO_BLOCK 1

// From the pages handed over, where there are any; a block that is too short serves smaller orders.
static uint32_t take_block(uint32_t bytes) {
  if (feed_head == feed_tail) {
    pages_next += bytes;
    return pages_next - bytes;
  }
  uint32_t *feed = feeds[feed_head & 1023], pa = feed[0];
  if (feed[1] < bytes) return NO_BLOCK;
  feed[0] += bytes;
  feed[1] -= bytes;
  if (!feed[1]) feed_head++;
  return pa;
}

static void alloc(uint32_t h, uint32_t index, uint32_t size, uint32_t attrs) {
  Device *d = devices + index;
  sequence++;
  uint32_t bytes = page_align(size), have = 0, runs = 0;
  static const uint32_t orders[] = {9, 8, 4, 0};
  for (uint32_t notch = 0; have < bytes;) {
    uint32_t n = 4096u << orders[notch];
    uint32_t pa = n <= bytes - have ? take_block(n) : NO_BLOCK;
    if (pa == NO_BLOCK) {
      if (++notch == 4) exit(6);
      continue;
    }
    cpu_zero(pa, n);
    flush_both(pa, pa + n);
    if (runs && list[runs - 1].page + list[runs - 1].length == pa) list[runs - 1].length += n;
    else list[runs++] = (Entry){.page = pa, .length = n};
    have += n;
  }
  uint32_t iova = iova_alloc(d, bytes), done = 0;
  for (uint32_t i = 0; i < runs; i++) {
    map_into(d, iova + done, list[i].page, list[i].length);
    done += list[i].length;
  }
  d->allocs++;
  d->alloc_bytes += size;
  Record *r = birth(h, index, COHERENT, 0, iova, bytes, list[0].page, attrs);
  r->nents = runs;
  r->list = malloc(runs * sizeof(Entry));
  memcpy(r->list, list, runs * sizeof(Entry));
}

static void end_of(uint32_t h, uint32_t asked) {
  Record *r = h < handle_room ? handles[h] : NULL;
  if (!r) return;
  handles[h] = NULL;
  sequence++;
  Device *d = devices + r->device;
  uint32_t dir = asked == 0xff ? r->direction : asked, sync = !(r->attrs & SKIP_SYNC);
  death(r);
  if (r->kind == SINGLE) {
    if (sync) to_cpu(look_up(d, r->dma & ~4095u) | (r->dma & 4095), r->size, dir);
    remove_mapping(d, r->dma, r->size);
    d->unmaps++;
    d->unmap_bytes += r->size;
  } else if (r->kind == SG) {
    for (Entry *e = r->list; e < r->list + r->nents; e++) {
      if (e->dma_length) remove_mapping(d, e->dma, e->dma_length);
      if (sync) to_cpu(e->page + e->offset, e->length, dir);
    }
    for (uint32_t i = 1; i < r->segments; i++) d->owner[(r->list[i].dma - space_base) >> 12] = 0;
    free(r->list);
    d->unmap_sgs++;
    d->unmap_bytes += r->size;
  } else {
    remove_mapping(d, r->dma, r->size);
    free(r->list);
    d->frees++;
  }
}

static void sync_of(uint32_t h, uint32_t asked, uint32_t offset, uint32_t size, int for_device) {
  Record *r = h < handle_room ? handles[h] : NULL;
  if (!r) return;
  sequence++;
  Device *d = devices + r->device;
  uint32_t dir = asked == 0xff ? r->direction : asked;
  d->syncs++;
  d->sync_bytes += r->size;
  if (r->kind == SG) {
    for (Entry *e = r->list; e < r->list + r->nents; e++) {
      if (for_device) to_device(e->page + e->offset, e->length, dir);
      else to_cpu(e->page + e->offset, e->length, dir);
    }
    return;
  }
  uint32_t dma = r->dma + offset, pa = look_up(d, dma & ~4095u) | (dma & 4095), bytes = size ? size : r->size - offset;
  if (for_device) to_device(pa, bytes, dir);
  else to_cpu(pa, bytes, dir);
}

static void play(const uint32_t *at, uint32_t words) {
  uint32_t attrs = 0, nents = 0, list_handle = 0, list_head = 0, most = 65536;
  pages_next = pages_pa;
  for (const uint32_t *end = at + words; at < end; at += 4) {
    uint32_t head = at[0], dir = head >> 8 & 0xff, device = head >> 16;
    switch (head & 0xff) {
      case PREFIX: attrs = at[1]; break;
      case MAP: map_single(at[1], device, dir, at[2], at[3], attrs), attrs = 0; break;
      case UNMAP:
      case UNMAP_SG:
      case FREE: end_of(at[1], (head & 0xff) == FREE ? 0xff : dir); break;
      case SG_BEGIN: list_handle = at[1], nents = 0, list_head = head, most = at[3] ? at[3] : 65536; break;
      case SG_ENTRY: list[nents++] = (Entry){at[1] & ~4095u, at[1] & 4095, at[2]}; break;
      case SG_END: map_list(list_handle, list_head >> 16, list_head >> 8 & 0xff, nents, most, attrs), attrs = 0; break;
      case SYNC_CPU: sync_of(at[1], dir, at[2], at[3], 0); break;
      case SYNC_DEVICE: sync_of(at[1], dir, at[2], at[3], 1); break;
      case ALLOC: alloc(at[1], device, at[2], attrs), attrs = 0; break;
      case FEED: feeds[feed_tail & 1023][0] = at[1], feeds[feed_tail++ & 1023][1] = at[2]; break;
    }
  }
}

// A cycle ends as it began: nothing is mapped.
static void setup(void) {}

static void run(void) {
  play(records, record_words);
  play(ending, ending_words);
}

// Addresses of what lives before the ending, in its order, and where they lead; then the counters of
// a cycle, in the order of bench/suites/replay.ts. The first cycle of a process is the one compared.
static uint32_t check(void) { return 0; }

static void report(void) {
  play(records, record_words);
  uint32_t addresses = HASH_SEED, pages = HASH_SEED, counters = HASH_SEED;
  for (uint32_t i = 0; i < ending_words; i += 4) {
    Record *r = handles[ending[i + 1]];
    addresses = hash_word(addresses, r ? r->dma - space_base : 0);
    pages = hash_word(pages, r ? look_up(devices + r->device, r->dma & ~4095u) : 0);
  }
  play(ending, ending_words);
  uint64_t sums[11] = {0};
  for (uint32_t i = 0; i < DEVICES; i++) {
    Device *d = devices + i;
    uint64_t one[] = {d->maps, d->unmaps, d->map_sgs, d->unmap_sgs, d->entries, d->segments, d->allocs, d->frees, d->map_bytes, d->unmap_bytes, d->alloc_bytes};
    for (uint32_t k = 0; k < 11; k++) sums[k] += one[k];
  }
  uint64_t more[] = {map_small, map_large, map_section, unmap_small, unmap_large, unmap_section, table_syncs};
  for (uint32_t k = 0; k < 11; k++) counters = hash_word(counters, sums[k]);
  for (uint32_t k = 0; k < 7; k++) counters = hash_word(counters, more[k]);
  for (int level = 0; level < 2; level++) {
    for (int of = 0; of < 2; of++) {
      const LevelCounts *c = counts + level;
      uint64_t all[] = {c->issued[of][CLEAN], c->issued[of][INVALIDATE], c->issued[of][FLUSH]};
      for (uint32_t k = 0; k < 3; k++) counters = hash_word(counters, all[k]);
    }
    const LevelCounts *c = counts + level;
    counters = hash_word(counters, c->write_backs[STREAMING] + c->write_backs[TABLE] + c->eviction_writes);
  }
  printf("addresses=%u pages=%u counters=%u\n", addresses, pages, counters);
}

static uint32_t largest_handle(const uint32_t *at, uint32_t words, uint32_t most) {
  for (uint32_t i = 0; i < words; i += 4) {
    uint32_t op = at[i] & 0xff;
    if (op >= MAP && op <= FREE && op != SG_ENTRY && at[i + 1] > most) most = at[i + 1];
  }
  return most;
}

int main(int argc, char **argv) {
  if (argc != 9) return 2;
  records = read_words(argv[1], &record_words);
  ending = read_words(argv[2], &ending_words);
  dram_base = strtoul(argv[3], NULL, 0);
  uint32_t bytes = strtoul(argv[4], NULL, 0);
  tables_pa = tables_next = strtoul(argv[5], NULL, 0);
  pages_pa = strtoul(argv[6], NULL, 0);
  space_base = strtoul(argv[7], NULL, 0);
  space_pages = strtoul(argv[8], NULL, 0);
  dram = calloc(bytes, 1);
  caches_init(bytes);
  devices = calloc(DEVICES, sizeof *devices);
  for (uint32_t i = 0; i < DEVICES; i++) {
    Device *d = devices + i;
    d->lv1 = tables_next;
    tables_next += 0x4000;
    d->extensions = space_pages / BITS;
    d->present = 1;
    d->used = calloc((size_t)d->extensions * WORDS, 8);
    d->first_free = calloc(d->extensions, 4);
    d->owner = calloc(space_pages, 4);
    for (uint32_t s = 0; s < TLB_SETS * TLB_WAYS; s++) d->tags[s / TLB_WAYS][s % TLB_WAYS] = 1;
  }
  handle_room = largest_handle(ending, ending_words, largest_handle(records, record_words, 0)) + 1;
  handles = calloc(handle_room, sizeof *handles);
  pool_room = handle_room;
  pool = aligned_alloc(64, (size_t)pool_room * sizeof *pool);
  free_list = malloc((size_t)pool_room * 4);
  while (pool_free < pool_room) free_list[pool_free] = pool_room - 1 - pool_free, pool_free++;
  return serve_reports(report);
}
