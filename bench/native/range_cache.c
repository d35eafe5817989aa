// Mainline's general IO-address allocator in our own C: a red-black tree of allocated ranges,
// searched downward from the last place, behind magazines of freed ranges by power-of-two size up
// to 32 pages (127 deep, two in use, 32 in a depot).
//   range_cache <ops file: slot, pages pairs> <window pages> <mark> <slots>
#include "server.h"

#define NONE 0xffffffffu
#define SIZES 6
#define DEPTH 127
#define DEPOT 32

typedef struct Node {
  struct Node *parent, *left, *right;
  uint32_t red, lo, hi;
} Node;

typedef struct {
  uint32_t count, pfns[DEPTH];
} Magazine;

typedef struct {
  Magazine *loaded, *previous, *depot[DEPOT];
  uint32_t depot_count;
} Cache;

static Node *nodes, *root, *cached, anchor_node;
static Node **spare;
static uint32_t spare_count, window;
static Cache caches[SIZES];
static uint32_t *ops, op_count, mark, slot_count;
static uint32_t *slots;  // address, pages
static volatile uint32_t results;

// ---- tree ----

static Node *next_of(Node *n) {
  if (n->right) {
    for (n = n->right; n->left;) n = n->left;
    return n;
  }
  while (n->parent && n == n->parent->right) n = n->parent;
  return n->parent;
}

static Node *previous_of(Node *n) {
  if (n->left) {
    for (n = n->left; n->right;) n = n->right;
    return n;
  }
  while (n->parent && n == n->parent->left) n = n->parent;
  return n->parent;
}

static void replace(Node *old, Node *with) {
  if (!old->parent) root = with;
  else if (old == old->parent->left) old->parent->left = with;
  else old->parent->right = with;
  if (with) with->parent = old->parent;
}

static void rotate(Node *n, int left) {
  Node *up = left ? n->right : n->left;
  replace(n, up);
  if (left) {
    n->right = up->left;
    if (up->left) up->left->parent = n;
    up->left = n;
  } else {
    n->left = up->right;
    if (up->right) up->right->parent = n;
    up->right = n;
  }
  n->parent = up;
}

static int is_red(const Node *n) { return n && n->red; }

static void insert(Node *n) {
  Node *at = root, *parent = NULL;
  while (at) {
    parent = at;
    at = n->lo < at->lo ? at->left : at->right;
  }
  *n = (Node){.parent = parent, .red = 1, .lo = n->lo, .hi = n->hi};
  if (!parent) root = n;
  else if (n->lo < parent->lo) parent->left = n;
  else parent->right = n;
  while (is_red(n->parent)) {
    Node *p = n->parent, *g = p->parent;
    int left = p == g->left;
    Node *uncle = left ? g->right : g->left;
    if (is_red(uncle)) {
      p->red = uncle->red = 0;
      g->red = 1;
      n = g;
      continue;
    }
    if (n == (left ? p->right : p->left)) {
      rotate(p, left);
      Node *swap = p;
      p = n;
      n = swap;
    }
    p->red = 0;
    g->red = 1;
    rotate(g, !left);
  }
  root->red = 0;
}

static void mend(Node *n, Node *parent) {
  while (n != root && !is_red(n)) {
    int left = n == parent->left;
    Node *sibling = left ? parent->right : parent->left;
    if (is_red(sibling)) {
      sibling->red = 0;
      parent->red = 1;
      rotate(parent, left);
      sibling = left ? parent->right : parent->left;
    }
    if (!is_red(sibling->left) && !is_red(sibling->right)) {
      sibling->red = 1;
      n = parent;
      parent = n->parent;
      continue;
    }
    Node *far = left ? sibling->right : sibling->left;
    if (!is_red(far)) {
      (left ? sibling->left : sibling->right)->red = 0;
      sibling->red = 1;
      rotate(sibling, !left);
      sibling = left ? parent->right : parent->left;
      far = left ? sibling->right : sibling->left;
    }
    sibling->red = parent->red;
    parent->red = far->red = 0;
    rotate(parent, left);
    n = root;
  }
  if (n) n->red = 0;
}

static void erase(Node *n) {
  Node *child, *parent;
  uint32_t red = n->red;
  if (n->left && n->right) {
    Node *heir = n->right;
    while (heir->left) heir = heir->left;
    red = heir->red;
    child = heir->right;
    parent = heir->parent;
    if (parent == n) parent = heir;
    else {
      replace(heir, child);
      heir->right = n->right;
      n->right->parent = heir;
    }
    replace(n, heir);
    heir->left = n->left;
    n->left->parent = heir;
    heir->red = n->red;
  } else {
    child = n->left ? n->left : n->right;
    parent = n->parent;
    replace(n, child);
  }
  if (!red) mend(child, parent);
}

// ---- allocator ----

static uint32_t tree_alloc_from(Node *start, uint32_t limit, uint32_t pages, uint32_t mask, Node **found) {
  uint32_t at = NONE;
  Node *n = start;
  do {
    if (n->lo < limit) limit = n->lo;
    if (limit < pages + 1) return NONE;  // frame 0 stays free
    at = (limit - pages) & mask;
    n = previous_of(n);
  } while (n && at <= n->hi);
  if (at == 0) return NONE;
  *found = n;
  return at;
}

