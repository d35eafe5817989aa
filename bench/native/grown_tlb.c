// A software IOTLB in C as system emulators build it on a general hash table: heap keys of address,
// space, granule and level; entries on the heap; hash and equality behind pointers; open addressing that
// grows from 8 slots; three levels probed; all thrown away, table included, when 256 entries are in.
// Same addresses as the TLB, other counts.
//   grown_tlb <memory words> <stream words> <base> <lv1>
#include "walk.h"

#define CAPACITY 256
#define SMALLEST 8

typedef struct {
  uint64_t iova;
  uint16_t space, machine;
  uint8_t granule, level;
} Key;

typedef struct {
  uint64_t iova, translated, mask;
  uint32_t permissions;
  uint8_t level, granule;
} Entry;

typedef struct {
  void **keys, **values;
  uint32_t *hashes;  // 0 empty
  uint32_t size, used;
  uint32_t (*hash)(const void *);
  int (*equal)(const void *, const void *);
  void (*free_key)(void *), (*free_value)(void *);
} Table;

static Table table;
static const uint8_t shifts[] = {20, 16, 12};

// Three words mixed by rotations and subtractions.
static uint32_t key_hash(const void *at) {
  const Key *key = at;
  uint32_t a = 0xdeadbeef + (uint32_t)key->iova, b = 0xdeadbeef + (uint32_t)(key->iova >> 32);
  uint32_t c = 0xdeadbeef + (key->space | (uint32_t)key->machine << 8 | (uint32_t)key->granule << 16 | (uint32_t)key->level << 24);
#define ROTATE(x, k) ((x) << (k) | (x) >> (32 - (k)))
  c ^= b, c -= ROTATE(b, 14);
  a ^= c, a -= ROTATE(c, 11);
  b ^= a, b -= ROTATE(a, 25);
  c ^= b, c -= ROTATE(b, 16);
  a ^= c, a -= ROTATE(c, 4);
  b ^= a, b -= ROTATE(a, 14);
  c ^= b, c -= ROTATE(b, 24);
  return c;
}

static int key_equal(const void *one, const void *other) {
  const Key *a = one, *b = other;
  return a->iova == b->iova && a->space == b->space && a->machine == b->machine && a->granule == b->granule && a->level == b->level;
}

static void table_make(Table *t, uint32_t size) {
  t->size = size;
  t->used = 0;
  t->keys = calloc(size, sizeof *t->keys);
  t->values = calloc(size, sizeof *t->values);
  t->hashes = calloc(size, sizeof *t->hashes);
}

// Slot of the key, or the empty one where it would go.
static uint32_t table_slot(const Table *t, const void *key, uint32_t hash) {
  uint32_t at = hash * 11 & (t->size - 1), step = 0;
  while (t->hashes[at]) {
    if (t->hashes[at] == hash && t->equal(t->keys[at], key)) return at;
    at = (at + ++step) & (t->size - 1);
  }
  return at;
}

static uint32_t table_hash(const Table *t, const void *key) {
  uint32_t hash = t->hash(key);
  return hash < 2 ? 2 : hash;
}

static void *table_find(const Table *t, const void *key) {
  uint32_t at = table_slot(t, key, table_hash(t, key));
  return t->hashes[at] ? t->values[at] : NULL;
}

static void table_put_at(Table *t, uint32_t at, void *key, void *value, uint32_t hash) {
  t->keys[at] = key;
  t->values[at] = value;
  t->hashes[at] = hash;
  t->used++;
}

static void table_grow(Table *t) {
  Table old = *t;
  table_make(t, old.size * 2);
  for (uint32_t i = 0; i < old.size; i++)
    if (old.hashes[i]) table_put_at(t, table_slot(t, old.keys[i], old.hashes[i]), old.keys[i], old.values[i], old.hashes[i]);
  free(old.keys);
  free(old.values);
  free(old.hashes);
}

static void table_insert(Table *t, void *key, void *value) {
  if (t->used * 4 >= t->size * 3) table_grow(t);
  uint32_t hash = table_hash(t, key);
  table_put_at(t, table_slot(t, key, hash), key, value, hash);
}

static void table_clear(Table *t) {
  for (uint32_t i = 0; i < t->size; i++) {
    if (!t->hashes[i]) continue;
    t->free_key(t->keys[i]);
    t->free_value(t->values[i]);
  }
  free(t->keys);
  free(t->values);
  free(t->hashes);
  table_make(t, SMALLEST);
}

static Entry *find(uint32_t va) {
  for (uint32_t level = 0; level < 3; level++) {
    uint64_t mask = (1ull << shifts[level]) - 1;
    Key key = {.iova = va & ~mask, .granule = 12, .level = level};
    Entry *entry = table_find(&table, &key);
    if (entry) return entry;
  }
  return NULL;
}

static void setup(void) { table_clear(&table); }

static void run(void) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t va = stream[i];
    Entry *entry = find(va);
    if (!entry) {
      uint32_t pa = walk(va);
      if (pa == NO_PA) return;
      if (table.used >= CAPACITY) table_clear(&table);
      entry = calloc(1, sizeof *entry);
      *entry = (Entry){.iova = va & ~4095u, .translated = pa & ~4095u, .mask = 4095, .permissions = 3, .level = 2, .granule = 12};
      Key *key = calloc(1, sizeof *key);
      *key = (Key){.iova = entry->iova, .granule = 12, .level = 2};
      table_insert(&table, key, entry);
    }
    output[i] = (uint32_t)(entry->translated + (va & entry->mask));
  }
}

static uint32_t check(void) {
  return hash_output();
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  load_stream(argv);
  table.hash = key_hash;
  table.equal = key_equal;
  table.free_key = table.free_value = free;
  table_make(&table, SMALLEST);
  return serve();
}
