// Page-table walks without any TLB: two reads each, batches only.

import { coreConstant } from "../../src/core/core.js";
import { benchCore, DRAM_BASE, place } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { nativeContender, nativeInput } from "../native.js";
import { hashWords } from "../random.js";
import { walk as plainWalk } from "../rivals/tlb.js";
import { type Stream, translateStreams } from "../streams.js";
import type { Suite } from "../suite.js";
import { DRAM_BYTES, LV1, tables } from "../tables.js";

function batch({ addresses }: Stream, memory: Uint32Array): Contender {
  const core = benchCore(DRAM_BYTES);
  core.u32.set(memory, coreConstant(core, "DRAM") >>> 2);
  const input = place(core, addresses.byteLength);
  const output = place(core, addresses.byteLength);
  core.u32.set(addresses, input >>> 2);
  const { walkBatch } = core.exports;
  const run = () => {
    walkBatch(LV1, input, output, addresses.length);
  };
  return {
    name: "Wasm batch",
    run,
    check: () => {
      run();
      return hashWords(core.u32.subarray(output >>> 2, (output >>> 2) + addresses.length));
    },
  };
}

function plain({ addresses }: Stream, memory: Uint32Array): Contender {
  const output = new Uint32Array(addresses.length);
  const run = () => {
    for (let i = 0; i < addresses.length; i++) output[i] = plainWalk(memory, DRAM_BASE, LV1, addresses[i]!);
  };
  return {
    name: "TypeScript walk",
    run,
    check: () => {
      run();
      return hashWords(output);
    },
  };
}

function point(stream: Stream): Point {
  const memory = tables(stream.pages);
  const args = [nativeInput("memory.bin", memory), nativeInput("stream.bin", stream.addresses)];
  const native = nativeContender("C walk", "walk", [...args, String(DRAM_BASE), String(LV1)]);
  return {
    name: stream.name.replace(/^\w+: /, ""),
    unit: "walk",
    operations: stream.addresses.length,
    contenders: [batch(stream, memory), plain(stream, memory), ...(native === undefined ? [] : [native])],
    close: () => native?.close(),
  };
}

/** Walks over descriptors in DRAM. */
export const walk: Suite = {
  name: "walk",
  title: "Page-table walks, no TLB",
  needs: ["walkBatch"],
  *points(quick) {
    const streams = translateStreams(quick ? 1 << 18 : 1 << 20);
    for (const stream of quick ? [streams[3]!] : streams) yield point(stream);
  },
};