static uint32_t tree_alloc(uint32_t pages, uint32_t mask) {
  Node *below;
  uint32_t at = tree_alloc_from(cached, window + 1, pages, mask, &below);
  if (at == NONE && cached != &anchor_node) at = tree_alloc_from(&anchor_node, window + 1, pages, mask, &below);
  if (at == NONE) return NONE;
  Node *n = spare[--spare_count];
  n->lo = at;
  n->hi = at + pages - 1;
  insert(n);
  cached = n;
  return at;
}

static void tree_free(uint32_t pfn) {
  Node *n = root;
  while (n && n->lo != pfn) n = pfn < n->lo ? n->left : n->right;
  if (!n) return;
  if (n->lo >= cached->lo) cached = next_of(n);
  erase(n);
  spare[spare_count++] = n;
}

static uint32_t cache_get(Cache *cache) {
  if (!cache->loaded->count) {
    if (cache->previous->count) {
      Magazine *swap = cache->loaded;
      cache->loaded = cache->previous;
      cache->previous = swap;
    } else if (cache->depot_count) {
      free(cache->loaded);
      cache->loaded = cache->depot[--cache->depot_count];
    } else {
      return 0;
    }
  }
  return cache->loaded->pfns[--cache->loaded->count];
}

static void cache_put(Cache *cache, uint32_t pfn) {
  if (cache->loaded->count == DEPTH) {
    if (cache->previous->count < DEPTH) {
      Magazine *swap = cache->loaded;
      cache->loaded = cache->previous;
      cache->previous = swap;
    } else {
      if (cache->depot_count < DEPOT) {
        cache->depot[cache->depot_count++] = cache->loaded;
      } else {
        for (uint32_t i = 0; i < DEPTH; i++) tree_free(cache->loaded->pfns[i]);
        free(cache->loaded);
      }
      cache->loaded = calloc(1, sizeof(Magazine));
    }
  }
  cache->loaded->pfns[cache->loaded->count++] = pfn;
}

static void flush_caches(void) {
  for (uint32_t k = 0; k < SIZES; k++) {
    Cache *cache = caches + k;
    while (cache->loaded->count) tree_free(cache->loaded->pfns[--cache->loaded->count]);
    while (cache->previous->count) tree_free(cache->previous->pfns[--cache->previous->count]);
    while (cache->depot_count) {
      Magazine *magazine = cache->depot[--cache->depot_count];
      for (uint32_t i = 0; i < magazine->count; i++) tree_free(magazine->pfns[i]);
      free(magazine);
    }
  }
}

static uint32_t order_of(uint32_t pages) { return pages <= 1 ? 0 : 32 - __builtin_clz(pages - 1); }

// Sizes that the magazines serve are rounded up to a power of two, as the DMA layer does.
static uint32_t rounded(uint32_t pages) { return order_of(pages) < SIZES ? 1u << order_of(pages) : pages; }

static uint32_t allocate(uint32_t asked) {
  uint32_t pages = rounded(asked), order = order_of(pages);
  if (order < SIZES) {
    uint32_t pfn = cache_get(caches + order);
    if (pfn) return pfn << 12;
  }
  uint32_t mask = ~((1u << order) - 1), at = tree_alloc(pages, mask);
  if (at == NONE) {
    flush_caches();
    at = tree_alloc(pages, mask);
  }
  return at == NONE ? NONE : at << 12;
}

static void release(uint32_t address, uint32_t pages) {
  uint32_t order = order_of(rounded(pages));
  if (order < SIZES) cache_put(caches + order, address >> 12);
  else tree_free(address >> 12);
}

static void play(uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++) {
    uint32_t *slot = slots + 2 * ops[2 * i], pages = ops[2 * i + 1];
    if (pages) {
      slot[0] = allocate(pages);
      slot[1] = pages;
      results ^= slot[0];
    } else if (slot[0] != NONE) {
      release(slot[0], slot[1]);
    }
  }
}

static void reset_cache(Cache *cache) {
  while (cache->depot_count) free(cache->depot[--cache->depot_count]);
  free(cache->loaded);
  free(cache->previous);
  cache->loaded = calloc(1, sizeof(Magazine));
  cache->previous = calloc(1, sizeof(Magazine));
}

// The tree has no cheap copy: the start state is built anew by the preparing ops.
static void setup(void) {
  spare_count = 0;
  for (uint32_t i = 0; i <= window; i++) spare[spare_count++] = nodes + i;
  for (uint32_t k = 0; k < SIZES; k++) reset_cache(caches + k);
  root = NULL;
  anchor_node.lo = anchor_node.hi = window + 1;
  insert(&anchor_node);
  cached = &anchor_node;
  play(0, mark);
}

static void run(void) { play(mark, op_count); }

static uint32_t check(void) { return results; }

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  uint32_t count;
  ops = read_words(argv[1], &count);
  op_count = count / 2;
  window = atoi(argv[2]);
  mark = atoi(argv[3]);
  slot_count = atoi(argv[4]);
  slots = calloc(slot_count, 8);
  nodes = calloc(window + 1, sizeof *nodes);
  spare = calloc(window + 1, sizeof *spare);
  return serve();
}
