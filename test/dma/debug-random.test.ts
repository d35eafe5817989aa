import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DebugEvent, DmaDebug } from "../../src/dma/debug.js";
import type { DmaDirection } from "../../src/dma/direction.js";
import { DebugModel, type Segment } from "./debug-model.js";

// Few addresses, sizes and pages, so that doubles, near misses and overlaps are common.
const device = fc.integer({ min: 0, max: 1 });
const address = fc.constantFrom(0, 0x1000, 0x2000_0000, 0x2000_0040, 0x2000_2000, 0x2800_0000, 0xffff_ffff);
const size = fc.constantFrom(64, 4096, 0x3000, 0x0900_0000);
const direction = fc.constantFrom(0, 1, 2);
const pa = fc.constantFrom(0x4800_0000, 0x4800_0020, 0x4800_0040, 0x4800_1000);

const op = fc.oneof(
  fc.record({
    kind: fc.constant("map" as const),
    device,
    address,
    size,
    direction,
    pa,
    attrs: fc.constantFrom(0, 0x20),
  }),
  fc.record({ kind: fc.constant("resource" as const), device, address, size, direction, pa }),
  fc.record({ kind: fc.constant("asked" as const), device, address }),
  fc.record({ kind: fc.constant("unmap" as const), device, address, size, direction }),
  fc.record({ kind: fc.constant("unmapResource" as const), device, address, size, direction }),
  fc.record({ kind: fc.constant("sync" as const), device, address, size, direction, forCpu: fc.boolean() }),
  fc.record({
    kind: fc.constant("list" as const),
    device,
    entries: fc.array(fc.record({ pa, address, size }), { minLength: 1, maxLength: 4 }),
    direction,
    segments: fc.integer({ min: 1, max: 4 }),
    unmap: fc.boolean(),
    given: fc.integer({ min: 1, max: 4 }),
  }),
);

describe("DMA-API debug against the independent model", () => {
  test("random calls give the same texts, counts and live entries", () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
        const debug = new DmaDebug();
        debug.allErrors = true;
        for (let d = 0; d < 2; d++) debug.addDevice({ name: `dev${d}`, driver: `drv${d}` });
        const model = new DebugModel();
        for (const o of ops) {
          const dir = ("direction" in o ? o.direction : 0) as DmaDirection;
          const texts = (events: readonly DebugEvent[]) => events.map((e) => e.text);
          let actual: string[];
          if (o.kind === "map") {
            actual = texts(
              debug.mapPage(o.device, o.pa - (o.pa % 4096), o.pa % 4096, o.size, dir, o.address, o.attrs),
            );
            model.map(o.device, o.pa, o.size, dir, o.address, o.attrs);
          } else if (o.kind === "resource") {
            actual = texts(debug.mapResource(o.device, o.pa, o.size, dir, o.address));
            model.resource(o.device, o.pa, o.size, dir, o.address);
          } else if (o.kind === "asked") {
            actual = texts(debug.mappingError(o.device, o.address));
            model.asked(o.device, o.address);
          } else if (o.kind === "unmap") {
            actual = texts(debug.unmapPage(o.device, o.address, o.size, dir));
            model.unmap(o.device, "single", o.address, o.size, dir);
          } else if (o.kind === "unmapResource") {
            actual = texts(debug.unmapResource(o.device, o.address, o.size, dir));
            model.unmap(o.device, "resource", o.address, o.size, dir);
          } else if (o.kind === "sync") {
            const sync = o.forCpu ? debug.syncSingleForCpu : debug.syncSingleForDevice;
            actual = texts(sync.call(debug, o.device, o.address, o.size, dir));
            model.sync(o.device, o.address, o.size, dir, o.forCpu);
          } else {
            const list: Segment[] = o.entries.map((e) => ({
              pa: e.pa - (e.pa % 4096),
              offset: e.pa % 4096,
              length: e.size,
              // Stays below 4 GiB: the boundary check has its own tests.
              dmaAddress: e.address % 0x4000_0000,
              dmaLength: e.size,
            }));
            const given = Math.min(o.given, list.length);
            if (o.unmap) {
              actual = texts(debug.unmapSg(o.device, list, given, dir));
              model.unmapList(o.device, list, given, dir);
            } else {
              const segments = Math.min(o.segments, list.length);
              actual = texts(debug.mapSg(o.device, list, list.length, segments, dir));
              model.list(o.device, list, segments, dir);
            }
          }
          expect(actual).toEqual(model.texts());
          expect(debug.errorCount).toBe(model.errors);
          expect(debug.active).toBe(model.live.length);
        }
      }),
      { numRuns: 400, seed: 20110525 },
    );
  });
});
