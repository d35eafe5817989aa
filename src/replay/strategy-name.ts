// How a strategy is named: one word for the ops table, then what differs from the defaults, joined by `+`.
//
//   iommu                            the profile's ops behind an IOMMU
//   iommu+v3.14+gen-pool             another kernel, another IO-address allocator
//   iommu+write-combine+no-barrier   allocations write-combined, barriers of the stream left out
//   coherent                         linear ops of a device that sees the CPU's caches
//
// `sysmmu replay --strategy` and `sysmmu compare --strategies` take the same names.
//
// Not modelled: several devices of one trace under different strategies.

import { describe } from "../check.js";
import { PROFILES, type Profile } from "../dma/profiles.js";
import type { IovaAllocator } from "../iova/iova-space.js";
import type { StrategySettings } from "../report/types.js";
import type { Generation } from "../sysmmu/registers.js";

/** MMU_VERSION by the word that asks for it (fields major 31:28, minor 27:21; spec sysmmu-hardware 1.4). */
export const SYSMMU_WORDS: Readonly<Record<string, { generation: Generation; version: number }>> = {
  "sysmmu-1": { generation: "v1", version: 0x8000_0001 },
  "sysmmu-2": { generation: "v2", version: 0x2020_0000 },
  "sysmmu-3.1": { generation: "v3.1", version: 0x3020_0000 },
  "sysmmu-3.2": { generation: "v3.2", version: 0x3040_0000 },
  "sysmmu-3.3": { generation: "v3.3", version: 0x3060_0000 },
  "sysmmu-5": { generation: "v5", version: 0x5000_0000 },
};

/** Allocators by word; a word is the name that `IovaSpace` has, or a synonym. */
const ALLOCATOR_WORDS: Readonly<Record<string, IovaAllocator>> = {
  bitmap: "bitmap",
  "gen-pool": "gen-pool",
  gen_pool: "gen-pool",
  "range-tree": "range-tree",
  "rb-tree": "range-tree",
  "range-cache": "range-cache",
  "rb-tree-magazines": "range-cache",
  own: "own",
};

const OPS_WORDS = {
  linear: { ops: "linear", bounce: null },
  iommu: { ops: "iommu", bounce: null },
  bounce: { ops: "bounce", bounce: null },
  dmabounce: { ops: "bounce", bounce: "dmabounce" },
  swiotlb: { ops: "bounce", bounce: "swiotlb" },
} as const;

const MEMORY_WORDS = ["write-combine", "bufferable", "strongly-ordered", "cached"] as const;

/** The grammar in one line per part, for help texts and errors. */
export const STRATEGY_WORDS: readonly (readonly [part: string, words: readonly string[]])[] = [
  ["ops", [...Object.keys(OPS_WORDS), "coherent"]],
  ["kernel", PROFILES],
  ["IO-address allocator", ["bitmap", "gen-pool", "range-tree (rb-tree)", "range-cache", "own"]],
  ["memory of allocations", MEMORY_WORDS],
  ["System MMU", Object.keys(SYSMMU_WORDS)],
  ["forgotten by the driver", ["no-barrier", "no-sync"]],
];

interface Draft {
  ops: StrategySettings["ops"] | null;
  bounce: StrategySettings["bounce"];
  coherent: boolean;
  profile: Profile | null;
  allocator: IovaAllocator | null;
  memory: StrategySettings["memory"];
  generation: Generation | null;
  barriers: boolean;
  syncs: boolean;
}

/** Takes one word; false when it is none. */
function take(draft: Draft, word: string, twice: (part: string) => never): boolean {
  if (Object.hasOwn(OPS_WORDS, word)) {
    if (draft.ops !== null) twice("ops");
    const { ops, bounce } = OPS_WORDS[word as keyof typeof OPS_WORDS];
    draft.ops = ops;
    draft.bounce = bounce;
  } else if (word === "coherent") draft.coherent = true;
  else if ((PROFILES as readonly string[]).includes(word)) {
    if (draft.profile !== null) twice("kernel");
    draft.profile = word as Profile;
  } else if (Object.hasOwn(ALLOCATOR_WORDS, word)) {
    if (draft.allocator !== null) twice("IO-address allocator");
    draft.allocator = ALLOCATOR_WORDS[word]!;
  } else if ((MEMORY_WORDS as readonly string[]).includes(word)) {
    if (draft.memory !== null) twice("memory of allocations");
    draft.memory = word as StrategySettings["memory"];
  } else if (Object.hasOwn(SYSMMU_WORDS, word)) {
    if (draft.generation !== null) twice("System MMU");
    draft.generation = SYSMMU_WORDS[word]!.generation;
  } else if (word === "no-barrier") draft.barriers = false;
  else if (word === "no-sync") draft.syncs = false;
  else return false;
  return true;
}

/** The name with its words in the order of the grammar, synonyms replaced. */
function canonical(draft: Draft, ops: StrategySettings["ops"]): string {
  const first = ops === "linear" && draft.coherent ? [] : [draft.bounce ?? ops];
  const mmu = Object.entries(SYSMMU_WORDS).find(([, { generation }]) => generation === draft.generation);
  return [
    ...first,
    ...(draft.coherent ? ["coherent"] : []),
    ...[draft.profile, draft.allocator, draft.memory, mmu?.[0]].filter((word) => word != null),
    ...(draft.barriers ? [] : ["no-barrier"]),
    ...(draft.syncs ? [] : ["no-sync"]),
  ].join("+");
}

/**
 * Reads a strategy's name; what it leaves open is `profile`'s. Without a word for the ops it is
 * "iommu", and "linear" for "coherent" alone.
 * @throws RangeError ("a strategy takes ...") that quotes the word it does not know, or says what contradicts what
 */
export function parseStrategy(text: string, profile: Profile): StrategySettings {
  const draft: Draft = {
    ops: null,
    bounce: null,
    coherent: false,
    profile: null,
    allocator: null,
    memory: null,
    generation: null,
    barriers: true,
    syncs: true,
  };
  for (const word of text.split("+").map((part) => part.trim())) {
    const known = take(draft, word, (part) => {
      throw new RangeError(`strategy ${describe(text)} names the ${part} twice`);
    });
    if (known) continue;
    const [, ops] = STRATEGY_WORDS[0]!;
    const rest = STRATEGY_WORDS.slice(1).map(([part, list]) => `${part}: ${list.join(" ")}`);
    throw new RangeError(
      `a strategy takes ${ops.join(", ")} and words after "+" (${rest.join("; ")}), got ${describe(word)}`,
    );
  }
  const ops = draft.ops ?? (draft.coherent ? "linear" : "iommu");
  const kernel = draft.profile ?? profile;
  const refuse = (what: string) => {
    throw new RangeError(`strategy ${describe(text)}: ${what}`);
  };
  if (draft.allocator !== null && ops !== "iommu") refuse("an IO-address allocator needs iommu ops");
  if (draft.generation !== null && ops !== "iommu") refuse("a System MMU is used with iommu ops only");
  if (draft.generation === "v5" && kernel !== "v6.1") {
    refuse(`the driver of ${kernel} does not know System MMU 5 (v6.1 does)`);
  }
  return {
    ops,
    bounce: draft.bounce,
    coherent: draft.coherent,
    profile: kernel,
    allocator: draft.allocator,
    memory: draft.memory,
    generation: draft.generation,
    barriers: draft.barriers,
    syncs: draft.syncs,
    name: canonical(draft, ops),
  };
}
