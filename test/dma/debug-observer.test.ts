import { expect, test } from "vitest";
import type { DmaAllocation } from "../../src/dma/allocation.js";
import type { DebugEvent } from "../../src/dma/debug.js";
import { DmaDebugObserver } from "../../src/dma/debug-observer.js";
import type { DmaDirection } from "../../src/dma/direction.js";

const FROM: DmaDirection = 2;
const TO: DmaDirection = 1;
const allocation = (cpu: string, pa: number, dmaAddress: number): DmaAllocation =>
  ({ cpu, dmaAddress, size: 100, runs: [{ pa, bytes: 4096 }] }) as unknown as DmaAllocation;

test("calls of a machine reach the checks under the device's Linux name", () => {
  const observer = new DmaDebugObserver({
    describe: (i) => ({ name: `1180${i}000.fimc`, driver: "exynos4-fimc" }),
  });
  observer.mapPage(3, 0x4800_0000, 0, 64, FROM, 0x2000_0000, 0);
  observer.mappingError(3, 0x2000_0000);
  observer.syncSingle(3, 0x2000_0000, 64, FROM, false);
  observer.syncSingle(3, 0x2000_0000, 64, TO, true);
  observer.unmapPage(3, 0x2000_0000, 64, FROM);
  observer.mapResource(3, 0x1000_0000, 64, TO, 0x3000_0000, 0);
  observer.mappingError(3, 0x3000_0000);
  observer.unmapResource(3, 0x3000_0000, 64, TO);
  const list = [{ pa: 0x4800_0000, offset: 0, length: 64, dmaAddress: 0x2000_0000, dmaLength: 64 }];
  observer.mapSg(3, list, 1, FROM, 0);
  observer.syncSg(3, list, 1, FROM, false);
  observer.syncSg(3, list, 1, FROM, true);
  observer.unmapSg(3, list, 1, FROM);
  expect(observer.events.map((e) => e.check)).toEqual(["syncDirection", "syncWriteOnly"]);
  expect(observer.events[0]?.text).toMatch(/^DMA-API: exynos4-fimc 11803000\.fimc: /);
  expect(observer.debug.active).toBe(0);
});

test("coherent memory has a CPU address of its own, linear or remapped", () => {
  const seen: [DebugEvent, number][] = [];
  const observer = new DmaDebugObserver({ onEvent: (event, device) => seen.push([event, device]) });
  const linear = allocation("linear", 0x4800_0000, 0x2000_0000);
  const remap = allocation("remap", 0x7000_0000, 0x2000_1000);
  observer.allocCoherent(0, linear, 0);
  observer.allocCoherent(1, remap, 0);
  expect(observer.debug.debugfsDump().map((e) => e.text.replace(/ L=.*\n/, ""))).toEqual([
    "dev0 platform coherent idx 0 P=48000000 N=48000 D=20000000",
    "dev1 platform coherent idx 0 P=70000000 N=70000 D=20001000",
  ]);
  observer.freeCoherent(0, linear);
  observer.driverUnbound(1);
  observer.freeCoherent(1, remap);
  // The freed page of vmalloc space serves again.
  observer.allocCoherent(1, allocation("pool", 0x5000_0000, 0x2000_1000), 0);
  expect(observer.debug.debugfsDump()[0]?.text).toContain("P=50000000");
  expect(seen.map(([event, device]) => [event.check, device])).toEqual([["leak", 1]]);
});
