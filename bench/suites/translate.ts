// Translation through a modelled TLB of 64 sets x 8 ways, LRU, over page tables in DRAM.

import type { Core } from "../../src/core/core.js";
import { coreConstant } from "../../src/core/core.js";
import { benchCore, DRAM_BASE, place, snapshotOf } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { nativeContender, nativeInput } from "../native.js";
import { hashWords } from "../random.js";
import { HashTlb, PlainTlb } from "../rivals/tlb.js";
import { BASE_VA, type Stream, translateStreams } from "../streams.js";
import type { Suite } from "../suite.js";

const DRAM_BYTES = 16 << 20;
const SETS = 64;
const WAYS = 8;
const VERSION_2 = 0x2000_0000;
const HASH_CAPACITY = 256;
/** Level-1 table, level-2 tables behind it; the pages themselves lie outside DRAM. */
const LV1 = DRAM_BASE + 0x10_0000;
const PAGES_AT = 0x8000_0000;

/** Small pages from BASE_VA on, scattered over physical memory; words of DRAM. */
function tables(pages: number): Uint32Array {
  const words = new Uint32Array(DRAM_BYTES / 4);
  const lv1 = (LV1 - DRAM_BASE) / 4;
  for (let i = 0; i < pages; i++) {
    const va = BASE_VA + i * 4096;
    const lv2 = LV1 + 0x4000 + (i >>> 8) * 1024;
    words[lv1 + (va >>> 20)] = lv2 | 1;
    // An odd multiplier permutes the pages of a power of two.
    const page = Math.imul(i, 0x9e3779b1) & (pages - 1);
    words[(lv2 - DRAM_BASE) / 4 + ((va >>> 12) & 0xff)] = (PAGES_AT + page * 4096) | 2;
  }
  return words;
}

interface Prepared {
  readonly core: Core;
  readonly mmu: number;
  readonly input: number;
  readonly output: number;
  readonly restore: () => void;
}

function prepare(stream: Stream, memory: Uint32Array): Prepared {
  const core = benchCore(DRAM_BYTES);
  const { exports } = core;
  const none = coreConstant(core, "SYSMMU_NONE");
  const mmu = exports.sysmmuCreate(VERSION_2, SETS, WAYS, none, none, none, 1);
  core.u32.set(memory, coreConstant(core, "DRAM") >>> 2);
  const input = place(core, stream.addresses.byteLength);
  const output = place(core, stream.addresses.byteLength);
  core.u32.set(stream.addresses, input >>> 2);
  exports.sysmmuRegWrite(mmu, 0x14, LV1);
  exports.sysmmuRegWrite(mmu, 0x04, 1); // LRU
  exports.sysmmuRegWrite(mmu, 0x00, 1); // enable
  const restore = snapshotOf(core);
  return { core, mmu, input, output, restore };
}

function counter(core: Core, mmu: number, name: string): number {
  const at = coreConstant(core, "SYSMMUS") + mmu * coreConstant(core, "SYSMMU_BYTES") + 0x80;
  return core.views.u64(at + coreConstant(core, name) * 8);
}

function outcome(output: Uint32Array, hits: number, misses: number): number {
  return hashWords([hits, misses], 0, 2, hashWords(output));
}

function wasm({ addresses }: Stream, prepared: Prepared, each: boolean): Contender {
  const { core, mmu, input, output, restore } = prepared;
  const { sysmmuTranslate, sysmmuTranslateBatch } = core.exports;
  const n = addresses.length;
  const pas = new Uint32Array(n);
  const run = each
    ? () => {
        for (let i = 0; i < n; i++) pas[i] = sysmmuTranslate(mmu, addresses[i]!, 0);
      }
    : () => {
        sysmmuTranslateBatch(mmu, input, output, n, 0);
      };
  return {
    name: each ? "Wasm, one call each" : "Wasm batch",
    run,
    check: () => {
      restore();
      run();
      const results = each ? pas : core.u32.slice(output >>> 2, (output >>> 2) + n);
      return outcome(results, counter(core, mmu, "SYSCOUNT_HITS"), counter(core, mmu, "SYSCOUNT_MISSES"));
    },
  };
}

function plain(name: string, { addresses }: Stream, tlb: PlainTlb | HashTlb): Contender {
  const output = new Uint32Array(addresses.length);
  const run = () => {
    tlb.translate(addresses, output);
  };
  if (tlb instanceof HashTlb) return { name, run }; // other hit counts by design
  return {
    name,
    run,
    check: () => {
      tlb.reset();
      run();
      return outcome(output, tlb.hits, tlb.misses);
    },
  };
}

function point(stream: Stream): Point {
  const memory = tables(stream.pages);
  const contenders: Point["contenders"][number][] = [
    wasm(stream, prepare(stream, memory), false),
    wasm(stream, prepare(stream, memory), true),
    plain("TypeScript TLB", stream, new PlainTlb(SETS, WAYS, memory, DRAM_BASE, LV1)),
    plain("TypeScript hash table", stream, new HashTlb(HASH_CAPACITY, memory, DRAM_BASE, LV1)),
  ];
  const args = [nativeInput("memory.bin", memory), nativeInput("stream.bin", stream.addresses)];
  const numbers = [DRAM_BASE, LV1, SETS, WAYS].map(String);
  const native = nativeContender("C TLB", "translate", [...args, ...numbers]);
  if (native !== undefined) contenders.push(native);
  return {
    name: stream.name,
    unit: "access",
    operations: stream.addresses.length,
    contenders,
    close: () => native?.close(),
  };
}

/** Translation: hits, misses, walks. */
export const translate: Suite = {
  name: "translate",
  title: "Translation through a TLB of 64 x 8 entries",
  needs: ["sysmmuCreate", "sysmmuRegWrite", "sysmmuTranslate", "sysmmuTranslateBatch"],
  *points(quick) {
    const streams = translateStreams(quick ? 1 << 15 : 1 << 20);
    for (const stream of quick ? [streams[0]!, streams[3]!, streams[4]!] : streams) yield point(stream);
  },
};
