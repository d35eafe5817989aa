// Translation through a modelled TLB of 64 sets x 8 ways, LRU, over page tables in DRAM.

import type { Core } from "../../src/core/core.js";
import { coreConstant } from "../../src/core/core.js";
import { benchCore, DRAM_BASE, place, snapshotOf } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { nativeContender, nativeInput } from "../native.js";
import { hashWords } from "../random.js";
import { HashTlb, PlainTlb } from "../rivals/tlb.js";
import { type Stream, translateStreams } from "../streams.js";
import type { Suite } from "../suite.js";
import { DRAM_BYTES, LV1, tables } from "../tables.js";

const SETS = 64;
const WAYS = 8;
const VERSION_2 = 0x2000_0000;
const HASH_CAPACITY = 256;
const ADDRESSES = "addresses";

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

/** Addresses alone, for those whose hits differ by design, and with hits and misses. */
function outcome(output: Uint32Array, hits: number, misses: number): Record<string, number> {
  const addresses = hashWords(output);
  return { [ADDRESSES]: addresses, results: hashWords([hits, misses], 0, 2, addresses) };
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
  if (tlb instanceof HashTlb) {
    const check = () => {
      run();
      return { [ADDRESSES]: hashWords(output) };
    };
    return { name, run, check };
  }
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
  const contenders = [
    wasm(stream, prepare(stream, memory), false),
    wasm(stream, prepare(stream, memory), true),
    plain("TypeScript TLB", stream, new PlainTlb(SETS, WAYS, memory, DRAM_BASE, LV1)),
    plain("TypeScript hash table", stream, new HashTlb(HASH_CAPACITY, memory, DRAM_BASE, LV1)),
  ];
  const files = [nativeInput("memory.bin", memory), nativeInput("stream.bin", stream.addresses)];
  const numbers = [DRAM_BASE, LV1, SETS, WAYS].map(String);
  const native = [
    nativeContender("C TLB", "translate", [...files, ...numbers]),
    // Other hit counts by design: only their addresses are compared.
    nativeContender("C hash table", "hash_tlb", [...files, ...numbers.slice(0, 2)], ADDRESSES),
    nativeContender("C growing hash table", "grown_tlb", [...files, ...numbers.slice(0, 2)], ADDRESSES),
  ].filter((contender) => contender !== undefined);
  return {
    name: stream.name,
    unit: "access",
    operations: stream.addresses.length,
    contenders: [...contenders, ...native],
    close: () => {
      for (const process of native) process.close();
    },
  };
}

/** Translation: hits, misses, walks. */
export const translate: Suite = {
  name: "translate",
  title: "Translation through a TLB of 64 x 8 entries",
  needs: ["sysmmuCreate", "sysmmuRegWrite", "sysmmuTranslate", "sysmmuTranslateBatch"],
  *points(quick) {
    const streams = translateStreams(quick ? 1 << 17 : 1 << 20);
    for (const stream of quick ? [streams[0]!, streams[3]!, streams[4]!] : streams) yield point(stream);
  },
};
