// IO-address allocation and free: the eleven workloads. Placement differs by allocator, so results
// are compared among those that share one: the kernel's bitmap, gen_pool. Our own allocator and the
// trees place as they like.

import type { Core } from "../../src/core/core.js";
import { benchCore, place, snapshotOf } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { type Native, nativeContender, nativeInput } from "../native.js";
import { hashWords } from "../random.js";
import { FirstFitSpace, NONE } from "../rivals/first-fit.js";
import type { Suite } from "../suite.js";
import { iovaWorkloads, type Workload } from "../workloads.js";

const DRAM_BYTES = 1 << 20;
/** Largest window of the tree without magazines. */
const TREE_PAGES = 32768;
/** Placements that several contenders have in common. */
const KERNEL = "kernel placement";
const GEN_POOL = "gen_pool placement";

interface Prepared {
  readonly core: Core;
  readonly space: number;
  readonly ops: number;
  readonly slots: number;
  readonly restore: () => void;
}

/** A core with the workload's ops in its memory and its preparing part done. */
function prepare(workload: Workload, kind: number | undefined): Prepared {
  const core = benchCore(DRAM_BYTES);
  const bytes = workload.window * 4096;
  const space =
    (kind === undefined
      ? core.exports.iovaCreate(0, bytes, 0, 0)
      : core.exports.iovaCreateKind(0, bytes, 0, 0, kind)) >>> 0;
  const ops = place(core, workload.ops.byteLength);
  const slots = place(core, workload.slots * 8);
  core.u32.set(workload.ops, ops >>> 2);
  core.exports.iovaBatch(space, ops, workload.mark, slots);
  return { core, space, ops, slots, restore: snapshotOf(core) };
}

function timed(workload: Workload): number {
  return workload.ops.length / 2 - workload.mark;
}

/**
 * A batch with the allocator `kind`; `compared` names the placement it must have in common with
 * others, null when it shares none.
 */
function batch(
  workload: Workload,
  name: string,
  kind: number | undefined,
  compared: string | null,
): Contender {
  const { core, space, ops, slots, restore } = prepare(workload, kind);
  const start = ops + workload.mark * 8;
  const run = () => {
    core.exports.iovaBatch(space, start, timed(workload), slots);
  };
  if (compared === null) return { name, setup: restore, run };
  return {
    name,
    setup: restore,
    run,
    check: () => {
      restore();
      // One op per call shows every address, not only those that live at the end.
      const addresses = new Uint32Array(timed(workload));
      for (let i = 0; i < addresses.length; i++) {
        core.exports.iovaBatch(space, start + i * 8, 1, slots);
        const op = (workload.mark + i) * 2;
        if (workload.ops[op + 1] !== 0) addresses[i] = core.u32[(slots >>> 2) + workload.ops[op]! * 2]!;
      }
      return { [compared]: hashWords(addresses) };
    },
  };
}

function calls(workload: Workload): Contender {
  const { core, space, slots, restore } = prepare(workload, undefined);
  const { iovaAlloc, iovaFree } = core.exports;
  const { ops, mark } = workload;
  const startSlots = core.u32.slice(slots >>> 2, (slots >>> 2) + workload.slots * 2);
  const live = new Uint32Array(startSlots.length);
  const play = (out: Uint32Array | undefined) => {
    for (let i = mark * 2; i < ops.length; i += 2) {
      const slot = ops[i]! * 2;
      const pages = ops[i + 1]!;
      if (pages !== 0) {
        const address = iovaAlloc(space, pages * 4096) >>> 0;
        live[slot] = address;
        live[slot + 1] = pages;
        if (out !== undefined) out[(i >> 1) - mark] = address;
      } else if (live[slot] !== NONE) iovaFree(space, live[slot]!, live[slot + 1]! * 4096);
    }
  };
  const setup = () => {
    restore();
    live.set(startSlots);
  };
  return {
    name: "Wasm, one call each",
    setup,
    run: () => play(undefined),
    check: () => {
      setup();
      const out = new Uint32Array(timed(workload));
      play(out);
      return { [KERNEL]: hashWords(out) };
    },
  };
}

function plain(workload: Workload): Contender {
  const space = new FirstFitSpace(workload.window);
  const live = new Uint32Array(workload.slots * 2);
  const { ops, mark } = workload;
  const play = (from: number, to: number, out: Uint32Array | undefined) => {
    for (let i = from * 2; i < to * 2; i += 2) {
      const slot = ops[i]! * 2;
      const pages = ops[i + 1]!;
      if (pages !== 0) {
        const address = space.alloc(pages);
        live[slot] = address;
        live[slot + 1] = pages;
        if (out !== undefined) out[(i >> 1) - from] = address;
      } else if (live[slot] !== NONE) space.free(live[slot]!, live[slot + 1]!);
    }
  };
  play(0, mark, undefined);
  const [words, slots, present] = [space.words.slice(), live.slice(), space.present];
  const setup = () => {
    space.words.set(words);
    live.set(slots);
    space.present = present;
  };
  return {
    name: "TypeScript first fit",
    setup,
    run: () => play(mark, ops.length / 2, undefined),
    check: () => {
      setup();
      const out = new Uint32Array(timed(workload));
      play(mark, ops.length / 2, out);
      return { [KERNEL]: hashWords(out) };
    },
  };
}

function natives(workload: Workload): readonly Native[] {
  const path = nativeInput(`${workload.name.replaceAll(/[^\w]/g, "_")}.bin`, workload.ops);
  const args = [path, String(workload.window), String(workload.mark), String(workload.slots)];
  return [
    nativeContender("C first fit", "first_fit", args, KERNEL),
    nativeContender("C gen_pool", "gen_pool", args, GEN_POOL),
    nativeContender("C tree + magazines", "range_cache", args, null),
  ].filter((native) => native !== undefined);
}

function point(make: () => Workload): Point {
  const workload = make();
  const native = natives(workload);
  const { constants } = benchCore(DRAM_BYTES);
  return {
    name: workload.name,
    unit: "op",
    operations: timed(workload),
    contenders: [
      batch(workload, "Wasm batch", undefined, KERNEL),
      calls(workload),
      plain(workload),
      batch(workload, "Wasm own placement", constants["IOVA_KIND_OWN"]!, null),
      batch(workload, "Wasm gen_pool", constants["IOVA_KIND_GEN_POOL"]!, GEN_POOL),
      // Alone, the tree walks over all live ranges of a large window: one sample would take seconds.
      ...(workload.window > TREE_PAGES
        ? []
        : [batch(workload, "Wasm tree", constants["IOVA_KIND_RANGE_TREE"]!, null)]),
      batch(workload, "Wasm tree + magazines", constants["IOVA_KIND_RANGE_CACHE"]!, null),
      ...native,
    ],
    close: () => {
      for (const process of native) process.close();
    },
  };
}

/** IO addresses: allocation and free. */
export const iova: Suite = {
  name: "iova",
  title: "IO-address allocation and free",
  needs: ["iovaCreate", "iovaCreateKind", "iovaAlloc", "iovaFree", "iovaBatch"],
  *points(quick) {
    const all = iovaWorkloads(quick ? 20_000 : 50_000);
    for (const make of quick ? [all[0]!, all[2]!, all[4]!, all[10]!] : all) yield point(make);
  },
};
