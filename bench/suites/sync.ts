// Cache sync of buffers for a device: L1 and L2 that hold bytes. Ranges from 4 KiB to 8 MiB, with
// none, half or all of the lines dirty as far as they fit; one call per buffer in all contenders
// but the batch, which hands all buffers to the core as records of the op stream.
//
// "C line by line" looks up every line; "C by masks" has the core's algorithm, a mask of dirty and
// valid lines per page.

import { coreConstant } from "../../src/core/core.js";
import { DmaAttr } from "../../src/dma/attributes.js";
import { Machine } from "../../src/machine.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { Op } from "../../src/trace/opcodes.js";
import { benchCore, DRAM_BASE } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { nativeContender, nativeInput } from "../native.js";
import { hashWords } from "../random.js";
import { PlainCaches } from "../rivals/caches.js";
import type { Suite } from "../suite.js";

const DRAM_BYTES = 16 << 20;
const FIRST = DRAM_BASE + (4 << 20);
const TO_DEVICE = 1;
const FROM_DEVICE = 2;

interface Work {
  readonly name: string;
  readonly bytes: number;
  readonly buffers: number;
  readonly clean: boolean;
  /** Words that the CPU writes before each cycle; one a line. */
  readonly dirty: Uint32Array;
}

function work(label: string, bytes: number, buffers: number, clean: boolean, share: number): Work {
  const lines = (bytes * buffers) / 32;
  const dirty: number[] = [];
  for (let i = 0; i < lines; i++) {
    // Every second line, or all, or none; the address decides which word.
    if (share === 1 || (share === 0.5 && (i & 1) === 1)) dirty.push(FIRST + i * 32 + ((i * 4) & 28));
  }
  const name = `${label}, ${clean ? `clean, ${share * 100}% dirty` : `invalidate, ${share * 100}% dirty`}`;
  return { name, bytes, buffers, clean, dirty: Uint32Array.from(dirty) };
}

function works(quick: boolean): readonly Work[] {
  const all = [
    work("4 KiB", 4096, 256, true, 0),
    work("4 KiB", 4096, 256, true, 0.5),
    work("4 KiB", 4096, 256, true, 1),
    work("4 KiB", 4096, 256, false, 0.5),
    work("64 KiB", 65536, 16, true, 0.5),
    work("1 MiB", 1 << 20, 1, true, 0),
    work("1 MiB", 1 << 20, 1, true, 0.5),
    work("1 MiB", 1 << 20, 1, true, 1),
    work("8 MiB", 8 << 20, 1, true, 0),
    work("8 MiB", 8 << 20, 1, true, 0.5),
  ];
  return quick ? [all[1]!, all[5]!, all[6]!, all[8]!] : all;
}

/** The buffers are mapped once, without maintenance; the cycle syncs them through their handles. */
function batch({ bytes, buffers, clean, dirty }: Work): Contender {
  const soc = { ...exynos4210, devices: [], sysmmus: [] };
  const machine = Machine.create({ soc, dram: { base: DRAM_BASE, bytes: DRAM_BYTES } });
  const { index } = machine.addDevice("master", { ports: 0 });
  const direction = clean ? TO_DEVICE : FROM_DEVICE;
  const record = (op: number, w1: number, w2: number, w3: number) => [
    (op | (direction << 8) | (index << 16)) >>> 0,
    w1,
    w2,
    w3,
  ];
  const handles = Array.from({ length: buffers }, (_, i) => i);
  machine.run(
    Uint32Array.from(
      handles.flatMap((i) => [
        ...record(Op.Prefix, DmaAttr.SkipCpuSync, 0, 0),
        ...record(Op.Map, i, FIRST + i * bytes, bytes),
      ]),
    ),
  );
  const cycle = Uint32Array.from(handles.flatMap((i) => record(Op.SyncForDevice, i, 0, 0)));
  const setup = () => {
    for (let i = 0; i < dirty.length; i++) machine.cpu.write32(dirty[i]!, dirty[i]! ^ 0x5a5a_5a5a);
  };
  const run = () => {
    machine.run(cycle);
  };
  return {
    name: "Wasm batch",
    setup,
    run,
    check: () => {
      setup();
      run();
      return hashWords(new Uint32Array(machine.memory.peek(FIRST, buffers * bytes).buffer));
    },
  };
}

function calls({ bytes, buffers, clean, dirty }: Work): Contender {
  const core = benchCore(DRAM_BYTES);
  const { cacheInit, cpuWrite32, syncCpuToDev } = core.exports;
  cacheInit(32 << 10, 4, 1 << 20, 16, coreConstant(core, "CACHE_ROUND_ROBIN"), 1);
  const direction = clean ? TO_DEVICE : FROM_DEVICE;
  const setup = () => {
    for (let i = 0; i < dirty.length; i++) cpuWrite32(dirty[i]!, dirty[i]! ^ 0x5a5a_5a5a);
  };
  const run = () => {
    for (let i = 0; i < buffers; i++) syncCpuToDev(FIRST + i * bytes, 0, bytes, direction);
  };
  return {
    name: "Wasm, one call each",
    setup,
    run,
    check: () => {
      setup();
      run();
      const at = (coreConstant(core, "DRAM") + FIRST - DRAM_BASE) >>> 2;
      return hashWords(core.u32.subarray(at, at + (buffers * bytes) / 4));
    },
  };
}

function plain({ bytes, buffers, clean, dirty }: Work): Contender {
  const dram = new Uint32Array(DRAM_BYTES / 4);
  const caches = new PlainCaches(dram, DRAM_BASE);
  const setup = () => {
    for (let i = 0; i < dirty.length; i++) caches.write32(dirty[i]!, dirty[i]! ^ 0x5a5a_5a5a);
  };
  const run = () => {
    for (let i = 0; i < buffers; i++) {
      const start = FIRST + i * bytes;
      if (clean) caches.clean(start, start + bytes);
      else caches.invalidate(start, start + bytes);
    }
  };
  return {
    name: "TypeScript line by line",
    setup,
    run,
    check: () => {
      setup();
      run();
      const at = (FIRST - DRAM_BASE) >>> 2;
      return hashWords(dram.subarray(at, at + (buffers * bytes) / 4));
    },
  };
}

function point(w: Work): Point {
  const contenders: Point["contenders"][number][] = [batch(w), calls(w), plain(w)];
  const path = nativeInput("dirty.bin", w.dirty);
  const numbers = [DRAM_BASE, DRAM_BYTES, FIRST, w.bytes, w.buffers, w.clean ? 1 : 0].map(String);
  const native = [
    nativeContender("C line by line", "sync", [path, ...numbers]),
    nativeContender("C by masks", "sync_masks", [path, ...numbers]),
  ].filter((contender) => contender !== undefined);
  contenders.push(...native);
  return {
    name: w.name,
    unit: "line",
    operations: (w.bytes * w.buffers) / 32,
    contenders,
    close: () => {
      for (const process of native) process.close();
    },
  };
}

/** Cache maintenance by range. */
export const sync: Suite = {
  name: "sync",
  title: "Cache sync, L1 32 KiB and L2 1 MiB",
  needs: ["cacheInit", "cpuWrite32", "syncCpuToDev"],
  *points(quick) {
    for (const w of works(quick)) yield point(w);
  },
};
